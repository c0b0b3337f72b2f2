"""Bytes: they pass where both sides have them, which takes MessagePack and a library that sends them; elsewhere they fail with the story.

Our own libraries refuse them in `emit`, as the cells `misbehaviour` of the matrix show.
"""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness import Run, Stormhost

BYTES = b"\xff\x00bytes\x80"

SPOUT = f"""
import json, os
from pystorm import Spout

class Emits(Spout):
    def initialize(self, conf, context):
        self.rows = [("text", "text"), ("bytes", {BYTES!r}), ("inside", [[{BYTES!r}]])]

    def next_tuple(self):
        if self.rows:
            id, value = self.rows.pop()
            self.emit([value], tup_id=id)

    def ack(self, tup_id):
        self.note("acked", tup_id)

    def fail(self, tup_id):
        self.note("failed", tup_id)

    def note(self, *words):
        with open(os.environ["JOURNAL"], "a") as journal:
            journal.write(json.dumps(words) + "\\n")

Emits(serializer="msgpack").run()
"""

RELAY = """
from pystorm import Bolt

class Relay(Bolt):
    def process(self, tup):
        self.emit([tup.values[0]])

Relay(serializer="msgpack").run()
"""

TOPOLOGY = """
class See(AutoAckBolt):
    def execute(self, input):
        note('saw', repr(input.value))

class T(Topology):
    spout = Process({python!r}, 'emits.py', fields='value', spout=True, serializer='msgpack')
    relay = Process({python!r}, 'relay.py', fields='value', serializer='msgpack', inputs=ShuffleGrouping(spout))
    see = See(inputs=FieldsGrouping(relay, 'value'))
    see.env['STORMHOST_CODEC'] = {codec!r}
"""


@pytest.fixture
def stormhost(tmp_path: Path) -> Iterator[Stormhost]:
    home = tmp_path / "home"
    home.mkdir()
    starter = Stormhost(tmp_path, home)
    yield starter
    left = starter.clean_up()
    assert not left, f"left behind: {left}"


def play(stormhost: Stormhost, codec: str) -> Run:
    stormhost.write(SPOUT, "emits.py")
    stormhost.write(RELAY, "relay.py")
    run = stormhost.start(TOPOLOGY.format(python=sys.executable, codec=codec))
    run.until(lambda: len(run.noted("acked")) + len(run.noted("failed")) >= 3, "three answers", within=120)
    run.signal(signal.SIGINT)
    run.wait(within=120)
    return run


@pytest.mark.parametrize("codec", ["native", "msgspec", "ormsgpack", "msgpack"])
def test_bytes_pass_where_both_sides_have_them(stormhost: Stormhost, codec: str) -> None:
    run = play(stormhost, codec)
    assert sorted(run.noted("acked")) == ["bytes", "inside", "text"]
    assert sorted(run.noted("saw")) == sorted(["'text'", repr(BYTES), repr([[BYTES]])])


def test_bytes_for_a_listener_without_them_fail_with_the_story(stormhost: Stormhost) -> None:
    run = play(stormhost, "json")
    assert (run.noted("acked"), sorted(run.noted("failed"))) == (["text"], ["bytes", "inside"])
    assert run.noted("saw") == ["'text'"]
    assert "field 'value' of stream 'default' of relay: 8 bytes of binary data have no form in JSON" in run.told, run.told
