"""The table of what came out, as it stands in `docs/compatibility.md`."""

from __future__ import annotations

from harness import REPOSITORY
from libraries import LIBRARIES, Library
from matrix import CHECKS, Matrix

KEPT = REPOSITORY / "docs" / "compatibility.md"

HEAD = """\
# Compatibility

What runs beside what, as the tests found it. This page is written by the run: `make conformance-table`. What is tried, and how a library is added, stands in [`tests/conformance`](../tests/conformance/README.md).

- **conversation**: what is said to its spout and its bolt, word by word, and what they answer.
- **spout**, **split**, **count**: chains of three with every pair of the others, its own place first: how many of them counted exactly, with each line acked once.
- **misbehaviour**: a bolt that raises, prints, exits, and emits what it must not, on order; the lines between arrive, the host says what was wrong.
- **values**: some hundred of every kind, by way of it and then of every other; and equal keys at one task.

"""


def cell(matrix: Matrix, check: str, library: Library) -> str:
    """One check of one library."""
    if check in library.lacks and check != "conversation":
        return "by nature not"
    return "no" if matrix.result(check, library) else "yes"


def chains(matrix: Matrix, place: int, library: Library) -> str:
    """How many chains are green that have it in this place. A single word where all are: so that a further library adds a line only."""
    own = [problem for key, problem in matrix.chained.items() if key[place] == library.name]
    if not own:
        return "by nature not"
    return f"{sum(not problem for problem in own)} of {len(own)}" if any(own) else "all"


def table(matrix: Matrix) -> str:
    """The whole page. Plays whatever has not been played yet."""
    for check in CHECKS:
        for library in LIBRARIES:
            if check not in library.lacks or check == "conversation":
                matrix.begin(check, library)
    rows = [["language", "library", "dialect", "values in", "where", "conversation", "spout", "split", "count", "misbehaviour", "values", ""]]
    rows.append(["---"] * len(rows[0]))
    notes: list[str] = []
    results = {(check, library.name): cell(matrix, check, library) for library in LIBRARIES for check in CHECKS}
    for library in LIBRARIES:
        marks = []
        for name, reason in library.lacks.items():
            note = f"{name}: {reason}"
            if note not in notes:
                notes.append(note)
            marks.append(str(notes.index(note) + 1))
        encoding = {"json": "JSON", "msgpack": "MessagePack"}[library.encoding]
        dialect = "frames" if library.dialect == "frames" else f"Storm {encoding}"
        rows.append(
            [
                *(library.language, library.library, dialect, encoding, library.where),
                results["conversation", library.name],
                *(chains(matrix, place, library) for place in range(3)),
                results["misbehaviour", library.name],
                results["values", library.name],
                f"<sup>{' '.join(marks)}</sup>" if marks else "",
            ]
        )
    text = "\n".join(f"| {' | '.join(row)} |" for row in rows)
    listed = "\n".join(f"{number}. {note}" for number, note in enumerate(notes, 1))
    return f"{HEAD}{text}\n\n{listed}\n"
