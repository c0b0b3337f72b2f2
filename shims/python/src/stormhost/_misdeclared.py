"""What may be wrong with a single declaration: its parallelism, its streams, what it passes to `__init__`.

Each function gives mistakes as pairs: what is wrong, and what to try.
"""

from __future__ import annotations

from ._component import Component
from ._declaration import ComponentDeclaration
from ._stream import Stream, declared_streams

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ._declaration import Declaration

    Wrong = Iterator[tuple[str, str | None]]

# Flags of a code object: it takes *args, it takes **kwargs.
_ANY_POSITION, _ANY_KEYWORD = 0x04, 0x08


def wrong_parallelism(declaration: Declaration) -> Wrong:
    """A number of tasks that is no whole number; `check` judges whether it is large enough."""
    if type(declaration.parallelism) is int:
        return
    what = f"the parallelism of {declaration.name!r} is {declaration.parallelism!r}, and no whole number"
    hint = None
    if isinstance(declaration, ComponentDeclaration):
        hint = f"the first argument is the number of tasks, the others reach __init__: {declaration.cls.__name__}(1, …)"
    yield what, hint


def wrong_streams(declaration: Declaration) -> Wrong:
    """Fields that are no names, and attributes of `Stream` classes that mean nothing."""
    for stream, described in declaration.streams().items():
        for field in described["fields"]:
            if not isinstance(field, str):
                hint = "one name, or several: fields = 'word', 'n'"
                yield f"stream {stream!r} of {declaration.name!r} has the field {field!r}, which is no text", hint
    if isinstance(declaration, ComponentDeclaration):
        for stream, cls in declared_streams(declaration.cls).items():
            for name in _strange(cls):
                what = f"{name!r} means nothing in stream {stream!r} of {declaration.name!r}"
                yield what, _nearest(name, ("fields", "direct"))


def wrong_arguments(declaration: Declaration) -> Wrong:
    """Arguments that `__init__` will not take, found before a child trips over them."""
    if not isinstance(declaration, ComponentDeclaration):
        return
    cls, args, kwargs = declaration.cls, declaration.args, declaration.kwargs
    if cls.__init__ is Component.__init__:  # type: ignore[misc]
        # It takes everything, for the sake of subclasses that hand everything on; here nobody would get it.
        known: tuple[str, ...] = ()
        room, any_position, any_keyword, needed = 0, False, False, 0
    else:
        code = getattr(cls.__init__, "__code__", None)  # type: ignore[misc]
        if code is None:
            return
        known = code.co_varnames[1 : code.co_argcount + code.co_kwonlyargcount]
        room = code.co_argcount - 1
        any_position, any_keyword = bool(code.co_flags & _ANY_POSITION), bool(code.co_flags & _ANY_KEYWORD)
        needed = room - len(cls.__init__.__defaults__ or ())  # type: ignore[misc]
    made = f"{declaration.name!r}: {cls.__name__}"
    for name in kwargs:
        if not any_keyword and name not in known:
            yield f"{made} takes no argument {name!r}", _nearest(name, (*known, "parallelism", "inputs", "where"))
    if len(args) > room and not any_position:
        hint = "the first argument of the declaration is the parallelism; the others reach __init__"
        yield f"{made} takes {room or 'no'} arguments beside the parallelism, not {len(args)}", hint
    missing = [name for name in known[len(args) : needed] if name not in kwargs]
    if missing:
        hint = f"the first argument of the declaration is the parallelism: {cls.__name__}(1, {', '.join(missing)})"
        yield f"{made} is not given {', '.join(map(repr, missing))}", hint


def _strange(stream: type) -> Iterable[str]:
    names: dict[str, None] = {}
    for base in stream.__mro__:
        if base is Stream:
            break
        names.update((name, None) for name in vars(base) if not name.startswith("_") and name not in vars(Stream))
    return names


def _nearest(name: str, known: Iterable[str]) -> str | None:
    from difflib import get_close_matches

    close = get_close_matches(name, list(known), 1)
    return f"did you mean {close[0]}?" if close else f"known: {', '.join(known)}"
