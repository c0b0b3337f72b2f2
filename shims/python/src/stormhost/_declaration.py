"""A component as it is declared in the body of a `Topology` class: what to make, and what it listens to."""

from __future__ import annotations

import sys

from ._place import Mistake, Place, here
from ._stream import declared_streams, field_names, stream_id

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

_OPTIMIZED = 1  # flag of a code object whose locals are no dictionary: a function, never a class body


def declared_twice(before: Declaration, place: Place | None) -> Mistake:
    """A component that has the name of one that was declared before it."""
    first = "" if before.place is None else f", first in line {before.place.line}"
    return Mistake(f"component {before.name!r} is declared twice{first}", "give each its own name", place)


class Body(dict):  # type: ignore[type-arg]
    """The namespace of a `Topology` class while its body runs. Sees each declaration, and the name it is bound to."""

    opened = False  # whether any topology has been begun in this process: until then nothing can be a declaration

    def __init__(self) -> None:
        super().__init__()
        Body.opened = True
        self.declarations: list[Declaration] = []
        self.mistakes: list[Mistake] = []
        self.place: Place | None = None

    def __setitem__(self, name: str, value: Any) -> None:
        if isinstance(value, Declaration) and value.name is None:
            before = self.get(name)
            if isinstance(before, Declaration) and before.name == name:
                self.mistakes.append(declared_twice(before, here()))
                self.declarations.remove(before)
            value.name = name
        super().__setitem__(name, value)


def enclosing_body() -> Body | None:
    """The body of a `Topology` class that is being run right now, if there is one among the callers."""
    if not Body.opened:
        return None
    frame = sys._getframe(1)
    while frame is not None:
        if not frame.f_code.co_flags & _OPTIMIZED and type(frame.f_locals) is Body:
            return frame.f_locals
        frame = frame.f_back  # type: ignore[assignment]
    return None


def declare(cls: type, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Declaration | None:
    """A declaration of `cls` when the body of a topology is being run, else None."""
    body = enclosing_body()
    if body is None:
        return None
    declaration = ComponentDeclaration(cls, args, kwargs)
    body.declarations.append(declaration)
    return declaration


class StreamRef:
    """One stream of a declared component, as a source for groupings: `parser.LateOnes`."""

    __slots__ = ("declaration", "stream")

    def __init__(self, declaration: Declaration, stream: str) -> None:
        self.declaration = declaration
        self.stream = stream

    def __repr__(self) -> str:
        return f"<stream {self.stream!r} of {self.declaration!r}>"


class Inputs(list):  # type: ignore[type-arg]
    """The subscriptions of one component. Whatever is appended keeps the line on which that was done."""

    def __init__(self, items: Iterable[Any] = ()) -> None:
        super().__init__()
        self.extend(items)

    def append(self, item: Any) -> None:
        super().append((item, here()))

    def extend(self, items: Iterable[Any]) -> None:
        for item in items if isinstance(items, (list, tuple)) else [items]:
            self.append(item)

    def __iadd__(self, items: Any) -> Inputs:  # type: ignore[misc]
        self.extend(items)
        return self

    def insert(self, index: Any, item: Any) -> None:
        super().insert(index, (item, here()))


class Declaration:
    """A component of a topology, not yet a process.

    May be changed in the body: `inputs` (groupings), `conf` (settings of this component), `env` (added to the child's
    environment), `cwd` (working folder of the child; None: where the command was typed), `replay` (`"host"` or None),
    `where` (`"inside"` if its tasks run in the host itself, `"outside"` or None if each has a process).
    Streams are attributes, by the name of their class: `parser.LateOnes`; or items, by their own: `split['late-ones']`.
    `name` is what it is called; the attribute that it is bound to, unless it is given another.
    """

    __slots__ = (
        *("_inputs", "conf", "cwd", "env", "kind", "name", "parallelism", "place", "replay", "serializer"),
        "where",
    )

    def __init__(self, kind: str, parallelism: Any) -> None:
        self.kind = kind
        self.parallelism = parallelism
        self.name: str | None = None
        self.place: Place | None = here()
        self._inputs = Inputs()
        self.conf: dict[str, Any] = {}
        self.env: dict[str, str] = {}
        self.cwd: str | None = None
        self.replay: str | None = None
        self.where: str | None = None
        self.serializer = "json"

    @property
    def inputs(self) -> Any:
        """What this component listens to, a list of groupings."""
        return self._inputs

    @inputs.setter
    def inputs(self, items: Any) -> None:
        self._inputs = items if isinstance(items, Inputs) else Inputs(items)

    def streams(self) -> dict[str, Any]:
        """Stream id to `{"fields": […], "direct": bool}`."""
        raise NotImplementedError

    def __getattr__(self, name: str) -> StreamRef:
        if not name.startswith("_") and name in self.streams():
            return StreamRef(self, name)
        # A stream that is not there is described all the same: `check` says what there is.
        if name[:1].isupper():
            return StreamRef(self, stream_id(name))
        raise AttributeError(f"{self!r} is a declaration and has no {name!r}; the object itself is made in the child")

    def __getitem__(self, stream: str) -> StreamRef:
        if not isinstance(stream, str):
            raise TypeError(f"a stream of {self!r} is found by its name, not by {stream!r}")
        return StreamRef(self, stream)

    def __repr__(self) -> str:
        return f"<{self.kind} {self.name or '(no name yet)'}>"


class ComponentDeclaration(Declaration):
    """A component that is a Python class: what `LogParserBolt(3)` gives in the body of a topology."""

    __slots__ = ("args", "cls", "kwargs")

    def __init__(self, cls: type, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        from ._spout import Spout

        kwargs = dict(kwargs)
        inputs = kwargs.pop("inputs", ())
        where = kwargs.pop("where", None)
        if "parallelism" in kwargs:
            parallelism = kwargs.pop("parallelism")
        else:
            parallelism, args = (args[0], args[1:]) if args else (1, ())
        super().__init__("spout" if issubclass(cls, Spout) else "bolt", parallelism)
        self.where = where
        self.cls = cls
        self.args = args
        self.kwargs = kwargs
        self.inputs = inputs
        conf = getattr(cls, "conf", None)
        self.conf = dict(conf) if isinstance(conf, dict) else {}
        interval = getattr(cls, "tick_interval", None)
        if interval is not None:
            self.conf.setdefault("topology.tick.tuple.freq.secs", interval)
        self.replay = getattr(cls, "replay", None)

    def streams(self) -> dict[str, Any]:
        return {
            name: {"fields": field_names(stream.fields), "direct": bool(stream.direct)}
            for name, stream in declared_streams(self.cls).items()
        }

    def build(self) -> Any:
        """The real object, for the child."""
        return self.cls(*self.args, **self.kwargs)
