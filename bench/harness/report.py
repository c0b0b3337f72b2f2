"""Turns results into tables: for the terminal, and for `RESULTS.md`."""

from __future__ import annotations

from . import goals
from .contest import Held
from .kept import Kept


def table(held: Held) -> str:
    """A contest's results as a Markdown table, padded so that it reads well as plain text too."""
    contest = held.contest
    against = [name for name in contest.against if name in held.rounds or held.best(name)]
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
    absent = "\n".join(f"- {name}: {why.splitlines()[0]}" for name, why in held.absent.items())
    return "\n\n".join(part for part in (drawn(rows) if len(rows) > 1 else "", absent) if part)


def drawn(rows: list[list[str]], words: int = 1) -> str:
    """A Markdown table of rows, the heading first. The first so many columns hold words, the others numbers."""
    widths = [max(3, *(len(row[at]) for row in rows)) for at in range(len(rows[0]))]
    rule = ["-" * width if at < words else "-" * (width - 1) + ":" for at, width in enumerate(widths)]
    lines = []
    for row in (rows[0], rule, *rows[1:]):
        cells = [cell.ljust(width) if at < words else cell.rjust(width) for at, (cell, width) in enumerate(zip(row, widths))]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def _number(value: float | None, digits: int) -> str:
    return "" if value is None else f"{value:,.{digits}f}"


def reached(kept: Kept) -> str:
    """How many goals were reached, and the table of all."""
    return f"{goals.summary(kept)}\n\n{drawn(goals.rows(kept), words=2)}"


def page(all_held: list[Held], kept: Kept) -> str:
    """`RESULTS.md`."""
    lines = [
        "# Results",
        "",
        "Written by `make bench`; do not edit. How each figure is measured stands in [README.md](README.md), all rounds in [results.json](results.json).",
        "Figures are the medians of all rounds; ratios are the medians of each round's ratio.",
        "",
        "| | |",
        "|---|---|",
        *(f"| {name} | {value} |" for name, value in kept.facts.items()),
        "",
        "## Must reach",
        "",
        "The best of Bytewax is that of two sizes of batches, the best of Storm that of three limits on what is pending and of its batches.",
        "",
        "<!-- made by bench/plot.py: goals -->",
        reached(kept),
        "<!-- end -->",
    ]
    for held in all_held:
        lines += ["", f"## {held.contest.title}", "", held.contest.about, "", table(held)]
        lines += ["", f"Took {held.seconds:.0f} s. Alone: `python3 bench/run.py --only {held.contest.key}`"]
    return "\n".join(lines) + "\n"
