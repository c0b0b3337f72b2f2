"""The tuple objects that `execute` is given.

One class per input stream, built once a task, so that fields are plain attributes. With msgspec it is a `Struct`,
which C code fills; otherwise a class with slots. A field's name wins over everything: the methods below live in
closures and look nothing up on the row, so a field may be called anything, even `meta`.

What the tuple itself has stands in one integer, the last slot: `id << 20 | task`. `meta` is made from it on demand.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from typing import Any

TASK_BITS = 20
TASK_MASK = (1 << TASK_BITS) - 1
# The hidden slot; no sane field is called so, and one that is can still be read by item.
AT = "_stormhost_at"


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


def row_class(component: str, stream: str, fields: Sequence[str], struct: Any = None) -> Any:
    """A class whose instances are made from one value a field and, last, `id << 20 | task`.

    `struct` is the module `msgspec`, or None for a class with slots.
    """
    names = _attribute_names(fields)
    namespace = _methods(component, stream, tuple(fields), names)
    for name in names:
        namespace.pop(name, None)
    title = f"{component}.{stream}"
    if struct is not None:
        namespace["__module__"] = __name__
        # Rows cannot be part of a cycle, so the garbage collector need not look at them: that saves a fifth.
        return struct.defstruct(title, [*names, AT], namespace=namespace, gc=False, eq=False)
    arguments = ", ".join([*names, AT])
    body = "; ".join(f"self.{name} = {name}" for name in [*names, AT])
    made: dict[str, Any] = {}
    exec(f"def __init__(_self, {arguments}): {body.replace('self.', '_self.')}", made)
    namespace["__init__"] = made["__init__"]
    namespace["__slots__"] = (*names, AT)
    return type(title, (), namespace)


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

    methods: dict[str, Callable[..., Any] | property] = {
        "__getitem__": value_of,
        "__len__": length,
        "__iter__": values,
        "__eq__": equal,
        "__hash__": digest,
        "__repr__": text,
        "__getattr__": missing,
        "meta": property(meta),
    }
    return dict(methods)
