"""Every cell is green, and the kept table is what came out. `STORMHOST_WRITE=1` writes the table instead."""

from __future__ import annotations

import os

import pytest

from libraries import LIBRARIES, Library
from matrix import CHECKS, Matrix
from table import KEPT, table

CELLS = [
    pytest.param(check, library, id=f"{library.name}-{check}")
    for check in CHECKS
    for library in LIBRARIES
    if check not in library.lacks or check == "conversation"
]


@pytest.mark.parametrize(("check", "library"), CELLS)
def test_cell(matrix: Matrix, check: str, library: Library) -> None:
    problems = matrix.result(check, library)
    assert not problems, f"{library.name}, {check}:\n" + "\n".join(problems)


def test_the_kept_table_is_what_came_out(matrix: Matrix, capsys: pytest.CaptureFixture[str]) -> None:
    found = table(matrix)
    with capsys.disabled():
        print("\n" + found[found.index("| language") :])
    if os.environ.get("STORMHOST_WRITE") == "1":
        KEPT.write_text(found)
    kept = KEPT.read_text() if KEPT.exists() else ""
    assert kept == found, f"{KEPT.name} is out of date: `make conformance-table` writes it"
