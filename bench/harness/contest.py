"""Contestants that do the same work, in turn, round after round; a figure is the median of its rounds.

Machines are shared and their speed drifts by the hour, so what is to be compared runs within the same minute, and what is told is
the median of the ratios of each round.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from statistics import median

from .processes import Wrong
from .setting import Setting

Figures = dict[str, float]
"""What one run of one contestant came to, by the names of columns. A column may be missing."""


@dataclass(frozen=True)
class Contestant:
    """Somebody who does the work once, checks what came of it, and says what it took."""

    name: str
    run: Callable[[Setting], Figures]
    """Raises Wrong where the results are not right."""
    needs: tuple[str, ...] = ()
    """Packages without which it is left out."""
    in_check: bool = True
    """Whether it takes part where only is to be seen that everything runs."""


@dataclass(frozen=True)
class Column:
    """A figure in a table."""

    name: str
    digits: int = 2


@dataclass(frozen=True)
class Contest:
    """A table of results."""

    key: str
    """A short name, for the command line and the results file."""
    title: str
    about: str
    """What is measured, and how: a paragraph for the results."""
    columns: tuple[Column, ...]
    contestants: tuple[Contestant, ...]
    against: tuple[str, ...] = ()
    """Contestants, or names of `bests`, to whom the others are compared."""
    bests: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """Contestants of which only the best counts: who runs the same thing in several settings."""
    ratio_of: str = ""
    """The column by which they are compared."""
    quick_contestants: tuple[str, ...] = ()
    """Those who are part of a quick run; all if `part_of_quick`."""
    part_of_quick: bool = False
    quick_rounds: int = 3

    def quick(self) -> Contest | None:
        """What of it one looks at daily, if anything."""
        if self.part_of_quick:
            return self
        chosen = tuple(one for one in self.contestants if one.name in self.quick_contestants)
        return replace(self, contestants=chosen) if chosen else None


@dataclass
class Held:
    """A contest's results."""

    contest: Contest
    rounds: dict[str, list[Figures]] = field(default_factory=dict)
    absent: dict[str, str] = field(default_factory=dict)
    """Contestants that were left out or failed, and why."""
    seconds: float = 0.0

    def median(self, name: str, column: str) -> float | None:
        """A contestant's figure; `None` where it has none."""
        values = [figures[column] for figures in self.rounds.get(name, []) if column in figures]
        return median(values) if values else None

    def ratio(self, name: str, against: str) -> float | None:
        """How a contestant compares to another, or to the best of several: the median of the rounds' ratios."""
        column = self.contest.ratio_of
        against = self.best(against) or against
        pairs = zip(self.rounds.get(name, []), self.rounds.get(against, []))
        ratios = [one[column] / other[column] for one, other in pairs if other.get(column) and column in one]
        return median(ratios) if ratios else None

    def best(self, name: str) -> str | None:
        """Who is behind one of the contest's `bests`: whoever has the highest median. `None` where nobody ran."""
        known = [(self.median(one, self.contest.ratio_of) or 0.0, one) for one in self.contest.bests.get(name, ()) if one in self.rounds]
        return max(known)[1] if known else None

    @property
    def failed(self) -> bool:
        """Whether a contestant that ran did not do its work right."""
        return any(why.startswith("failed") for why in self.absent.values())


def hold(contest: Contest, setting: Setting, rounds: int) -> Held:
    """Runs a contest. A contestant that fails is out for the rest of it, and is told about."""
    held = Held(contest)
    began = time.monotonic()
    for contestant in contest.contestants:
        lacking = [package for package in contestant.needs if not setting.has(package)]
        if lacking:
            why = setting.missing.get(lacking[0], "not installed")
            held.absent[contestant.name] = f"left out: {lacking[0]} {why}"
        elif setting.checking and not contestant.in_check:
            held.absent[contestant.name] = "left out of a check, for it starts as others do, and slowly"
    for number in range(1, rounds + 1):
        for contestant in contest.contestants:
            if contestant.name in held.absent:
                continue
            _say(f"{contest.key}: round {number} of {rounds}: {contestant.name}")
            try:
                held.rounds.setdefault(contestant.name, []).append(contestant.run(setting))
            except Wrong as error:
                held.rounds.pop(contestant.name, None)
                held.absent[contestant.name] = f"failed: {error}"
                print(f"{contest.key}: {contestant.name}: {error}", file=sys.stderr)
    held.seconds = time.monotonic() - began
    return held


def _say(what: str) -> None:
    if sys.stderr.isatty():
        print(f"\r\x1b[K{what}", end="", file=sys.stderr, flush=True)
    else:
        print(what, file=sys.stderr)
