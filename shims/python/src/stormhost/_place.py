"""Where in the user's file something stands, for mistakes."""

from __future__ import annotations

import os
import sys

from ._traceback import ours


class Place:
    """A file, absolute, and a line in it."""

    __slots__ = ("file", "line")

    def __init__(self, file: str, line: int) -> None:
        self.file = file
        self.line = line

    def as_json(self) -> dict[str, object]:
        """As it stands in the IR."""
        return {"file": os.path.abspath(self.file), "line": self.line}


def here() -> Place | None:
    """The innermost line of user code that is being run."""
    frame = sys._getframe(1)
    while frame is not None:
        if not ours(frame.f_code.co_filename):
            return Place(frame.f_code.co_filename, frame.f_lineno)
        frame = frame.f_back  # type: ignore[assignment]
    return None


class Mistake:
    """Something that the description cannot express; `check` shows it beside its own findings.

    `severity`: `error` keeps the topology from running; `warning` and `info` do not.
    """

    __slots__ = ("hint", "message", "place", "severity", "traceback")

    def __init__(
        self,
        message: str,
        hint: str | None = None,
        place: Place | None = None,
        traceback: str | None = None,
        severity: str = "error",
    ) -> None:
        self.message = message
        self.hint = hint
        self.place = place
        self.traceback = traceback
        self.severity = severity

    def as_json(self) -> dict[str, object]:
        """As it stands in the IR."""
        at = None if self.place is None else self.place.as_json()
        told: dict[str, object] = {"message": self.message, "hint": self.hint, "traceback": self.traceback, "at": at}
        return told if self.severity == "error" else {**told, "severity": self.severity}
