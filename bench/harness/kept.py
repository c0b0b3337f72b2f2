"""Results that were kept: what goals, pages and plots are made from. A file that was read back gives the same as the run itself."""

from __future__ import annotations

import json
from pathlib import Path
from statistics import median
from typing import Any

from .contest import Held
from .setting import BENCH

FILE = BENCH / "results.json"


def as_json(all_held: list[Held], facts: dict[str, str]) -> dict[str, Any]:
    """Everything that was measured, each round of it, with medians."""
    return {"facts": facts, "contests": {held.contest.key: _contest(held) for held in all_held}}


def _contest(held: Held) -> dict[str, Any]:
    rounds = {name: [_short(figures) for figures in all_figures] for name, all_figures in held.rounds.items()}
    return {
        "title": held.contest.title,
        "seconds": round(held.seconds),
        "bests": {name: list(members) for name, members in held.contest.bests.items()},
        "ratio of": held.contest.ratio_of,
        "medians": {name: _medians(all_figures) for name, all_figures in rounds.items()},
        "rounds": rounds,
        "absent": {name: why.splitlines()[0] for name, why in held.absent.items()},
    }


def _short(figures: dict[str, float]) -> dict[str, float]:
    return {column: float(f"{value:.5g}") for column, value in figures.items()}


def _medians(rounds: list[dict[str, float]]) -> dict[str, float]:
    columns = dict.fromkeys(column for figures in rounds for column in figures)
    return {column: median(figures[column] for figures in rounds if column in figures) for column in columns}


class Kept:
    """Read-only."""

    def __init__(self, document: dict[str, Any]) -> None:
        self.facts: dict[str, str] = document["facts"]
        self._contests: dict[str, Any] = document["contests"]

    @classmethod
    def read(cls, file: Path = FILE) -> Kept:
        """The results of the last whole run."""
        return cls(json.loads(file.read_text()))

    def names(self, key: str) -> list[str]:
        """Who took part in a contest."""
        return list(self._contests.get(key, {}).get("rounds", ()))

    def median(self, key: str, name: str, column: str) -> float | None:
        """A contestant's figure, or that of the best of several; `None` where there is none."""
        name = self.best(key, name) or name
        return self._contests.get(key, {}).get("medians", {}).get(name, {}).get(column)

    def spread(self, key: str, name: str, column: str) -> tuple[float, float]:
        """The least and the most of all rounds. The contestant has to have the figure."""
        name = self.best(key, name) or name
        values = [figures[column] for figures in self._contests[key]["rounds"][name]]
        return min(values), max(values)

    def ratio(self, key: str, name: str, against: str, column: str) -> float | None:
        """The median of the rounds' ratios of one to another, each of whom may be the best of several."""
        rounds = self._contests.get(key, {}).get("rounds", {})
        name, against = self.best(key, name) or name, self.best(key, against) or against
        pairs = zip(rounds.get(name, ()), rounds.get(against, ()))
        ratios = [one[column] / other[column] for one, other in pairs if other.get(column) and column in one]
        return median(ratios) if ratios else None

    def best(self, key: str, name: str) -> str | None:
        """Who is behind one of a contest's `bests`, by its median."""
        contest = self._contests.get(key, {})
        members = [one for one in contest.get("bests", {}).get(name, ()) if one in contest["medians"]]
        column = contest.get("ratio of", "")
        return max(members, key=lambda one: contest["medians"][one].get(column, 0.0), default=None)
