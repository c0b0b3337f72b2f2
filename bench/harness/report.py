"""Turns results into tables: for the terminal, for `RESULTS.md`, and as JSON for plots."""

from __future__ import annotations

from typing import Any

from .contest import Held


def table(held: Held) -> str:
    """A contest's results as a Markdown table, padded so that it reads well as plain text too."""
    contest = held.contest
    against = [name for name in contest.against if name in held.rounds]
    rows = [["", *(column.name for column in contest.columns), *(f"× {name}" for name in against)]]
    for contestant in contest.contestants:
        if contestant.name not in held.rounds:
            continue
        row = [contestant.name]
        row += [_number(held.median(contestant.name, column.name), column.digits) for column in contest.columns]
        row += [_number(held.ratio(contestant.name, other), 2) for other in against]
        rows.append(row)
    # A column that nobody has a figure for only takes room.
    kept = [at for at in range(len(rows[0])) if at == 0 or any(row[at] for row in rows[1:])]
    rows = [[row[at] for at in kept] for row in rows]
    widths = [max(len(row[at]) for row in rows) for at in range(len(rows[0]))]
    rows.insert(1, ["-" * widths[0], *("-" * (width - 1) + ":" for width in widths[1:])])
    lines = ["| " + " | ".join(_pad(row, widths)) + " |" for row in rows]
    if len(rows) == 2:
        lines = []
    absent = "\n".join(f"- {name}: {why.splitlines()[0]}" for name, why in held.absent.items())
    return "\n".join(lines) + ("\n\n" + absent if absent else "")


def _pad(row: list[str], widths: list[int]) -> list[str]:
    return [row[0].ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(row[1:], widths[1:]))]


def _number(value: float | None, digits: int) -> str:
    return "" if value is None else f"{value:,.{digits}f}"


def as_json(all_held: list[Held], facts: dict[str, str]) -> dict[str, Any]:
    """Everything that was measured, each round of it."""
    return {
        "facts": facts,
        "contests": [
            {"key": held.contest.key, "title": held.contest.title, "rounds": held.rounds, "absent": held.absent}
            for held in all_held
        ],
    }


def page(all_held: list[Held], facts: dict[str, str]) -> str:
    """`RESULTS.md`."""
    lines = [
        "# Results",
        "",
        "Written by `make bench`; do not edit. How each figure is measured stands in [README.md](README.md).",
        "Figures are the medians of all rounds; ratios are the medians of each round's ratio.",
        "",
        "| | |",
        "|---|---|",
        *(f"| {name} | {value} |" for name, value in facts.items()),
    ]
    for held in all_held:
        lines += ["", f"## {held.contest.title}", "", held.contest.about, "", table(held)]
        lines += ["", f"Took {held.seconds:.0f} s. Alone: `python3 bench/run.py --only {held.contest.key}`"]
    return "\n".join(lines) + "\n"
