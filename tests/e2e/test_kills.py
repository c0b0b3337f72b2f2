"""Killing: bolts in a busy word count, spouts, and the host itself. No sentence is lost, and nothing is left behind.

`STORMHOST_LONG=1` kills for longer.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
from collections import Counter

import pytest

from harness import Run, Stormhost, carriers
from texts import counted, write_text

LONG = os.environ.get("STORMHOST_LONG") == "1"

WORDS_TO_A_FILE = """
TEXT, SINK = sys.argv[1:]

class Lines(ReliableSpout):
    class Default(Stream):
        fields = 'sentence'
    def initialize(self):
        self.lines = open(TEXT).read().splitlines()
        self.acked = [0] * len(self.lines)
        self.fails = self.words_again = 0
    def tuples(self):
        for number, line in enumerate(self.lines):
            self.emit(line, id=number)
            yield None
    def ack(self, id):
        self.acked[id] += 1
    def fail(self, id):
        self.fails += 1
        self.words_again += len(self.lines[id].split())
        if self.failure[0] != 'child_died':
            note('failed otherwise', *self.failure)
    def close(self):
        note('acks', min(self.acked), max(self.acked))
        note('fails', self.fails, self.words_again)

class Split(AutoAckBolt):
    class Default(Stream):
        fields = 'word'
    def execute(self, input):
        for word in input.sentence.split():
            self.emit(word)

class Write(AutoAckBolt):
    def initialize(self):
        self.sink = os.open(SINK, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    def execute(self, input):
        os.write(self.sink, input.word.encode() + b'\\n')

class KilledWordCount(Topology):
    lines = Lines(1)
    split = Split(2)
    write = Write(4)
    split.inputs.append(ShuffleGrouping(lines))
    write.inputs.append(FieldsGrouping(split, 'word'))
"""


def test_killing_a_random_bolt_every_100_ms_loses_no_sentence_of_two_million_words(stormhost: Stormhost) -> None:
    text = write_text(stormhost.folder / "text", 1_500_000 if LONG else 400_000)
    sink = stormhost.folder / "sink"
    run = stormhost.start(WORDS_TO_A_FILE, args=[str(text), str(sink)])
    run.until(sink.exists, "the first word")
    kills = 0
    while not ended_within(run, 0.1):
        kills += run.kill_some(["split", "write"]) is not None
    run.ends_with(0)
    run.nothing_is_left()
    assert kills >= 20, "the run was over before it was disturbed"

    expected = counted(text)
    seen = Counter(sink.read_text().split())
    assert {word: count for word, count in expected.items() if seen[word] < count} == {}, "each word was seen often enough"
    assert set(seen) == set(expected)
    assert run.noted("failed otherwise") == [], "no tuple failed but by a death"
    assert run.noted("acks") == [(1, 1)], "each sentence was acked, once"
    # Duplicates: only what was held by a child that was killed is emitted again, and only its words are seen again.
    ((fails, words_again),) = run.noted("fails")
    held = [int(count) for count in re.findall(r"(\d+) tuples? that it held fails? now", run.told)]
    assert 0 < fails <= sum(held)
    assert seen.total() <= sum(expected.values()) + words_again


def ended_within(run: Run, seconds: float) -> bool:
    """Whether the run ends within this time."""
    try:
        run.popen.wait(seconds)
    except subprocess.TimeoutExpired:
        return False
    return True


def test_a_killed_spout_starts_again_by_its_own_code_and_the_run_goes_on(stormhost: Stormhost) -> None:
    run = stormhost.start(
        """
class T(Topology):
    numbers = ReliableNumbers(1, 30_000)
    see = Noter(2)
    see.inputs.append(ShuffleGrouping(numbers))
"""
    )
    run.until(lambda: len(run.journal) > 100, "the first numbers")
    assert run.kill_some(["numbers"])
    run.ends_with(0, within=120)
    assert {n for _, n in run.noted("saw")} == set(range(30_000))
    assert len(run.noted("acked")) >= 30_000, "the second spout began at the beginning, and heard of everything"
    assert "numbers[1]" in run.told and "was killed by SIGKILL" in run.told


def test_what_a_killed_spout_had_pending_is_not_lost_when_the_host_replays(stormhost: Stormhost) -> None:
    source = """
POSITION, GATE = sys.argv[1:]

class Resuming(Spout):
    replay = 'host'
    class Default(Stream):
        fields = 'n'
    def next_tuple(self):
        n = int(open(POSITION).read()) if os.path.exists(POSITION) else 0
        if n == 500:
            return self.done()
        self.emit(n, id=n, need_task_ids=True)   # returns when the host has it
        with open(POSITION + '.new', 'w') as file:
            file.write(str(n + 1))
        os.replace(POSITION + '.new', POSITION)

class Gated(AutoAckBolt):
    def execute(self, input):
        while not os.path.exists(GATE):
            time.sleep(0.01)
        note('saw', input.n)

class T(Topology):
    numbers = Resuming()
    gated = Gated(2)
    gated.inputs.append(ShuffleGrouping(numbers))
"""
    position, gate = stormhost.folder / "position", stormhost.folder / "gate"
    run = stormhost.start(source, settings={"topology.max.spout.pending": 50}, args=[str(position), str(gate)])
    # A spout that has not seen an ack yet is let in by and by, so it has a few pending.
    run.until(lambda: position.exists() and int(position.read_text()) >= 3, "pending numbers")
    (first,) = run.children("numbers")
    first.kill()
    run.until(lambda: [child for child in run.children("numbers") if child != first], "the next spout")
    gate.touch()
    run.ends_with(0)
    assert sorted(set(run.noted("saw"))) == list(range(500))


def test_every_process_goes_within_a_second_of_the_hosts_sigkill(stormhost: Stormhost) -> None:
    source = """
import signal, subprocess

class Parent(AutoAckBolt):
    def initialize(self):
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        loop = [sys.executable, '-c', 'import signal, time\\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\\nwhile True: time.sleep(3600)']
        subprocess.Popen(loop)
        subprocess.Popen(loop, start_new_session=True)
        subprocess.Popen(['sh', '-c', 'trap "" TERM HUP; sleep 3600 & sleep 3600'])
    def execute(self, input):
        pass

class T(Topology):
    spout = Endless(2)
    parent = Parent(3)
    stubborn = Process('python', CHILDREN + '/ignores_sigterm.py', parallelism=2)
    parent.inputs.append(ShuffleGrouping(spout))
    stubborn.inputs.append(ShuffleGrouping(spout))
"""
    run = stormhost.start(source)
    run.until(lambda: len(run.children()) >= 2 + 3 * 5 + 2, "all children and grandchildren")
    run.signal(signal.SIGKILL)
    run.wait()
    run.nothing_is_left(within=1.0)


@pytest.mark.parametrize("number", [signal.SIGSEGV, signal.SIGABRT, signal.SIGTERM])
def test_other_deaths_are_survived_and_named(stormhost: Stormhost, number: signal.Signals) -> None:
    run = stormhost.start(
        """
class T(Topology):
    numbers = ReliableNumbers(1, 20_000)
    see = Noter(1)
    see.inputs.append(ShuffleGrouping(numbers))
"""
    )
    run.until(lambda: len(run.journal) > 100, "the first numbers")
    (child,) = run.children("see")
    assert child.kill(number)
    run.ends_with(0)
    assert {n for _, n in run.noted("saw")} == set(range(20_000))
    assert f"was killed by {number.name}" in run.told
    assert f"(pid {child.pid})" in run.told


@pytest.mark.error("SH1106")
def test_a_guard_that_is_killed_is_replaced(stormhost: Stormhost) -> None:
    run = stormhost.start("class T(Topology):\n    spout = Endless()\n    see = Holder()\n    see.inputs.append(ShuffleGrouping(spout))\n")

    def guards() -> list[int]:
        return [process.pid for process in carriers(run.marker) if "__guard" in process.argv]

    run.until(lambda: len(run.children()) == 2 and guards(), "children and guard")
    (first,) = guards()
    os.kill(first, signal.SIGKILL)
    run.until(lambda: [pid for pid in guards() if pid != first], "the next guard")
    run.until(lambda: "another one takes its place" in run.told, "the log to say so")
    # The new guard has to know of children that were there before it.
    run.signal(signal.SIGKILL)
    run.wait()
    run.nothing_is_left(within=1.0)
