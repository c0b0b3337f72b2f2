"""What a running component knows of its output streams."""

from __future__ import annotations

from ._stream import declared_streams
from ._values import EmitError, unknown_stream

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any


class Output:
    """One output stream: its number on the wire, its fields, and whether anybody listens."""

    __slots__ = ("direct", "fields", "index", "listeners", "name", "width")

    def __init__(self, index: int, name: str, fields: Iterable[str], direct: bool, listeners: bool) -> None:
        self.index = index
        self.name = name
        self.fields = tuple(fields)
        self.width = len(self.fields)
        self.direct = direct
        self.listeners = listeners


class Outputs:
    """All output streams of a component, found by id or by their `Stream` class."""

    def __init__(self, outputs: Iterable[Output], component: type) -> None:
        self.list = list(outputs)
        self._by_key: dict[Any, Output] = {output.name: output for output in self.list}
        for name, stream in declared_streams(component).items():
            if name in self._by_key:
                self._by_key.setdefault(stream, self._by_key[name])

    def find(self, stream: Any) -> Output:
        """The output called `stream` (None: `default`). Raises EmitError when it is not declared."""
        try:
            return self._by_key["default" if stream is None else stream]
        except (KeyError, TypeError):
            raise unknown_stream("default" if stream is None else stream, [o.name for o in self.list]) from None


def check_direct(output: Output, direct_task: int | None) -> None:
    """Raises EmitError where a direct stream is emitted to without a task, or a normal one with a task.

    Also for what is no number of a task: the wire has 32 bits for it, and would notice when it is too late.
    """
    if direct_task is None:
        if output.direct:
            raise EmitError(f"stream {output.name!r} is direct: say which task, with direct_task=", "SH0603")
        return
    if isinstance(direct_task, bool) or not isinstance(direct_task, int) or not 0 < direct_task < 1 << 32:
        raise EmitError(f"direct_task is the number of a task, not {direct_task!r}", "SH0603")
    if not output.direct:
        raise EmitError(f"stream {output.name!r} is not direct; set `direct = True` in its Stream class", "SH0603")
