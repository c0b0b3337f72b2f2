"""Acks, fails and timeouts: each tracked tuple is answered once, by the rules. Deaths are in test_kills.py."""

from __future__ import annotations

import signal
import time

import pytest

from harness import Stormhost


def test_acks_by_hand_may_come_out_of_order(stormhost: Stormhost) -> None:
    run = stormhost.run(
        """
class Reverser(Bolt):
    class Default(Stream):
        fields = 'n'
    held = []
    def execute(self, input):
        self.emit(input.n, anchors=input)
        self.held.append(input)
        if len(self.held) == 10:
            while self.held:
                self.ack(self.held.pop())

class T(Topology):
    numbers = Numbers(1, 100)
    reverser = Reverser()
    see = Noter()
    reverser.inputs.append(ShuffleGrouping(numbers))
    see.inputs.append(ShuffleGrouping(reverser))
"""
    )
    assert sorted(run.noted("acked")) == list(range(100))
    assert sorted(n for _, n in run.noted("saw")) == list(range(100))


JOIN = """
class Join(Bolt):
    class Default(Stream):
        fields = 'left', 'right'
    waiting = None
    def execute(self, input):
        if self.waiting is None:
            self.waiting = input
            return
        self.emit((self.waiting.n, input.n), anchors=[self.waiting, input])
        self.ack(self.waiting)
        self.ack(input)
        self.waiting = None

class Judge(AutoAckBolt):
    def execute(self, input):
        if input.left == 4:
            self.fail(input, 'not this pair')

class T(Topology):
    numbers = Numbers(1, 10)
    join = Join()
    judge = Judge()
    join.inputs.append(ShuffleGrouping(numbers))
    judge.inputs.append(ShuffleGrouping(join))
"""


def test_a_tuple_with_two_anchors_fails_both_their_trees(stormhost: Stormhost) -> None:
    run = stormhost.run(JOIN, status=3)
    assert sorted(run.noted("failed")) == [(4, "failed", "not this pair"), (5, "failed", "not this pair")]
    assert sorted(run.noted("acked")) == [0, 1, 2, 3, 6, 7, 8, 9]


UNLUCKY = """
class Unlucky(AutoAckBolt):
    tries = {}
    def execute(self, input):
        tries = self.tries[input.n] = self.tries.get(input.n, 0) + 1
        note('tried', input.n)
        if input.n == 7 or input.n % 3 == 0 and tries < 3:
            self.fail(input, 'unlucky')

class T(Topology):
    numbers = SPOUT
    unlucky = Unlucky()
    unlucky.inputs.append(ShuffleGrouping(numbers))
"""


def test_a_reliable_spout_replays_and_at_last_gives_up_with_status_3(stormhost: Stormhost) -> None:
    run = stormhost.run(UNLUCKY.replace("SPOUT", "ReliableNumbers(1, 10)"), status=3)
    assert sorted(run.noted("acked")) == [0, 1, 2, 3, 4, 5, 6, 8, 9]
    assert run.noted("given up") == [7]
    assert sorted(run.noted("tried")) == sorted([0, 3, 6, 9] * 3 + [1, 2, 4, 5, 8] + [7] * 3)
    assert "given up after 3 tries" in run.told


def test_a_reliable_spout_whose_replays_succeed_ends_with_status_0(stormhost: Stormhost) -> None:
    run = stormhost.run(UNLUCKY.replace("SPOUT", "ReliableNumbers(1, 7)"))
    assert sorted(run.noted("acked")) == list(range(7))


def test_the_host_replays_for_a_spout_and_tells_it_of_the_last_fail_only(stormhost: Stormhost) -> None:
    source = "class Replayed(Numbers):\n    replay = 'host'\n" + UNLUCKY.replace("SPOUT", "Replayed(1, 10)")
    run = stormhost.run(source, status=3, settings={"stormhost.replay.tries": 3})
    assert sorted(run.noted("acked")) == [0, 1, 2, 3, 4, 5, 6, 8, 9]
    assert [n for n, *_ in run.noted("failed")] == [7]
    # Emitted once, and three times again.
    assert sorted(run.noted("tried")) == sorted([0, 3, 6, 9] * 3 + [1, 2, 4, 5, 8] + [7] * 4)


def test_a_tuple_times_out_between_once_and_twice_the_timeout(stormhost: Stormhost) -> None:
    run = stormhost.run(
        """
class Timed(Numbers):
    born = {}
    def next_tuple(self):
        self.born[self.next] = time.monotonic()
        super().next_tuple()
    def fail(self, id):
        note('age', time.monotonic() - self.born[id])
        super().fail(id)

class T(Topology):
    numbers = Timed(1, 5)
    hold = Holder()
    hold.inputs.append(ShuffleGrouping(numbers))
""",
        status=3,
        settings={"topology.message.timeout.secs": 1},
    )
    ages = run.noted("age")
    # A little more than twice, since the child has to hear of it.
    assert len(ages) == 5 and all(0.99 <= age <= 2.5 for age in ages), ages
    assert {kind for _, kind, _ in run.noted("failed")} == {"timeout"}


def test_without_timeouts_a_held_tuple_stays_pending(stormhost: Stormhost) -> None:
    run = stormhost.start(
        """
class T(Topology):
    numbers = Numbers(1, 5)
    hold = Holder()
    hold.inputs.append(ShuffleGrouping(numbers))
""",
        "--for",
        "2s",
        settings={"topology.message.timeout.secs": 0.2, "topology.enable.message.timeouts": False, "stormhost.shutdown.timeout.secs": 0.2},
    )
    run.wait()
    assert run.noted("acked") == []
    assert [note for note in run.noted("failed") if note[1] == "timeout"] == []


@pytest.mark.parametrize("pending", [1, 7, 100])
def test_max_spout_pending_is_kept_to_exactly(stormhost: Stormhost, pending: int) -> None:
    run = stormhost.start(
        """
class Counted(Endless):
    def next_tuple(self):
        note('emitted', self.next)
        super().next_tuple()

class T(Topology):
    numbers = Counted(2)
    hold = Holder()
    hold.inputs.append(ShuffleGrouping(numbers))
""",
        "--for",
        "2s",
        settings={"topology.max.spout.pending": pending, "stormhost.shutdown.timeout.secs": 0.2},
    )
    run.wait()
    assert sorted(run.noted("emitted")) == sorted([*range(pending)] * 2)


def test_pending_goes_on_as_soon_as_acks_come(stormhost: Stormhost) -> None:
    run = stormhost.run(
        """
class Watched(Spout):
    class Default(Stream):
        fields = 'n'
    pending = most = 0
    def tuples(self):
        for n in range(2000):
            self.pending += 1
            self.most = max(self.most, self.pending)
            self.emit(n, id=n)
            yield None
    def ack(self, id):
        self.pending -= 1
    def close(self):
        note('pending', self.pending, 'most', self.most)

class T(Topology):
    numbers = Watched()
    see = Passer(2)
    see.inputs.append(ShuffleGrouping(numbers))
""",
        settings={"topology.max.spout.pending": 13},
    )
    ((left, _, most),) = run.noted("pending")
    assert left == 0 and 1 <= most <= 13


def test_without_ackers_tuples_count_as_acked_at_once(stormhost: Stormhost) -> None:
    run = stormhost.run(
        """
class T(Topology):
    numbers = Numbers(1, 20)
    hold = Holder()
    hold.inputs.append(ShuffleGrouping(numbers))
""",
        settings={"topology.acker.executors": 0},
    )
    assert sorted(run.noted("acked")) == list(range(20))


def test_a_tuple_that_nobody_listens_to_is_acked(stormhost: Stormhost) -> None:
    run = stormhost.run("class T(Topology):\n    numbers = Numbers(1, 20)\n")
    assert sorted(run.noted("acked")) == list(range(20))


def test_ticks_come_in_fractions_of_a_second_and_are_no_tuples(stormhost: Stormhost) -> None:
    begin = time.monotonic()
    run = stormhost.start(
        """
class Clock(AutoAckBolt):
    tick_interval = 0.2
    def execute(self, input):
        note('executed', input.n)
    def tick(self):
        note('tick', time.monotonic())

class T(Topology):
    numbers = Numbers(1, 3)
    clock = Clock()
    hold = Holder()                 # keeps the run going
    clock.inputs.append(ShuffleGrouping(numbers))
    hold.inputs.append(ShuffleGrouping(numbers))
""",
        settings={"stormhost.shutdown.timeout.secs": 0.1},
    )
    run.until(lambda: len(run.noted("tick")) >= 12, "a dozen ticks")
    run.signal(signal.SIGTERM)
    run.ends_with(143)
    ticks = run.noted("tick")
    # On a busy machine each may come late, and those that waited for the bolt to start come together; but no more come than there were.
    assert len(ticks) <= (ticks[-1] - begin) / 0.2 + 1
    assert (ticks[-1] - ticks[0]) / (len(ticks) - 1) < 1
    assert sorted(run.noted("executed")) == [0, 1, 2]


def test_a_time_batcher_pushes_by_size_by_time_and_at_the_end(stormhost: Stormhost) -> None:
    run = stormhost.run(
        """
class Batches(TimeBatcher):
    class Default(Stream):
        fields = 'size'
    interval = 0.3
    max_size = 40
    def batch(self, inputs):
        self.emit(len(inputs))

class T(Topology):
    numbers = Numbers(1, 100)
    batches = Batches()
    see = Noter()
    batches.inputs.append(ShuffleGrouping(numbers))
    see.inputs.append(ShuffleGrouping(batches))
""",
        settings={"topology.max.spout.pending": 1000},
    )
    sizes = [size for _, size in run.noted("saw")]
    assert sum(sizes) == 100 and max(sizes) == 40, sizes
    assert sorted(run.noted("acked")) == list(range(100))


def test_a_batcher_larger_than_the_spouts_window_is_not_starved(stormhost: Stormhost) -> None:
    """The window opens by itself while everything stands still; the last batch is pushed when the input ends."""
    run = stormhost.run(
        """
class Batches(TimeBatcher):
    interval = 3600
    max_size = 500
    def batch(self, inputs):
        note('batch', len(inputs))

class T(Topology):
    numbers = Numbers(1, 1200)
    batches = Batches()
    batches.inputs.append(ShuffleGrouping(numbers))
"""
    )
    assert run.noted("batch") == [500, 500, 200]
    assert sorted(run.noted("acked")) == list(range(1200))
