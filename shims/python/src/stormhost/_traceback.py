"""Tracebacks as a user wants them: without the frames of this library and of the import machinery."""

from __future__ import annotations

import os

from ._rows import explain

TYPE_CHECKING = False
if TYPE_CHECKING:
    import traceback

_PACKAGE = os.path.dirname(os.path.abspath(__file__)) + os.sep
_LENGTH = 16 << 10  # characters of a story; a recursion error would tell a much longer one


def ours(filename: str) -> bool:
    """Whether a source file belongs to this library or to Python's own machinery."""
    return filename.startswith((_PACKAGE, "<frozen "))


def story(error: BaseException) -> str:
    """The traceback of `error`, and of its causes, cut to the user's own frames."""
    import traceback

    explain(error)
    told = traceback.TracebackException(type(error), error, error.__traceback__)
    _cut(told)
    text = "".join(told.format()).rstrip("\n")
    return text if len(text) <= _LENGTH else f"{text[: _LENGTH // 2]}\n…\n{text[-_LENGTH // 2 :]}"


def summary(error: BaseException) -> str:
    """One short line: the type and what it says."""
    explain(error)
    text = f"{type(error).__name__}: {_said(error)}".replace("\n", " ")
    return text if len(text) <= 500 else text[:499] + "…"


def _said(error: BaseException) -> str:
    """What it says, even if saying it fails: that must not end the child, at each replay anew."""
    try:
        return str(error)
    except Exception as another:
        return f"(its message raises {type(another).__name__})"


def _cut(told: traceback.TracebackException) -> None:
    import traceback

    frames = [frame for frame in told.stack if not ours(frame.filename)]
    told.stack = traceback.StackSummary.from_list(frames)
    for further in (told.__cause__, told.__context__):
        if further is not None:
            _cut(further)
