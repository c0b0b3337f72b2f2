"""The tuple objects that `execute` is given.

One class with slots per input stream, built once a task, so that fields are plain attributes. A field's name wins over
everything: the methods below live in closures and look nothing up on the row, so a field may be called anything, even
`meta`.

What the tuple itself has stands in one integer, the last slot: `id << 20 | task`. `meta` is made from it on demand.
"""

from __future__ import annotations

import sys
from itertools import islice

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from typing import Any

    Executor = Callable[
        [Iterator[tuple[Any, ...]], Callable[[Any], None], Callable[[int], None], Any, Callable[[], int]], None
    ]

TASK_BITS = 20
TASK_MASK = (1 << TASK_BITS) - 1
# The hidden slot; no sane field is called so, and one that is can still be read by item.
AT = "_stormhost_at"
# Where a class keeps the words for a field that is not there.
_WORDS = "_stormhost_no_field"
# Counts 2 for what only a local variable holds. Interpreters of which that is not known get a number that never is 2.
_COUNTS = sys.implementation.name == "cpython" and sys.version_info < (3, 14)
_COUNTS = _COUNTS and getattr(sys, "_is_gil_enabled", lambda: True)()
_references: Callable[[Any], int] = sys.getrefcount if _COUNTS else id


class Meta:
    """Where a tuple comes from.

    `id`: number of the tuple, counted by the receiving task; `component` and `stream`: who sent it, on which stream;
    `task`: number of the task that sent it.
    """

    __slots__ = ("component", "id", "stream", "task")

    def __init__(self, id: int, component: str, stream: str, task: int) -> None:
        self.id = id
        self.component = component
        self.stream = stream
        self.task = task

    def __repr__(self) -> str:
        return f"Meta(id={self.id}, component={self.component!r}, stream={self.stream!r}, task={self.task})"


def row_class(component: str, stream: str, fields: Sequence[str], lean: bool = False) -> Any:
    """A class whose instances are made from one value a field and, last, `id << 20 | task`.

    `lean`: for an executor, without `__init__`, and without `__getattr__`, which makes an access three times as slow.
    """
    names = _attribute_names(fields)
    namespace = _methods(component, stream, tuple(fields), names)
    if not lean:
        slots = (*names, AT)
        namespace["__init__"] = _compiled("__init__", f"def __init__(_self, {_values(slots)}): {_fill('_self', slots)}")
    elif sys.version_info >= (3, 10):  # before, an AttributeError did not say whose attribute it missed
        del namespace["__getattr__"]
    for name in names:
        namespace.pop(name, None)
    namespace["__slots__"] = (*names, AT)
    return type(f"{component}.{stream}", (), namespace)


def explain(error: BaseException) -> None:
    """Words the error about a field that is not there, as far as the class of the tuple does not do it by itself."""
    words = getattr(type(getattr(error, "obj", None)), _WORDS, None)
    if words is not None and isinstance(error, AttributeError):
        error.args = (words(error.name),)


def executor(row_class: Any) -> Executor:
    """A function that makes a tuple object of each of `rows` and calls `execute` with it, then `mark` with what `out`
    holds. `look` says before each group of rows how many that shall be; 0 is the end.

    An object that nobody has kept is filled again for the next row, which takes a third of the time of making one.
    """
    slots = row_class.__slots__
    source = f"""
def executed(rows, execute, mark, out, look):
    row = None
    pace = look()
    while pace:
        for {_values(slots)}, in islice(rows, pace):
            if references(row) != 2:
                row = make()
            {_fill("row", slots)}
            execute(row)
            mark(len(out))
        pace = look()
"""
    scope = {"make": row_class, "references": _references, "islice": islice}
    return _compiled("executed", source, **scope)  # type: ignore[no-any-return]


def _values(slots: Sequence[str]) -> str:
    return ", ".join(f"v{position}" for position in range(len(slots)))


def _fill(row: str, slots: Sequence[str]) -> str:
    return "; ".join(f"{row}.{slot} = v{position}" for position, slot in enumerate(slots))


def _compiled(name: str, source: str, **scope: Any) -> Any:
    exec(compile(source, __file__, "exec"), scope)
    return scope[name]


def native_kind(component: str, stream: str, fields: Sequence[str], native: Any) -> Any:
    """The same as `row_class`, as the accelerator `native` has it: a `RowKind`, whose `type` is the class."""
    names = _attribute_names(fields)
    methods = _methods(component, stream, tuple(fields), names)
    missing = methods.pop("__getattr__")
    # For `copy`, which finds its way by itself where a class has `__slots__`.
    methods["__reduce__"] = lambda self: (type(self), (*[getattr(self, name) for name in (*names, AT)],))
    for name in names:
        methods.pop(name, None)
    return native.RowKind(f"{component}.{stream}", [*names, AT], methods, missing)


def _attribute_names(fields: Sequence[str]) -> list[str]:
    """One attribute a field: its own name where Python allows that, else one that only item access leads to."""
    from keyword import iskeyword

    names: list[str] = []
    for position, field in enumerate(fields):
        usable = field.isidentifier() and not iskeyword(field) and not field.startswith("__")
        if not usable or field in (AT, "_self") or field in names:
            field = f"_stormhost_field_{position}"
        names.append(field)
    return names


def _methods(component: str, stream: str, fields: tuple[str, ...], names: list[str]) -> dict[str, Any]:
    index = dict(zip(fields, names))

    def value_of(self: Any, key: Any) -> Any:
        if type(key) is str:
            name = index.get(key)
            if name is None:
                raise KeyError(no_field(key))
            return getattr(self, name)
        if isinstance(key, slice):
            return tuple(getattr(self, name) for name in names[key])
        try:
            return getattr(self, names[key])
        except IndexError:
            raise IndexError(f"a tuple of {component}.{stream} has {len(names)} fields, no number {key}") from None

    def length(self: Any) -> int:
        return len(names)

    def values(self: Any) -> Iterator[Any]:
        return iter([getattr(self, name) for name in names])

    def equal(self: Any, other: Any) -> Any:
        # Two tuples are equal only if they are the same one: a bolt that keeps its inputs in a list or set
        # must not lose one because another holds the same values. Compared with plain data, values count.
        if type(other) is type(self):
            return getattr(self, AT) == getattr(other, AT)
        if isinstance(other, (list, tuple)):
            return list(values(self)) == list(other)
        return NotImplemented

    def digest(self: Any) -> int:
        return hash(getattr(self, AT))

    def text(self: Any) -> str:
        return f"{component}.{stream}({', '.join(f'{f}={v!r}' for f, v in zip(fields, values(self)))})"

    def missing(self: Any, name: str) -> Any:
        raise AttributeError(no_field(name))

    def no_field(name: str) -> str:
        return f"a tuple of {component}.{stream} has no field {name!r}; it has: {', '.join(fields) or 'none'}"

    def meta(self: Any) -> Meta:
        at = getattr(self, AT)
        return Meta(at >> TASK_BITS, component, stream, at & TASK_MASK)

    methods: dict[str, Any] = {
        "__getitem__": value_of,
        "__len__": length,
        "__iter__": values,
        "__eq__": equal,
        "__hash__": digest,
        "__repr__": text,
        "__getattr__": missing,
        "meta": property(meta),
        _WORDS: staticmethod(no_field),
    }
    return methods
