"""Plays one plan: runs the topology, strikes, watches until all flows again, ends the run, and looks whether anything is missing, or left."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from dataclasses import asdict, dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

import ceiling
import strikes
import verdict
from faults import FLOWS_WITHIN, MESSAGE_TIMEOUT, SHELL_TIMEOUT, SUBPROCESS_TIMEOUT
from harness import Run, Stormhost
from journals import Journals, Seen
from plan import QUOTA, Plan, Strike, components

HERE = Path(__file__).resolve().parent
LOOK = 0.005  # seconds between two looks
STARTS_WITHIN = 60.0
NEXT_WITHIN = 2 * SHELL_TIMEOUT + FLOWS_WITHIN
"""Seconds within which tuples have to come when nobody is known to stand still: all that spouts may have pending may be held by one who never acks."""
ENDS_WITHIN = 60.0
"""Seconds without an arrival at the sink after which a run that is to end is taken for hung."""
GONE_WITHIN = 2.0
"""Seconds after the end of the host until the last process has to be gone. What is promised is one; the machine may be busy."""
DIED = re.compile(r"\b(third|sink)\[\d+\] \(pid \d+\) (?:left|was)")
READ_AHEAD = 8192 // len(b"s1.0\ts1.0\n")
"""Lines that a filter in Python may have read and not yet written: they are lost with it, and nobody can count them. No more than that is held by
a sink, with which they are lost as well: what a filter writes belongs to no tree."""

SETTINGS = {
    "topology.message.timeout.secs": MESSAGE_TIMEOUT,
    "topology.subprocess.timeout.secs": SUBPROCESS_TIMEOUT,
    "topology.max.spout.pending": ceiling.PENDING,
    "stormhost.queue.bytes": ceiling.QUEUE,
    "stormhost.max.message.bytes": ceiling.MESSAGE,
    "stormhost.cycle.bytes": ceiling.CYCLE,
    "stormhost.replay.bytes": ceiling.REPLAY,
    "stormhost.inside.memory.bytes": ceiling.INSIDE,
    "stormhost.inside.budget.secs": SUBPROCESS_TIMEOUT,
    "stormhost.kill.timeout.secs": 0.3,
    "stormhost.shutdown.timeout.secs": 3,
    "stormhost.limit.memory.bytes": "150 MiB",
    "stormhost.restart.max.pause.secs": 1,
}


@dataclass
class Struck:
    """A fault that was done, and what became of it. Times in ns; `flows` is 0 until whoever suffered it was at work again."""

    strike: Strike
    at: int
    task: str
    incarnation: str
    alone: bool
    flows: int = 0

    def heals(self, seen: Seen) -> bool:
        """Whether this is the sign that was waited for."""
        # What arrives while the fault goes on was on its way before.
        if seen.ns <= self.at + int(self.strike.lasts * 1e9):
            return False
        if self.strike.what.by == "host":
            return seen.component == "sink"
        if seen.component != self.strike.component or (self.task and seen.task and seen.task != self.task):
            return False
        return seen.incarnation != self.incarnation or self.strike.kind not in self.strike.what.lethal


def due(struck: Struck, all_struck: list[Struck]) -> int:
    """By when (ns) whoever suffered this has to be at work again.

    What was not acked before it may be all that spouts may have pending, the whole of it in fifty tuples behind a join. Then nothing flows before that
    has timed out, although the one who did not ack was at work again at once.
    """
    missing = [earlier for earlier in all_struck if earlier.strike.fault == "never_acks" and earlier.at <= struck.at]
    return max(one.at + int(one.strike.what.within * 1e9) for one in [struck, *missing])


@dataclass
class Outcome:
    """What a run came to."""

    seed: int
    shape: str
    tuples: int = 0
    arrivals: int = 0
    duplicated: int = 0
    longest_stall: float = 0.0
    peak_memory: int = 0
    memory_ceiling: int = 0
    seconds: float = 0.0
    strikes: list[dict[str, Any]] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


class Problem(Exception):
    """The run did not keep a promise, and cannot be gone on with."""


class Play:
    """One run of a plan in a folder of its own. `home` may be shared by several."""

    def __init__(self, plan: Plan, folder: Path, home: Path) -> None:
        self.plan = plan
        self.folder = folder
        self.outcome = Outcome(plan.seed, plan.shape, memory_ceiling=ceiling.ceiling(plan))
        for name in ("orders", "tmp"):
            (folder / name).mkdir(parents=True)
        self.journals = Journals(folder)
        self.struck: list[Struck] = []
        self.told: list[Any] = []
        self._starter = Stormhost(folder, home)
        self._memory_looked = 0.0
        self._enough = 1 << 63

    def play(self) -> Outcome:
        began = time.monotonic()
        strikes.set_clock(self.folder / "clock", 0)
        clock = {"LD_PRELOAD": str(clock_library()), "CHAOS_CLOCK": str(self.folder / "clock")}
        with_clock = any(strike.fault == "clock" for strike in self.plan.strikes)
        spouts = [name for name, kind in components(self.plan.graph, self.plan.link).items() if "spout" in kind or kind == "source"]
        words = (self.plan.graph, self.plan.link, str(self.folder), str(-(-QUOTA // len(spouts))), str(self.plan.rate // len(spouts)))
        env = {"TMPDIR": str(self.folder / "tmp"), **(clock if with_clock else {})}
        self.run: Run = self._starter.start(HERE / "topology.py", settings=self._settings(), env=env, args=words)
        try:
            self._all_at_work()
            descriptors = self._descriptors(100)
            for strike in self.plan.strikes:
                self._strike(strike)
            self._until_all_flow()
            self._descriptors_are_back(descriptors)
            self._end()
        except Problem as problem:
            self.outcome.problems.append(str(problem))
        finally:
            self._nothing_left()
        self._judge()
        self.outcome.seconds = round(time.monotonic() - began, 3)
        return self.outcome

    def _settings(self) -> dict[str, Any]:
        return {**SETTINGS, "topology.message.timeout.secs": SHELL_TIMEOUT} if self.plan.link == "shell" else SETTINGS

    def _look(self) -> None:
        """Takes in what is new."""
        now = time.monotonic()
        if now - self._memory_looked > 0.1 and self.run.status is None:
            self._memory_looked = now
            try:
                self.outcome.peak_memory = max(self.outcome.peak_memory, self.run.peak_memory())
            except OSError:
                pass  # it ended just now
        for seen in self.journals.look():
            for struck in self.struck:
                if not struck.flows and struck.heals(seen):
                    struck.flows = seen.ns
        self.told += self.journals.told()

    def _until(self, condition: Any, what: str, within: float) -> None:
        """Looks until the condition holds."""
        deadline = time.monotonic() + within
        while True:
            # On a machine that is busy a look may take long, so the deadlines are those before it.
            now = time.monotonic_ns()
            self._look()
            if condition():
                return
            if self.run.status is not None:
                raise Problem(f"the run ended with status {self.run.status} before {what}")
            for struck in self.struck:
                if not struck.flows and now > due(struck, self.struck):
                    within = (due(struck, self.struck) - struck.at) / 1e9
                    raise Problem(f"hung: {struck.strike.component}[{struck.task}] was not at work within {within:.0f} s of {struck.strike.fault}")
            if now / 1e9 > deadline:
                raise Problem(f"hung: waited {within:.0f} s for {what}")
            time.sleep(LOOK)

    def _all_at_work(self) -> None:
        wanted = set(components(self.plan.graph, self.plan.link))
        self._until(lambda: wanted <= {component for component, _ in self.journals.last}, "all components to be at work", STARTS_WITHIN)

    def _strike(self, strike: Strike) -> None:
        # Of a pause and a stop of the same process the SIGCONT of the one would be the end of the other.
        if not strike.together or strike.fault in ("pause", "stop"):
            self._until_all_flow()
            mark = len(self.journals.rows) + strike.after
            self._until(lambda: len(self.journals.rows) >= mark, "the next tuples at the sink", NEXT_WITHIN)
        alone = all(struck.flows for struck in self.struck)
        fault = strike.what
        if fault.by == "host":
            self.struck.append(Struck(strike, strikes.happened(self.run, self.folder, strike), "", "", alone))
        elif fault.by == "signal":
            hit: list[Seen] = []

            def send() -> bool:
                victim = strikes.signalled(self.run, self.journals, strike)
                hit.extend([victim] if victim else [])
                return bool(hit)

            self._until(send, f"a process of {strike.component} to send a signal to", NEXT_WITHIN)
            self.struck.append(Struck(strike, hit[0].ns, hit[0].task, hit[0].incarnation, alone))
        else:
            known = len(self.told)
            strikes.order(self.folder, strike)

            def taken() -> Any:
                return next((told for told in self.told[known:] if told.component == strike.component), None)

            self._until(taken, f"{strike.component} to take the order to do wrong: {strike.fault}", NEXT_WITHIN)
            told = taken()
            # Spouts have one task. Of those whose processes come and go any may be the next.
            task = "" if strike.kind in ("exec", "spout", "old spout", "inside spout", "source") else told.task
            self.struck.append(Struck(strike, told.ns or time.monotonic_ns(), task, told.incarnation, alone))
        for struck in self.struck[:-1]:
            struck.alone = struck.alone and bool(struck.flows)

    def _until_all_flow(self) -> None:
        self._until(lambda: all(struck.flows for struck in self.struck), "all to flow again", 60.0)

    def _descriptors(self, looks: int = 1) -> int:
        """Open files of the host: the most of so many looks."""
        most = 0
        for _ in range(looks):
            try:
                most = max(most, len(os.listdir(f"/proc/{self.run.pid}/fd")))
            except OSError:
                return most
        return most

    def _descriptors_are_back(self, before: int) -> None:
        """The host has no more files open than before the first fault."""
        self._until(lambda: self._descriptors() <= before, f"the host to have {before} files open again, not {self._descriptors()}", 20.0)

    def _end(self) -> None:
        """Lets the spouts come to their ends, and the run with them."""
        (self.folder / "enough").touch()
        self._enough = time.monotonic_ns()  # from here on it may be waited for what nobody acks
        if self.plan.link in ("json", "msgpack"):
            # A spout in Storm's dialects cannot say that it is through.
            share = -(-QUOTA // sum("spout" in kind for kind in components(self.plan.graph, self.plan.link).values()))
            self._until(
                lambda: not self.journals.open and all(count >= share for count in self.journals.emitted.values()), "all to be acked", 4 * ENDS_WITHIN
            )
            self.run.signal(signal.SIGINT)
        arrived, deadline = 0, 0.0
        while self.run.status is None:
            self._look()
            if arrived < len(self.journals.arrived) or not deadline:
                arrived, deadline = len(self.journals.arrived), time.monotonic() + ENDS_WITHIN
            if time.monotonic() > deadline:
                raise Problem(f"hung: waited {ENDS_WITHIN:.0f} s for the end of the run, in which nothing arrived; left are {self.run.children()}")
            time.sleep(LOOK)
        wanted = (130,) if self.plan.link in ("json", "msgpack") else (0, 3)
        if self.run.status not in wanted:
            self.outcome.problems.append(f"the run ended with status {self.run.status}, which is none of {wanted}")

    def _nothing_left(self) -> None:
        """Ends what goes on after a problem; else nothing may be left."""
        if self.run.status is not None:
            try:
                self.run.nothing_is_left(GONE_WITHIN)
            except AssertionError as error:
                self.outcome.problems.append(f"left behind: {error}")
        self._starter.clean_up()
        left = [str(path.relative_to(self.folder)) for path in (self.folder / "tmp").rglob("*")]
        if left:
            self.outcome.problems.append(f"left behind: temporary files {left[:5]}")

    def _judge(self) -> None:
        self._look()
        journals, plan = self.journals, self.plan
        outcome = self.outcome
        last = {spout: noted[-1][2] for spout, noted in journals.truth.items()}
        printed = {}
        for path in self.folder.glob("printed.*"):
            printed[path.name.split(".")[1]] = int(path.read_text().split()[-1])
        outcome.problems += verdict.answers(journals.truth, last)
        outcome.problems += verdict.dropped(journals)
        outcome.problems += verdict.lost(plan, journals, printed, self._filter_lost())
        outcome.problems += verdict.set_aside(journals.truth)
        outcome.tuples = sum(journals.emitted.values()) + sum(printed.values())
        outcome.arrivals = len(journals.rows)
        outcome.duplicated = verdict.duplicates(plan, journals)
        if outcome.tuples < QUOTA:
            outcome.problems.append(f"only {outcome.tuples} tuples went through")
        if outcome.peak_memory > outcome.memory_ceiling:
            outcome.problems.append(f"memory: {outcome.peak_memory} bytes, more than {outcome.memory_ceiling}")
        arrived = sorted(journals.arrived)
        outcome.longest_stall = self._longest_gap([at for at in arrived if at < self._enough], 0, self._enough)
        for struck in self.struck:
            outcome.strikes.append(
                {
                    "fault": struck.strike.fault,
                    "component": struck.strike.component,
                    "kind": struck.strike.kind,
                    "alone": struck.alone,
                    "flows": round((struck.flows - struck.at) / 1e9, 4) if struck.flows else None,
                    "stall": self._longest_gap(arrived, struck.at, struck.flows) if struck.flows else None,
                }
            )

    @staticmethod
    def _longest_gap(arrived: list[int], begin: int, end: int) -> float:
        """The longest time (s) without a tuple at the sink, where it touches this span of time."""
        gaps = (later - earlier for earlier, later in pairwise(arrived) if later > begin and earlier < end)
        return round(max(gaps, default=0) / 1e9, 4)

    def _filter_lost(self) -> int:
        """How much the log says that the filter may have lost."""
        return READ_AHEAD * len(DIED.findall(self.run.told))


def end_in_order() -> None:
    """Whoever is told to stop ends the run that it plays first."""

    def leave(number: int, _: object) -> None:
        sys.exit(128 + number)

    signal.signal(signal.SIGTERM, leave)


def clock_library() -> Path:
    """The library that lets the clock jump, built where it is not there yet."""
    source, built = HERE / "clock.c", HERE.parent.parent / "target" / "chaos" / "clock.so"
    if not built.exists() or built.stat().st_mtime < source.stat().st_mtime:
        built.parent.mkdir(parents=True, exist_ok=True)
        made = built.with_suffix(f".{os.getpid()}")
        subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-o", str(made), str(source)], check=True)
        made.rename(built)
    return built

