"""What Storm's protocol offers, shown with a bolt on every stock library: `jack`, which does what each tuple orders."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from harness import Run, Stormhost
from stock_libraries import ALL, NODE_STORM, PYSTORM, PYSTORM_MSGPACK, STORM_JS, STORM_PY, Library, component, lay_out

STREAMS = {"late": ("what", "late"), "chosen": {"fields": "what", "direct": True}}

# `see` has tasks 3, 4 and 5: ids count over the names in the order of the alphabet.
TOPOLOGY = """
class Orders(Spout):
    class Default(Stream):
        fields = 'order', 'n'
    def initialize(self):
        self.left = {orders!r}
        self.started = False
    def next_tuple(self):
        # The timeout should not run while the bolt starts.
        if not self.started:
            self.started = True
            self.emit(('warm', 0), id=('warm', 0))
        while self.left and self.warm:
            order = self.left.pop(0)
            self.emit(order, id=order)
    warm = False
    def ack(self, id):
        self.warm = True
        if id[0] != 'warm':
            note('acked', *id)
    def fail(self, id):
        self.started = self.warm
        if id[0] != 'warm':
            note('failed', *id, *self.failure)

class See(AutoAckBolt):
    def execute(self, input):
        note('saw', self.task_id, input.meta.stream, *input)

class T(Topology):
    jack = {jack}
    orders = Orders()
    see = See(3)
    jack.inputs.append(ShuffleGrouping(orders))
    see.inputs.append(ShuffleGrouping(jack))
    see.inputs.append(ShuffleGrouping(jack.Late))
    see.inputs.append(DirectGrouping(jack.Chosen))
"""


HOLDS = [("hold", n) for n in range(5)]
ORDERS = [
    *HOLDS,
    *(("direct", n) for n in range(6)),
    ("streams", 7),
    ("told", 8),
    ("join", 9),
    ("log", 10),
    ("error", 11),
    ("metrics", 12),
    ("fail", 13),
    ("never", 14),
    ("plain", 15),
    ("release", 16),
]


@dataclass
class Done:
    """What came of all the orders."""

    library: Library
    run: Run

    @property
    def saw(self) -> dict[str, tuple[Any, ...]]:
        """What the receivers saw: the first value → task, stream, and further values."""
        return {what: (task, stream, *others) for task, stream, what, *others in self.run.noted("saw")}

    @property
    def said(self) -> dict[str, str | None]:
        """What the bolt said for people → its level."""
        return {line.message: line.level for line in self.run.log if line.component == "jack"}


@pytest.fixture(scope="module", params=ALL, ids=str)
def done(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, home: Path) -> Iterator[Done]:
    """A run for each library, in which its bolt is given all orders, and the last one is `never` acked."""
    library = request.param
    stormhost = Stormhost(tmp_path_factory.mktemp("stock"), home)
    lay_out(stormhost)
    conf = {"jack.of": str(library), "topology.tick.tuple.freq.secs": 0.25}
    jack = component("jack", library, fields="what", streams=STREAMS, conf=conf)
    settings = {"stormhost.shutdown.timeout.secs": 0.5, "topology.message.timeout.secs": 2}
    run = stormhost.start(TOPOLOGY.format(orders=ORDERS, jack=jack), "--log-level", "trace", settings=settings)
    done = Done(library, run)
    run.until(lambda: len(run.noted("failed")) == 2, "the timeout of what is never acked")
    run.signal(signal.SIGINT)
    run.wait()
    yield done
    assert not stormhost.clean_up()


def test_every_order_is_answered_as_was_ordered(done: Done) -> None:
    assert set(done.run.noted("acked")) == {order for order in ORDERS if order[0] not in ("fail", "never")}
    assert [row[:3] for row in done.run.noted("failed")] == [("fail", 13, "failed"), ("never", 14, "timeout")]


def test_direct_emits_go_where_they_are_sent(done: Done) -> None:
    assert [done.saw[f"direct {n}"] for n in range(6)] == [(3 + n % 3, "chosen") for n in range(6)]


def test_streams_are_apart(done: Done) -> None:
    assert done.saw["default 7"][1:] == ("default",)
    assert done.saw["late 7"][1:] == ("late", True)


def test_an_emitter_is_told_which_task_got_its_tuple(done: Done) -> None:
    assert f"went to [{done.saw['told 8'][0]}]" in done.saw


def test_a_tuple_has_several_anchors_and_one_of_them_twice(done: Done) -> None:
    # Each anchor's tree was acked, so its copies were counted right.
    assert "twice on one and once on 5" in done.saw


def test_acks_come_long_after_and_out_of_order(done: Done) -> None:
    # The bolt acks what it holds last one first; each tree is found all the same.
    told = done.run.noted("acked")
    assert told.index(("plain", 15)) < told.index(("hold", 4)), "what came later was acked before"
    assert sorted(n for kind, n in told if kind == "hold") == [0, 1, 2, 3, 4]


def test_what_is_never_acked_has_its_holder_named(done: Done) -> None:
    assert any("timed out" in line.message and "jack[1] (" in line.message for line in done.run.log), done.run.told


def test_logs_keep_their_levels(done: Done) -> None:
    assert any(f"conf {done.library}" in text for text in done.said), "said before its first tuple, by storm.js before its pid"
    levels = {"logTrace": "trace", "logDebug": "debug", "logInfo": "info", "logWarn": "warn", "logError": "error"}
    if done.library is NODE_STORM:  # which has no levels
        levels = {"logInfo": "info"}
    assert {name: level for name in levels for text, level in done.said.items() if f"said {name}" in text} == levels


def test_errors_are_shown_and_fail_nothing(done: Done) -> None:
    if done.library in (STORM_JS, NODE_STORM):
        assert ("error", 11) in done.run.noted("acked"), "they have no errors: it is a plain tuple for them"
    else:
        assert any("it is bad" in text and level == "error" for text, level in done.said.items())


def test_metrics_are_shown(done: Done) -> None:
    shown = any("words" in line and '"n"' in line and "12" in line for line in done.run.lines_of("jack", "metrics"))
    assert shown == (done.library in (STORM_PY, PYSTORM, PYSTORM_MSGPACK)), "the others have none"


def test_ticks_have_fractions_of_a_second(done: Done) -> None:
    ticks = [what for _, _, what, *_ in done.run.noted("saw") if what.startswith("tick")]
    assert len(ticks) >= 5 and set(ticks) == {"tick 0.25"}


def test_nothing_is_said_of_an_end_that_was_ordered(done: Done) -> None:
    """Found: storm.py and storm.rb reported the end of their input as an error at every stop."""
    assert not any("EOF" in text or "end of file" in text for text, level in done.said.items() if level != "debug")
