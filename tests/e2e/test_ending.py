"""How a run ends: complete, when its time is up, or by a signal; in order, or at once."""

from __future__ import annotations

import signal
import time
from pathlib import Path

import pytest

from harness import Stormhost

LIFE = """
class Lively(AutoAckBolt):
    class Default(Stream):
        fields = 'n'
    def initialize(self):
        note('up', self.component_id)
    def execute(self, input):
        self.emit(input[0])
    def finish(self):
        note('finished', self.component_id)
        self.emit(-1)
    def close(self):
        note('closed', self.component_id)

class LivelyNumbers(Numbers):
    def deactivate(self):
        note('deactivated', self.component_id)
    def close(self):
        note('closed', self.component_id)

class T(Topology):
    a = LivelyNumbers(1, COUNT)
    b = Lively(2)
    c = Lively(1)
    d = Noter(1)
    b.inputs.append(ShuffleGrouping(a))
    c.inputs.append(ShuffleGrouping(b))
    d.inputs.append(ShuffleGrouping(c))
"""


def test_bolts_finish_upstream_first_and_what_they_emit_arrives(stormhost: Stormhost) -> None:
    run = stormhost.run(LIFE.replace("COUNT", "100"))
    assert run.noted("finished") == ["b", "b", "c"]
    assert run.noted("closed") == ["a", "b", "b", "c"]
    saw = [n for _, n in run.noted("saw")]
    assert sorted(saw) == [-1, -1, -1, *range(100)]
    assert saw[-1] == -1
    order = [note[0] for note in run.journal]
    assert order.index("closed") > max(at for at, kind in enumerate(order) if kind in ("finished", "saw", "acked"))


def test_finish_is_called_once_though_the_bolt_died_before(stormhost: Stormhost) -> None:
    run = stormhost.run(
        """
class Dies(AutoAckBolt):
    def execute(self, input):
        if input.n == 5 and not os.path.exists('died'):
            open('died', 'w').close()
            os._exit(3)
    def finish(self):
        note('finished')

class T(Topology):
    numbers = ReliableNumbers(1, 10)
    dies = Dies()
    dies.inputs.append(ShuffleGrouping(numbers))
"""
    )
    assert run.journal.count(["finished"]) == 1
    assert sorted(run.noted("acked")) == list(range(10))


def test_a_bolt_that_dies_in_finish_is_asked_again(stormhost: Stormhost) -> None:
    run = stormhost.run(
        """
class Dies(AutoAckBolt):
    def execute(self, input):
        pass
    def finish(self):
        if not os.path.exists('died'):
            open('died', 'w').close()
            os._exit(3)
        note('finished')

class T(Topology):
    numbers = ReliableNumbers(1, 10)
    dies = Dies()
    dies.inputs.append(ShuffleGrouping(numbers))
"""
    )
    assert run.journal.count(["finished"]) == 1


def test_a_fail_in_finish_wakes_the_spout_again(stormhost: Stormhost) -> None:
    run = stormhost.run(
        """
class Late(Bolt):
    held = []
    failed = False
    def execute(self, input):
        note('got', input.n)
        if self.failed:
            self.ack(input)
        else:
            self.held.append(input)
    def finish(self):
        self.failed = True
        for input in self.held:
            self.fail(input, 'too early')
        self.held = []

class T(Topology):
    numbers = ReliableNumbers(1, 5)
    late = Late()
    late.inputs.append(ShuffleGrouping(numbers))
"""
    )
    assert sorted(run.noted("got")) == sorted([*range(5)] * 2)
    assert sorted(run.noted("acked")) == list(range(5))


def test_an_unlimited_run_ends_in_order_when_its_time_is_up(stormhost: Stormhost) -> None:
    began = time.monotonic()
    run = stormhost.run(LIFE.replace("COUNT", "10**9"), "--for", "1.5s")
    assert time.monotonic() - began < 15
    orderly(run_notes := run.journal)
    assert len([note for note in run_notes if note[0] == "acked"]) > 100


def orderly(notes: list[list[object]]) -> None:
    """The spout was told to stop, and all that it had emitted was answered by an ack."""
    kinds = [note[0] for note in notes]
    assert "deactivated" in kinds
    assert kinds.count("closed") == 4
    assert "failed" not in kinds
    acked = sorted(note[1] for note in notes if note[0] == "acked")
    assert acked == list(range(len(acked))), "everything up to the last was acked"
    assert kinds.count("saw") == len(acked) + 3


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_ends_a_run_in_order(stormhost: Stormhost, number: signal.Signals, status: int) -> None:
    run = stormhost.start(LIFE.replace("COUNT", "10**9"))
    run.until(lambda: len(run.noted("acked")) > 100, "the first acks")
    run.signal(number)
    run.ends_with(status)
    orderly(run.journal)
    run.nothing_is_left()


SLEEPY = """
class Sleeper(AutoAckBolt):
    def execute(self, input):
        note('asleep')
        sleep_for_ever()

class T(Topology):
    spout = Endless()
    sleeper = Sleeper(2)
    sleeper.inputs.append(ShuffleGrouping(spout))
"""


@pytest.mark.error("SH0704")
def test_a_second_signal_ends_a_run_at_once(stormhost: Stormhost) -> None:
    run = stormhost.start(SLEEPY, settings={"stormhost.shutdown.timeout.secs": 600, "stormhost.kill.timeout.secs": 600})
    run.until(lambda: ["asleep"] in run.journal, "a bolt that sleeps")
    run.signal(signal.SIGINT)
    run.until(lambda: "stopping" in run.told, "the orderly stop to begin")
    assert run.status is None
    run.signal_again(signal.SIGINT)
    run.ends_with(130, within=5)
    run.nothing_is_left()


@pytest.mark.error("SH0703")
def test_the_deadline_of_an_orderly_stop_names_who_is_left(stormhost: Stormhost) -> None:
    run = stormhost.start(SLEEPY, settings={"stormhost.shutdown.timeout.secs": 0.5, "stormhost.kill.timeout.secs": 0.3})
    run.until(lambda: ["asleep"] in run.journal, "a bolt that sleeps")
    run.signal(signal.SIGTERM)
    run.ends_with(143, within=15)
    assert "not finished in time: sleeper[" in run.told


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_while_children_start_ends_the_run(stormhost: Stormhost, number: signal.Signals) -> None:
    run = stormhost.start(
        """
class Slow(AutoAckBolt):
    def initialize(self):
        note('starting')
        sleep_for_ever()
    def execute(self, input):
        pass

class T(Topology):
    spout = Endless()
    slow = Slow(3)
    slow.inputs.append(ShuffleGrouping(spout))
""",
        settings={"stormhost.shutdown.timeout.secs": 0.3, "stormhost.kill.timeout.secs": 0.3},
    )
    run.until(lambda: len(run.noted("starting")) == 3, "children that start")
    run.signal(number)
    run.ends_with(128 + number, within=15)
    run.nothing_is_left()


def test_run_folders_stay_and_are_few(stormhost: Stormhost) -> None:
    source = stormhost.write("class T(Topology):\n    numbers = Numbers(1, 1)\n")
    for _ in range(12):
        stormhost.run(source)
    folders = list(Path(stormhost.folder, "state", "stormhost", "T").iterdir())
    assert len(folders) == 10
    assert all((folder / "pids").is_dir() for folder in folders)


def test_a_spout_that_is_silent_for_long_is_not_ended_for_it(stormhost: Stormhost) -> None:
    """The heartbeats it was sent were not counted, so what it said it had taken looked like a contradiction."""
    run = stormhost.run(
        """
class Seldom(Numbers):
    began = 0
    def next_tuple(self):
        self.began = self.began or time.monotonic()
        if self.next == 0 or time.monotonic() > self.began + 3:
            super().next_tuple()

class T(Topology):
    numbers = Seldom(1, 20)
    see = Noter()
    see.inputs.append(ShuffleGrouping(numbers))
"""
    )
    assert sorted(n for _, n in run.noted("saw")) == list(range(20))
    assert [line for line in run.log if line.level == "warn"] == []


def test_a_spout_that_is_done_long_after_its_last_tuple_completes_the_run(stormhost: Stormhost) -> None:
    run = stormhost.run(
        """
class Late(Numbers):
    began = 0
    def next_tuple(self):
        self.began = self.began or time.monotonic()
        if self.next < self.count or time.monotonic() > self.began + 3:
            super().next_tuple()

class T(Topology):
    numbers = Late(1, 5)
    see = Noter()
    see.inputs.append(ShuffleGrouping(numbers))
"""
    )
    assert sorted(run.noted("acked")) == list(range(5))


def test_what_a_bolt_emits_when_its_input_has_ended_is_not_cut_off(stormhost: Stormhost) -> None:
    run = stormhost.run(
        """
class Late(AutoAckBolt):
    class Default(Stream):
        fields = 'n'
    def execute(self, input):
        pass
    def close(self):
        for _ in range(20):
            self.emit('x' * 100_000)    # far more than a pipe holds

class Lengths(AutoAckBolt):
    def execute(self, input):
        note('length', len(input[0]))

class T(Topology):
    numbers = Numbers(1, 3)
    late = Late()
    lengths = Lengths()
    late.inputs.append(ShuffleGrouping(numbers))
    lengths.inputs.append(ShuffleGrouping(late))
""",
        status=0,
    )
    assert run.noted("length") == [100_000] * 20
    assert "SIGTERM" not in run.told


def test_a_second_signal_ends_a_run_whose_bolt_does_not_read(stormhost: Stormhost) -> None:
    run = stormhost.start(
        """
class Full(AutoAckBolt):
    def execute(self, input):
        note('full')
        sleep_for_ever()

class T(Topology):
    endless = Endless(1, 200_000)       # one tuple is more than a pipe holds, so the writer waits
    full = Full()
    full.inputs.append(ShuffleGrouping(endless))
""",
        settings={"stormhost.shutdown.timeout.secs": 600, "stormhost.kill.timeout.secs": 600},
    )
    run.until(lambda: ["full"] in run.journal, "a bolt that does not come back")
    run.signal(signal.SIGINT)
    run.until(lambda: "stopping" in run.told, "the orderly stop to begin")
    run.signal_again(signal.SIGINT)
    run.ends_with(130, within=5)
    run.nothing_is_left()


def test_a_component_that_cannot_be_started_is_told_though_the_time_is_up(stormhost: Stormhost) -> None:
    # Whoever had asked for the end meanwhile heard nothing of it, and the status was 0.
    source = """
class Late(AutoAckBolt):
    def initialize(self):
        time.sleep(0.7)
        sys.exit(1)
    def execute(self, input):
        pass

class T(Topology):
    numbers = Numbers(1, 1)
    late = Late(1, inputs=[ShuffleGrouping(numbers)])
"""
    run = stormhost.run(source, "--for", "0.3s", status=4)
    assert "before it had answered the handshake" in run.told


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_that_was_ignored_at_the_start_stays_so_as_under_nohup(stormhost: Stormhost, number: int) -> None:
    source = """
class T(Topology):
    lines = Lines('echo one; until [ -e go ]; do sleep 0.05; done; echo two', spout=True)
    show = Print(inputs=ShuffleGrouping(lines))
"""
    path = stormhost.write(source)
    run = stormhost.launch("run", str(path), before=lambda: signal.signal(number, signal.SIG_IGN))
    run.until(lambda: run.stdout == "one\n", "the first line")
    run.signal(number)
    (stormhost.folder / "go").touch()
    run.ends_with(0)
    assert run.stdout == "one\ntwo\n"
