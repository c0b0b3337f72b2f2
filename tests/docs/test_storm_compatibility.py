"""`docs/storm-compatibility.md` names a test for each point: all of them are there."""

from __future__ import annotations

import re

import pytest

from harness import REPOSITORY

PAGE = REPOSITORY / "docs" / "storm-compatibility.md"
NAMED = sorted(set(re.findall(r"`(\w+)::(\w+)`", PAGE.read_text())))
# Tests in Rust are named by the module beside which they stand.
IN_RUST = {
    "to_child": "protocol/src/storm/to_child/tests.rs",
    "from_child": "protocol/src/storm/from_child/tests.rs",
    "repair": "protocol/src/storm/repair/tests.rs",
    "sim": "host/src/runtime/sim/old.rs",
    "named": "host/src/runtime/sim/named.rs",
}


@pytest.mark.parametrize(("file", "name"), NAMED, ids="::".join)
def test_the_test_is_there(file: str, name: str) -> None:
    path = REPOSITORY / IN_RUST.get(file, f"tests/e2e/{file}.py")
    assert re.search(rf"^ *(def|fn) {name}\(", path.read_text(), re.MULTILINE), f"no {name} in {path.relative_to(REPOSITORY)}"


def test_every_row_names_one() -> None:
    rows = [line for line in PAGE.read_text().splitlines() if line.startswith("|") and not line.startswith(("| in Storm", "|---"))]
    assert rows and [row for row in rows if "::" not in row] == []
