"""A signal handler that raises, as timeouts do, strikes wherever the interpreter looks for signals.

That is behind calls and jumps; here it strikes at each such place in turn.
"""

import dis
import json
import os
import sys
import time
from struct import pack

import host as wire
import pytest
from conftest import source, stream

from stormhost import AutoAckBolt, Bolt, Stream
from stormhost._codec import choose
from stormhost._frames_bolt import BoltLink
from stormhost._native_link import NativeBoltLink
from stormhost._wire import Inlet, Outlet

OUTPUTS = [stream("default", "a", "b"), stream("chosen", "c", direct=True)]
LOOKS_BEHIND = ("CALL", "RESUME", "JUMP_BACKWARD", "JUMP_ABSOLUTE")
FILES = ("_results.py", "_wire.py", "_native_link.py")


class ByHand(Bolt):
    class Default(Stream):
        fields = "a", "b"

    class Chosen(Stream):
        fields = "c"
        direct = True


class Automatic(AutoAckBolt):
    Default, Chosen = ByHand.Default, ByHand.Chosen


class Conversation:
    """A link of this very process, and what its host hears."""

    def __init__(self, component, codec, monkeypatch):
        monkeypatch.setenv("STORMHOST_CODEC", codec)
        self.reading, writing = os.pipe()
        offer = {"inputs": [source("n")], "outputs": OUTPUTS, "max_frame": 1 << 13}
        kind = NativeBoltLink if codec == "native" else BoltLink
        self.link = kind(Inlet(-1), Outlet(writing), choose(["msgpack", "json"]), offer, component)
        self.link.opened = True
        self.link.bind(component)
        self.link._in_hand = True

    def heard(self):
        os.close(self.link.outlet.descriptor)
        with open(self.reading, "rb") as pipe:
            data = pipe.read()
        host = wire.Host.__new__(wire.Host)
        host.data, host.stray, host.frames, host.messages, host.taken, host.sent = data, b"", [], [], 0, 9
        host.outputs, host.kind, host.auto = OUTPUTS, "bolt", self.link.auto
        host.decode, _ = wire.codec_pair(self.link.codec.encoding)
        while host.data:
            host.next()
        assert host.stray == b""
        return host


def interrupted(call, at):
    """Calls, and raises within our files at the place of this number; whether there was one."""
    count = 0
    behind = {}

    def trace(frame, event, _):
        nonlocal count
        if not frame.f_code.co_filename.endswith(FILES):
            return None
        frame.f_trace_opcodes = True
        if event == "opcode":
            looked = behind.get(frame, False)
            behind[frame] = dis.opname[frame.f_code.co_code[frame.f_lasti]].startswith(LOOKS_BEHIND)
            count += looked
            if not looked:
                return trace
            if count == at:
                sys.settrace(None)
                raise TimeoutError("struck")
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        call()
    except TimeoutError:
        return True
    finally:
        sys.settrace(before)
    return False


def emitted(conversation, component):
    """Three inputs, with rows on two streams, more than a frame takes; one has failed."""
    link, results = conversation.link, conversation.link.results
    rows = []
    for input in range(3):
        anchors = [] if link.auto else [type("Input", (), {"_stormhost_at": input << 20})]
        for n in range(4):
            component.emit((input, "x" * 300), anchors=anchors or None)
            component.emit(n, stream="chosen", direct_task=n + 1, anchors=anchors or None)
            rows += [(["default", input, "x" * 300], input, 0), (["chosen", n], input, n + 1)]
        if link.auto:
            mark(results)
        else:
            results.acks.append(input) if hasattr(results, "acks") else results.rows.ack(input)
    results.fails.append((1, "why not"))
    return rows


def mark(results):
    results.marks.append(len(results.out))


@pytest.mark.parametrize("kind", [Automatic, ByHand])
@pytest.mark.parametrize("codec", [codec for codec in ("json", "native") if codec in wire.CODECS])
def test_wherever_an_exception_strikes_in_a_flush_nothing_is_lost_or_said_twice(kind, codec, monkeypatch):
    if codec == "native" and kind is Automatic:
        pytest.skip("marks are made by its own loop alone")
    # Python 3.12 traces the places within a function from its second call on.
    again = Conversation(kind(), codec, monkeypatch)
    interrupted(again.link.results.flush, 0)
    again.heard()
    at = 0
    more = True
    while more:
        at += 1
        component = kind()
        conversation = Conversation(component, codec, monkeypatch)
        rows = emitted(conversation, component)
        more = interrupted(conversation.link.results.flush, at)
        component.emit(("late", at))
        conversation.link.results.flush()
        host = conversation.heard()
        said = [
            ([row.stream, *row.values], row.input if host.auto else row.anchors[0], row.task) for row in host.rows[:-1]
        ]
        assert said == rows, at
        assert host.rows[-1].values == ["late", at]
        assert host.fails == [(1, "why not")], at
        if host.auto:
            assert host.taken == 3, at
        else:
            assert host.acks == [0, 1, 2], at
    assert at > 20


def test_wherever_an_exception_strikes_in_a_read_no_byte_is_lost():
    frames = [b"x" * 5, b"", b"y" * 3000, b"z"]
    data = b"".join(b"\xffSHT" + pack("<I", len(frame)) + frame for frame in frames)

    def attempt(at):
        reading, writing = os.pipe()
        os.write(writing, data)
        os.close(writing)
        inlet, got = Inlet(reading), []
        inlet._read = lambda most: map(os.read, (reading,), (min(most, 700),))

        def read():
            got.extend(iter(lambda: bytes(inlet.frame()[1]), b"z"))

        more = interrupted(read, at)
        if more:
            read()
        os.close(reading)
        assert got == frames[:-1], at
        return more

    at = 1
    while attempt(at):
        at += 1
    assert at > 20


def test_an_exception_between_two_inputs_fails_none_and_leaves_none_out(monkeypatch):
    class Slow(AutoAckBolt):
        def execute(self, input):
            seen.append(input.n)
            time.sleep(0.003)

    seen, strikes = [], iter([True])
    component = Slow()
    link = Conversation(component, "json", monkeypatch).link
    flush = link.results.flush

    def struck(**how):
        if next(strikes, False):
            raise TimeoutError("struck")
        flush(**how)

    monkeypatch.setattr(link.results, "flush", struck)
    column = json.dumps([1, 2, 3, 4]).encode()
    link._tuples(memoryview(pack("<IHHIII", 1, 0, 1, 4, 7, len(column)) + column))
    assert seen == [1, 2, 3, 4]
    assert (link.results.through, link.results.fails) == (4, [])
