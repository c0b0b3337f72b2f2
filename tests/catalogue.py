"""The catalogue of errors, as `docs/errors.md` has it, and what was really said of it in a run.

That the page says what the program's own table says is checked by a test in Rust. Here each message with a code is held against its text.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cache

from harness import REPOSITORY, Run

PAGE = REPOSITORY / "docs" / "errors.md"
# At the end of the first line of what is told, outside the log.
MARK = re.compile(r"^(.*) \[(SH\d{4})\]$")


@cache
def texts() -> dict[str, list[str]]:
    """How the text of each error may run, by code; what differs stands in braces."""
    found: dict[str, list[str]] = {}
    code = ""
    for line in PAGE.read_text().splitlines():
        if line.startswith("### "):
            code = line.removeprefix("### ")
            found[code] = []
        elif line.startswith("    "):
            found[code].append(line.removeprefix("    "))
    return found


@cache
def pattern(code: str) -> re.Pattern[str]:
    """What finds any of the texts of an error in a message."""
    forms = [re.sub(r"\\\{[^{}]*\\\}", ".*?", re.escape(form)) for form in texts()[code]]
    return re.compile("|".join(forms), re.DOTALL)


def told(run: Run) -> Iterator[tuple[str, str]]:
    """Each code with the message that bears it, in the log and beside it, in what a run has told so far."""
    for line in run.log:
        if line.code:
            yield line.code, line.message
        elif line.level:
            # What our libraries raise says its code itself.
            yield from ((code, said) for code, said in marked(line.message) if code.startswith("SH06"))
    yield from marked(run.stderr)


def marked(stderr: str) -> Iterator[tuple[str, str]]:
    """The same of what stands outside the log: the code is at the end of a message's first line."""
    for line in stderr.splitlines():
        found = MARK.match(line)
        if found and not line.startswith("{"):
            yield found[2], found[1]


def misfits(said: Iterable[tuple[str, str]]) -> list[str]:
    """What does not run as the catalogue says."""
    return [
        f"{code}: {message!r} is none of {texts().get(code)}"
        for code, message in said
        if code not in texts() or not pattern(code).search(message)
    ]
