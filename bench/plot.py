#!/usr/bin/env python3
"""Makes what pages show of the kept results: the plot and the tables of `docs/performance.md`, the goals of `RESULTS.md`.

    python3 bench/plot.py [--check]

With --check nothing is written: it fails if a page or the plot is not what bench/results.json gives.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Callable
from html import escape
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from harness import goals, report
from harness.cases.word_count import AUTOMATIC, HOLD
from harness.kept import FILE, Kept
from harness.setting import BENCH, ROOT

PAGE = ROOT / "docs" / "performance.md"
RESULTS = BENCH / "RESULTS.md"
PLOT = ROOT / "docs" / "performance.svg"

OLD = (
    ("storm.py", "storm-py"),
    ("storm.rb", "storm-rb"),
    ("storm.js", "storm-js"),
    ("pystorm, JSON", "pystorm-json"),
    ("pystorm, MessagePack", "pystorm-msgpack"),
)
BLOCK = re.compile(r"(<!-- made by bench/plot.py: (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)

WIDTH, LABELS, NUMBERS, ROW, BAR = 900, 300, 70, 24, 15
STYLE = """
    text { font: 13px system-ui, sans-serif; fill: #24292f }
    .heading { font-weight: 600 }
    .note { font-size: 12px; fill: #57606a }
    .ours { fill: #0969da }
    .theirs { fill: #afb8c1 }
    .spread { stroke: #57606a }
    @media (prefers-color-scheme: dark) {
      text { fill: #e6edf3 }
      .note { fill: #9198a1 }
      .ours { fill: #4493f8 }
      .theirs { fill: #59636e }
      .spread { stroke: #c0c6cc }
    }
"""


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--check", action="store_true", help="write nothing; fail if what is there is not up to date")
    check = options.parse_args().check
    kept = Kept.read(FILE)
    stale = []
    on_page = {"costs": costs, "summary": goals.summary, "facts": facts}
    for file, text in (
        (PLOT, plot(kept)),
        (PAGE, filled(PAGE, on_page, kept)),
        (RESULTS, filled(RESULTS, {"goals": report.reached}, kept)),
    ):
        if file.exists() and file.read_text() == text:
            continue
        if check:
            stale.append(file)
        else:
            file.write_text(text)
    for file in stale:
        print(f"{file.relative_to(ROOT)} is not what {FILE.relative_to(ROOT)} gives: run python3 bench/plot.py", file=sys.stderr)
    return 1 if stale else 0


def filled(file: Path, makers: dict[str, Callable[[Kept], str]], kept: Kept) -> str:
    """A page with its blocks made anew. Raises SystemExit where it lacks a block, or has one that nobody makes."""
    page = file.read_text()
    asked = [name for _, name, _ in BLOCK.findall(page)]
    if sorted(asked) != sorted(makers):
        raise SystemExit(f"{file.relative_to(ROOT)} has the blocks {sorted(asked)} and should have {sorted(makers)}")
    return BLOCK.sub(lambda found: f"{found[1]}{makers[found[2]](kept)}\n{found[3]}", page)


def facts(kept: Kept) -> str:
    """Where and when it was measured."""
    wanted = ("machine", "date", "rounds", "stormhost", "Python", "packages", "Apache Storm", "busy before it began")
    return "\n".join(f"- {name}: {kept.facts[name]}" for name in wanted if name in kept.facts)


def costs(kept: Kept) -> str:
    """What a tuple costs, by who handles it: CPU microseconds, which are CPU seconds a million."""
    rows = [["a word's way", "spout", "split", "count", "host", "whole", "M words/s"]]
    columns = ("CPU lines", "CPU split", "CPU count", "CPU host", goals.COST, goals.SPEED)
    ours = [("words", name, f"Python children, {_what(name)}") for name in kept.names("words") if name.startswith("stormhost")]
    by_hand = [("by-hand", name, f"Python children, {name}") for name in (AUTOMATIC, f"acks by hand, {HOLD} held")]
    peers = [("words", name, name) for name in kept.names("words") if not name.startswith("stormhost")]
    for key, name, shown in (*ours, *by_hand, *peers):
        rows.append([shown, *(_number(kept.median(key, name, column)) for column in columns)])
    old = [["a tuple to a counter on an old library", "child", "host", "k tuples/s"]]
    for library, key in OLD:
        for name in kept.names(key):
            if name != "driver":
                values = (kept.median(key, name, "CPU count"), kept.median(key, name, "CPU host"))
                old.append([f"{library}, on {name}", *map(_number, values), _number(kept.median(key, name, "k words/s"))])
    return report.drawn(rows) + "\n\n" + report.drawn(old)


def _what(name: str) -> str:
    return name.removeprefix("stormhost, ")


def _number(value: float | None) -> str:
    """Three digits that count."""
    if value is None:
        return ""
    return f"{value:.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}" if value >= 1 else f"{value:.3f}"


class Drawing:
    """An SVG that grows downwards."""

    def __init__(self) -> None:
        self.parts: list[str] = []
        self.y = 8

    def text(self, x: float, what: str, kind: str = "", end: bool = False) -> None:
        marks = (f' class="{kind}"' if kind else "") + (' text-anchor="end"' if end else "")
        self.parts.append(f'  <text x="{x:.1f}" y="{self.y + 12}"{marks}>{escape(what)}</text>')

    def panel(self, heading: str, note: str, rows: list[tuple[str, float, tuple[float, float]]]) -> None:
        """Bars on one linear scale from 0, so that their lengths compare as what they stand for does."""
        if not rows:
            return
        self.text(8, heading, "heading")
        self.y += 18
        self.text(8, note, "note")
        self.y += 26
        scale = (WIDTH - LABELS - NUMBERS) / max(most for _, _, (_, most) in rows)
        for name, value, (least, most) in rows:
            self.text(LABELS - 10, name, end=True)
            kind = "ours" if "stormhost" in name else "theirs"
            self.parts.append(f'  <rect class="{kind}" x="{LABELS}" y="{self.y}" width="{max(value * scale, 1):.1f}" height="{BAR}" rx="2"/>')
            middle, ends = self.y + BAR / 2, (LABELS + least * scale, LABELS + most * scale)
            self.parts.append(f'  <path class="spread" d="M{ends[0]:.1f} {middle}H{ends[1]:.1f}"/>')
            self.text(LABELS + max(value, most) * scale + 8, _number(value))
            self.y += ROW
        self.y += 16

    def done(self) -> str:
        title = "<title>Word count: stormhost and its peers</title>"
        head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {self.y}" width="{WIDTH}" height="{self.y}" role="img">'
        return "\n".join([head, f"  {title}", f"  <style>{STYLE}  </style>", *self.parts, "</svg>"]) + "\n"


def plot(kept: Kept) -> str:
    """The comparison: whole word counts, then children on old libraries before Storm and before stormhost."""
    drawing = Drawing()
    rows = [_bar(kept, "words", name, goals.SPEED) for name in kept.names("words")]
    guarantees = "stormhost and Storm: every tuple anchored and acked. The others: no guarantee. The line is the range of all rounds."
    drawing.panel("Words counted, million a second", guarantees, sorted(rows, key=lambda row: row[1]))
    rows = [
        (f"{library}: {name}", *_bar(kept, key, name, "k words/s")[1:])
        for library, key in OLD
        for name in kept.names(key)
    ]
    note = "One counter in a child, unmodified. The driver only feeds it, so it is the child's own limit."
    drawing.panel("The same children on old libraries, thousand words a second", note, rows)
    return drawing.done()


def _bar(kept: Kept, key: str, name: str, column: str) -> tuple[str, float, tuple[float, float]]:
    value = kept.median(key, name, column)
    if value is None:
        raise SystemExit(f"{FILE.name} has no {column!r} of {name!r} in {key!r}")
    return name, value, kept.spread(key, name, column)


if __name__ == "__main__":
    sys.exit(main())
