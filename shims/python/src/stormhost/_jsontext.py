"""JSON: the setup object, messages, fails, the Storm dialect; and columns, where no faster codec is installed.

The standard library's `json` takes 8 ms to import, most of it for the regular expressions that it compiles, as long as
bare Python takes to start. The C parts alone are there at once; where they are not, `json` itself does the work.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any


class _Settings:
    """What the C scanner asks its owner for."""

    strict = True
    object_hook = None
    object_pairs_hook = None
    parse_float = float
    parse_int = int
    parse_constant = float  # NaN, Infinity, -Infinity
    memo: dict[str, str] = {}


def _refuse(value: Any) -> Any:
    raise TypeError(f"a value of type {type(value).__name__} is no JSON")


def _from_c() -> tuple[Callable[[str], Any], Callable[[Any], str]]:
    from _json import encode_basestring, make_encoder, make_scanner

    scan = make_scanner(_Settings())  # type: ignore[arg-type]
    iterate = make_encoder(None, _refuse, encode_basestring, None, ":", ",", False, False, False)

    def read(text: str) -> Any:
        try:
            return scan(text.strip(), 0)[0]
        except StopIteration as error:
            raise ValueError(f"not JSON from character {error.value}: {text[:40]!r}") from None

    def write(value: Any) -> str:
        return "".join(iterate(value, 0))

    if read(' {"a": [1, 2.5, null]}\n') != {"a": [1, 2.5, None]} or write({"ä\n": [None, 1]}) != '{"ä\\n":[null,1]}':
        raise ImportError("the C parts of json are not as they were")
    return read, write


def _from_library() -> tuple[Callable[[str], Any], Callable[[Any], str]]:
    import json

    encoder = json.JSONEncoder(ensure_ascii=False, check_circular=False, allow_nan=False, separators=(",", ":"))
    return json.loads, encoder.encode


def _functions() -> tuple[Callable[[str], Any], Callable[[Any], str]]:
    try:
        return _from_c()
    except Exception:  # another Python, or another version of it: whatever the reason, the library will do
        return _from_library()


_read, _write = _functions()


def decode(data: Any) -> Any:
    """The value of a complete JSON text, given as bytes. Raises ValueError when it is none."""
    return _read(str(data, "utf-8"))


def encode(value: Any) -> bytes:
    """`value` as compact JSON. Raises TypeError or ValueError for what JSON cannot say; half surrogates become `?`."""
    return _write(value).encode("utf-8", "replace")


_CONTROL = bytes(range(0x20))


def encode_column(column: list[Any]) -> bytes:
    """A column as `encode` would write it, in a quarter of the time if it is of text without anything to escape."""
    try:
        joined = '","'.join(column)
    except TypeError:
        return encode(column)
    if not column or "\\" in joined or joined.count('"') != 2 * len(column) - 2:
        return encode(column)
    data = joined.encode()
    if len(data.translate(None, _CONTROL)) != len(data):
        return encode(column)
    return b'["%b"]' % data
