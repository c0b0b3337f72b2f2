"""`Stream`, the nested classes by which a component says what it emits."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class Stream:
    """A stream of a component: nest a subclass in it.

    The class's name is the stream's, in small letters: `Default` is `default`, `LateOnes` is `late_ones`.
    A component without nested streams emits nothing. Streams are inherited with the component's class.
    """

    fields: str | tuple[str, ...] | list[str] | type[tuple[Any, ...]] = ()
    """One name, or several; a class made by `namedtuple` has several, too."""
    direct: bool = False
    """Whether the emitter picks the receiving task (`emit(…, direct_task=…)`)."""


def stream_id(class_name: str) -> str:
    """`LateOnes` → `late_ones`, `HTTPErrors` → `http_errors`."""
    result = ""
    for position, letter in enumerate(class_name):
        if letter.isupper() and position:
            before = class_name[position - 1]
            after = class_name[position + 1 : position + 2]
            if before != "_" and (not before.isupper() or after.islower()):
                result += "_"
        result += letter.lower()
    return result


def declared_streams(component: type) -> dict[str, type[Stream]]:
    """A component class's streams by id, those of its base classes first.

    A subclass that sets `Default = None` does away with an inherited stream.
    """
    streams: dict[str, type[Stream]] = {}
    for base in reversed(component.__mro__):
        for name, value in vars(base).items():
            if isinstance(value, type) and issubclass(value, Stream):
                streams[stream_id(name)] = value
            elif value is None:
                streams.pop(stream_id(name), None)
    return streams


def field_names(fields: Any) -> list[Any]:
    """What was written for `fields` as a list; one name may stand alone."""
    if isinstance(fields, type) and issubclass(fields, tuple):
        fields = getattr(fields, "_fields", fields)
    if isinstance(fields, (list, tuple)):
        return list(fields)
    return [fields]
