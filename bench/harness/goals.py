"""What has to be reached, row by row, and whether it was: computed from results, never typed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from .cases.languages import PYTHON_INSIDE
from .cases.latency import MODEST, PIPES
from .cases.lines import KEYED
from .cases.stock import DRIVER
from .cases.stock import STORM as OLD_STORM
from .cases.storm import BEST as STORM
from .cases.word_count import AUTOMATIC, BYTEWAX, HOLD
from .kept import Kept

NATIVE, MSGSPEC, PLAIN = ("stormhost, native, send", "stormhost, msgspec, send", "stormhost, standard library, send")
OURS = (NATIVE, MSGSPEC, PLAIN)
SPEED, COST = "M words/s", "CPU s per M words"


@dataclass(frozen=True)
class Goal:
    """A row of the first table of the results."""

    case: str
    what: str
    """The figure, with its unit."""
    value: Callable[[Kept], float | None]
    must: float
    aim: float | None = None
    most: bool = False
    """Whether the figure may be that much at the most, and not at the least."""
    digits: int = 2

    def reaches(self, value: float, bar: float) -> bool:
        return value <= bar if self.most else value >= bar


def ratio(key: str, name: str, against: str, column: str) -> Callable[[Kept], float | None]:
    return lambda kept: kept.ratio(key, name, against, column)


def figure(key: str, name: str, column: str) -> Callable[[Kept], float | None]:
    return lambda kept: kept.median(key, name, column)


def growth(key: str, most: str, least: str, column: str) -> Callable[[Kept], float | None]:
    """By how many percent a cost is higher."""

    def value(kept: Kept) -> float | None:
        found = kept.ratio(key, most, least, column)
        return None if found is None else (found - 1) * 100

    return value


def ours(key: str, against: str, column: str) -> Callable[[Kept], float | None]:
    """The fastest of ours, where a goal does not say which."""

    def value(kept: Kept) -> float | None:
        known = [one for one in OURS if kept.median(key, one, column) is not None]
        best = max(known, key=lambda one: kept.median(key, one, column) or 0.0, default=None)
        return kept.ratio(key, best, against, column) if best else None

    return value


def _all() -> Iterator[Goal]:
    for case, name, bytewax, storm, cpu in (
        ("Python children, native accelerator", NATIVE, (4, 6), 3, 0.5),
        ("Python children, msgspec", MSGSPEC, (2.5, 3.4), 2, 0.8),
        ("Python children, standard library only", PLAIN, (1.4, 2), None, None),
    ):
        yield Goal(case, f"× {BYTEWAX}", ratio("words", name, BYTEWAX, SPEED), *bytewax)
        if storm:
            yield Goal(case, f"× {STORM}, Java bolts", ratio("words", name, STORM, SPEED), storm)
        if cpu:
            yield Goal(case, COST, figure("words", name, COST), cpu, most=True)
    inside = ratio("languages", f"{PYTHON_INSIDE}, send", BYTEWAX, SPEED)
    yield Goal("Python inside: spout, split and count", f"× {BYTEWAX}", inside, 3, 4.5)
    for case, name, must, aim in (
        ("Lua inside, a state a task, both cores", "stormhost, Lua inside, 2 tasks a bolt, send", 3, 6),
        ("Ruby children, msgpack", "stormhost, Ruby, msgpack, send", 1, 2),
        ("Lua children, MessagePack", "stormhost, Lua 5.4, send", 1, 2),
        ("LuaJIT children, MessagePack", "stormhost, LuaJIT, send", 1, 2),
    ):
        yield Goal(case, f"× {BYTEWAX}", ratio("languages", name, BYTEWAX, SPEED), must, aim)
    yield Goal("three fields of mixed types, 1 KB a tuple", f"× {BYTEWAX}", ours("mixed", BYTEWAX, SPEED), 1.5, 3)
    yield Goal("acks by hand, out of order", "× automatic acks", ratio("by-hand", f"acks by hand, {HOLD} held", AUTOMATIC, SPEED), 0.6, 0.8)
    pong = ratio("ping-pong", "stormhost", PIPES, "µs a sentence")
    yield Goal("one sentence in flight", "× the time of bare pipes", pong, 2, 1.5, most=True)
    for library, key in (
        ("storm.py", "storm-py"),
        ("storm.rb", "storm-rb"),
        ("storm.js", "storm-js"),
        ("pystorm, JSON", "pystorm-json"),
        ("pystorm, MessagePack", "pystorm-msgpack"),
    ):
        speed = "k words/s"
        yield Goal(f"child on {library}", "% of what it reaches before a driver", _percent(ratio(key, "stormhost", DRIVER, speed)), 90, 98, digits=1)
        yield Goal(f"child on {library}", "× Storm with the same child", ratio(key, "stormhost", OLD_STORM, speed), 3)
    yield Goal("values of 1 MB", "× bare pipes", ratio("large", "stormhost", PIPES, "MB/s"), 0.5, 0.9)

    yield Goal("a keyed filter of the shell, by Lines", "M lines/s", figure("lines", KEYED, "M lines/s"), 2, 4)

    modest = f"stormhost, {MODEST:,}/s"
    yield Goal(f"tree, {MODEST:,} sentences/s", "p50 ms", figure("latency", modest, "p50 ms"), 0.3, most=True)
    p99 = ratio("latency", modest, f"{PIPES}, {MODEST:,}/s", "p99 ms")
    yield Goal(f"tree, {MODEST:,} sentences/s", "p99, × bare pipes", p99, 2, most=True)
    yield Goal("tree, half of the peak rate", "p99 ms", figure("latency", "stormhost, half of its peak", "p99 ms"), 5, most=True)
    yield Goal("tree, full speed, default pending", "p99 ms", figure("latency", "stormhost, full speed", "p99 ms"), 10, most=True)

    step = "CPU µs a step"
    for case, key, most, least, column in (
        ("1 → 64 tasks a bolt", "tasks", "64 tasks a bolt", "1 tasks a bolt", COST),
        ("chain of 1 → 50", "chain", "chain of 50", "chain of 1", step),
        ("10 → 1,000,000 trees pending", "pending", "1,000,000 pending", "10 pending", step),
        ("1,000 → 1,000,000 keys", "keys", "1,000,000 keys", "1,000 keys", step),
    ):
        yield Goal(case, "CPU a tuple, % more", growth(key, most, least, column), 20, most=True, digits=1)
    yield Goal("500 children", "s to the first tree", figure("children", "500 children", "s to the first tree"), 10, most=True)
    yield Goal("500 children", "host KB a child", figure("children", "500 children", "host KB a child"), 1024, most=True, digits=0)
    yield Goal("Python word count", "host MB", figure("words", MSGSPEC, "host MB"), 40, most=True, digits=1)
    yield Goal("start of three components", "ms beyond Python", figure("start", "stormhost run", "beyond Python"), 150, most=True, digits=0)


def _percent(value: Callable[[Kept], float | None]) -> Callable[[Kept], float | None]:
    def percent(kept: Kept) -> float | None:
        found = value(kept)
        return None if found is None else found * 100

    return percent


GOALS = tuple(_all())


def rows(kept: Kept) -> list[list[str]]:
    """The table, its heading first."""
    table = [["case", "figure", "reached", "must reach", "", "aim", ""]]
    for goal in GOALS:
        value = goal.value(kept)
        cells = [goal.case, goal.what, "not measured" if value is None else f"{value:,.{goal.digits}f}"]
        for bar in (goal.must, goal.aim):
            shown = "" if bar is None else f"{'≤' if goal.most else '≥'} {bar:g}"
            verdict = "" if bar is None or value is None else "yes" if goal.reaches(value, bar) else "no"
            cells += [shown, verdict]
        table.append(cells)
    return table


def summary(kept: Kept) -> str:
    """How many are reached, in a sentence."""
    values = [(goal, goal.value(kept)) for goal in GOALS]
    reached = sum(value is not None and goal.reaches(value, goal.must) for goal, value in values)
    unknown = sum(value is None for _, value in values)
    return f"{reached} of {len(GOALS)} are reached" + (f", {unknown} were not measured." if unknown else ".")
