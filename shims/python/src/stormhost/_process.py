"""`Process`: a component that is any program. `Lua`: a script, inside the host unless it is to be outside."""

from __future__ import annotations

import sys

from ._declaration import Declaration, enclosing_body
from ._stream import Stream, field_names

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class Process(Declaration):
    """A spout or bolt that is a program of its own, speaking Storm's protocol or ours.

    `command`: the program and its arguments, as a shell would split them. A first word `python` or `python3` is the
    Python that reads this file. `fields`: those of its stream `default`. `streams`: further ones, id → fields, or id →
    `{"fields": …, "direct": True}`. `serializer`: `json` or `msgpack`, what it speaks at first. `cwd`: its working
    folder; by default `resources/` beside the topology's file if there is one, else that file's folder. `where`:
    `"inside"` for a script in Python, or in Lua, that runs in the host itself. `name`: what it is called, where that
    can be no attribute: `name='late-words'`.
    """

    __slots__ = ("_streams", "command")

    builtin: str | None = None

    def __init__(
        self,
        *command: str,
        fields: Any = None,
        streams: dict[str, Any] | None = None,
        parallelism: Any = 1,
        spout: bool = False,
        serializer: str = "json",
        env: dict[str, str] | None = None,
        cwd: str | None = None,
        conf: dict[str, Any] | None = None,
        inputs: Any = (),
        where: str | None = None,
        name: str | None = None,
    ) -> None:
        super().__init__("spout" if spout else "bolt", parallelism)
        self.name = name
        self.command = list(command)
        if self.command and self.command[0] in ("python", "python3"):
            self.command[0] = sys.executable
        self._streams: dict[str, Any] = {}
        if fields is not None:
            self._streams["default"] = {"fields": field_names(fields), "direct": False}
        for id, stream in (streams or {}).items():
            self._streams[id] = _stream(stream)
        self.where = where
        self.serializer = serializer
        self.env = dict(env or {})
        self.cwd = cwd
        self.conf = dict(conf or {})
        self.inputs = inputs
        body = enclosing_body()
        if body is not None:
            body.declarations.append(self)

    def streams(self) -> dict[str, Any]:
        return dict(self._streams)

    def as_json(self) -> dict[str, Any]:
        """What stands in the description in place of a command; nothing for a program that has one."""
        return {"builtin": self.builtin} if self.builtin else {}



class Lua(Process):
    """A spout or bolt that is a script in Lua: `Lua('split.lua', fields='word')`.

    `script`: its file, and after it what it finds in `arg`. It ends with `Split:run()`; inside `return Split` will do.
    `where`: `inside`, where it runs on a thread of the host and no Lua need be installed, or `outside`, where it is a
    process `lua script`. The others are those of `Process`.
    """

    __slots__ = ()

    def __init__(self, script: str, *args: str, where: str = "inside", **others: Any) -> None:
        super().__init__("lua", script, *args, where=where, **others)


class Print(Process):
    """A sink inside the host: each tuple becomes a line on the standard output of `stormhost run`, its values
    separated by tabs. Text stands as it is, anything else as JSON. Nothing else is ever written there."""

    __slots__ = ()

    builtin = "print"

    def __init__(self, parallelism: Any = 1, *, inputs: Any = ()) -> None:
        super().__init__(parallelism=parallelism, inputs=inputs)


def _stream(given: Any) -> dict[str, Any]:
    if isinstance(given, dict):
        return {"fields": field_names(given.get("fields", ())), "direct": bool(given.get("direct", False))}
    if isinstance(given, type) and issubclass(given, Stream):
        return {"fields": field_names(given.fields), "direct": bool(given.direct)}
    return {"fields": field_names(given), "direct": False}
