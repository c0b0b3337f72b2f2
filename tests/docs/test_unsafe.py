"""Unsafe code is where `ARCHITECTURE.md` says, with a reason, and nowhere else."""

from __future__ import annotations

import re

from harness import REPOSITORY

PAGE = REPOSITORY / "ARCHITECTURE.md"
SECTION = PAGE.read_text().partition("## Unsafe code\n")[2].partition("\n## ")[0]
LISTED = {file: reason for file, reason in re.findall(r"^\| `([^`]+\.rs)` \| (.+) \|$", SECTION, re.MULTILINE)}


def code_of(text: str) -> str:
    """Without comments, texts, and the word in the name of the lint."""
    return re.sub(r'//.*|"(\\.|[^"\\])*"|\bunsafe_\w+', "", text)


def test_unsafe_code_is_where_it_is_said_to_be() -> None:
    found = {
        str(path.relative_to(REPOSITORY))
        for crate in ("host", "protocol", "shims/python/native")
        for path in (REPOSITORY / crate).rglob("*.rs")
        if "target" not in path.parts and re.search(r"\bunsafe\b", code_of(path.read_text()))
    }
    assert found == set(LISTED)
    assert all(len(reason) > 20 for reason in LISTED.values())


def test_unsafe_code_is_denied_elsewhere() -> None:
    assert re.search(r'^unsafe_code = "deny"$', (REPOSITORY / "Cargo.toml").read_text(), re.MULTILINE)
    for crate in ("host", "protocol", "shims/python/native"):
        assert re.search(r"^\[lints\]\nworkspace = true$", (REPOSITORY / crate / "Cargo.toml").read_text(), re.MULTILINE), crate
