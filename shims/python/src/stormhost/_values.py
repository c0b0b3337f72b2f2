"""What a field may hold, and the checks that `emit` makes.

The wire carries null, booleans, integers of 64 bits, finite floats, text, lists, and maps with text keys, in JSON and
MessagePack alike. Whatever else is handed to `emit` is refused there and then, so that the error names the line that
made it. Lists and maps are copied, since the caller may go on changing what it has emitted before it is written.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

INT_MIN = -(1 << 63)
INT_MAX = (1 << 64) - 1
# Text up to this many characters is never measured: even escaped six-fold it stays far below the limit of a frame.
SHORT_TEXT = 1 << 20
# Longer text may have this many bytes; half of the smallest frame limit anybody is expected to set.
LONG_TEXT = 32 << 20
# The host refuses what is nested deeper than 128; the row and its column take two levels of that.
MAX_DEPTH = 120

_HINTS = {
    "bytes": "decode it to text, or use base64",
    "bytearray": "decode it to text, or use base64",
    "set": "make it a list",
    "frozenset": "make it a list",
    "datetime": "use its isoformat()",
    "date": "use its isoformat()",
    "Decimal": "make it text or a float",
    "UUID": "use str(…)",
    "generator": "make it a list",
}


class EmitError(ValueError):
    """What was handed to `emit` cannot be sent; the message names the field and the reason.

    `code`: which error it is in the catalogue, for `stormhost explain`. It stands at the end of the message.
    """

    def __init__(self, reason: str, code: str = "SH0604") -> None:
        super().__init__(reason)
        self.reason = reason
        self.code = code

    def __str__(self) -> str:
        return f"{self.reason} [{self.code}]"


def clean(value: Any, depth: int = 0) -> Any:
    """`value` as plain Python data that any codec writes alike; lists and maps are copied.

    Raises `EmitError` with the reason, without the name of the field, which the caller knows.
    """
    kind = type(value)
    if value is None or kind is bool:
        return value
    if kind is str:
        return _text(value)
    if kind is int:
        if INT_MIN <= value <= INT_MAX:
            return value
        raise EmitError("the integer does not fit into 64 bits; send it as text")
    if kind is float:
        if value - value == 0.0:
            return value
        raise EmitError(f"{value!r} is not a finite number; send None instead")
    if isinstance(value, (list, tuple)):
        if depth >= MAX_DEPTH:
            raise EmitError(f"it is nested deeper than {MAX_DEPTH} levels, or contains itself")
        return [clean(item, depth + 1) for item in value]
    if isinstance(value, dict):
        return _map(value, depth)
    # Subclasses (enums, numpy's float64, …) go as the plain value, which all codecs agree on.
    if isinstance(value, str):
        return _text(str.__str__(value))
    if isinstance(value, int):
        return clean(int.__int__(value), depth)
    if isinstance(value, float):
        return clean(float.__float__(value), depth)
    hint = _HINTS.get(kind.__name__)
    if hint is None:
        hint = "use .item()" if hasattr(value, "item") else "send None, bool, int, float, str, list or dict"
    raise EmitError(f"a value of type {kind.__name__} cannot be sent; {hint}")


def clean_row(values: Any, fields: Sequence[str], stream: str) -> list[Any]:
    """One emit as a list of plain values, one a field.

    A list or tuple is always the row; anything else is a bare value, allowed where the stream has one field.
    Raises `EmitError` naming the stream and its fields, or the field that cannot be sent.
    """
    row = values if isinstance(values, (list, tuple)) else (values,)
    if len(row) != len(fields):
        raise wrong_count(values, fields, stream)
    cleaned = []
    for position, value in enumerate(row):
        try:
            cleaned.append(clean(value))
        except EmitError as error:
            raise at_field(error, fields[position], stream) from None
    return cleaned


def check_count(values: Any, fields: Sequence[str], stream: str) -> None:
    """Raises `EmitError` unless there is one value a field."""
    if len(values) != len(fields) if isinstance(values, (list, tuple)) else len(fields) != 1:
        raise wrong_count(values, fields, stream)


def at_field(error: EmitError, field: str, stream: str) -> EmitError:
    """The same complaint, with the name of the field in front."""
    return EmitError(f"field {field!r} of stream {stream!r}: {error.reason}", error.code)


def wrong_count(values: Any, fields: Sequence[str], stream: str) -> EmitError:
    """The complaint about a row of the wrong length."""
    names = ", ".join(fields) or "no fields"
    if isinstance(values, (list, tuple)):
        got = f"{len(values)} value{'' if len(values) == 1 else 's'}"
    else:
        got = f"a bare {type(values).__name__}"
    plural = "" if len(fields) == 1 else "s"
    return EmitError(f"stream {stream!r} has {len(fields)} field{plural} ({names}), got {got}", "SH0602")


def unknown_stream(stream: Any, known: Sequence[str]) -> EmitError:
    """The complaint about a stream that the component has not declared."""
    name = getattr(stream, "__name__", stream)
    have = ", ".join(known) if known else "none; add a nested Stream class"
    return EmitError(f"stream {name!r} is not declared by this component; declared: {have}", "SH0601")


def _text(value: str) -> str:
    if not value.isascii():
        try:
            size = len(value.encode())
        except UnicodeEncodeError as error:
            raise EmitError(
                f"the text holds U+{ord(value[error.start]):04X} at position {error.start}, "
                "half of a surrogate pair, which UTF-8 has no bytes for"
            ) from None
    else:
        size = len(value)
    if size > LONG_TEXT:
        raise EmitError(f"the text has {size} bytes, more than {LONG_TEXT}")
    return value


def _map(value: dict[Any, Any], depth: int) -> dict[str, Any]:
    if depth >= MAX_DEPTH:
        raise EmitError(f"it is nested deeper than {MAX_DEPTH} levels, or contains itself")
    result = {}
    for key, item in value.items():
        if not isinstance(key, str):
            raise EmitError(f"a map's keys must be text, {key!r} is not; use str(…)")
        result[_text(str.__str__(key))] = clean(item, depth + 1)
    return result
