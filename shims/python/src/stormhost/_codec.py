"""How columns become bytes: msgspec or ormsgpack where installed, else the json of the standard library.

`STORMHOST_CODEC=json|msgspec|ormsgpack` in the environment forces one, for tests and measurements.
"""

from __future__ import annotations

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any


class Codec:
    """`decode`: one complete array, bytes-like, to a list; `encode`: a list to bytes.

    `name` is for the log; `encoding` is `msgpack` or `json`.
    """

    def __init__(self, name: str, encoding: str, decode: Callable[[Any], Any], encode: Callable[[Any], bytes]) -> None:
        self.name = name
        self.encoding = encoding
        self.decode = decode
        self.encode = encode


def choose(offered: Sequence[str]) -> Codec:
    """The fastest codec that is installed and whose encoding the host offers.

    Raises RuntimeError when `STORMHOST_CODEC` names one that cannot be had.
    """
    forced = os.environ.get("STORMHOST_CODEC")
    for name, make in (("msgspec", _msgspec), ("ormsgpack", _ormsgpack), ("json", _json)):
        if forced and forced != name:
            continue
        try:
            codec = make(offered)
        except ImportError:
            codec = None
        if codec is not None:
            return codec
    if forced:
        raise RuntimeError(f"STORMHOST_CODEC={forced}: not installed, or unknown (json, msgspec, ormsgpack)")
    raise RuntimeError(f"the host offers no encoding that this library knows, only {', '.join(offered) or 'none'}")


def _msgspec(offered: Sequence[str]) -> Codec | None:
    import msgspec

    encoding = "msgpack" if "msgpack" in offered else "json"
    if encoding not in offered:
        return None
    module = msgspec.msgpack if encoding == "msgpack" else msgspec.json
    return Codec("msgspec", encoding, module.Decoder().decode, module.Encoder().encode)


def _ormsgpack(offered: Sequence[str]) -> Codec | None:
    if "msgpack" not in offered:
        return None
    import ormsgpack

    return Codec("ormsgpack", "msgpack", ormsgpack.unpackb, ormsgpack.packb)


def _json(offered: Sequence[str]) -> Codec | None:
    if "json" not in offered:
        return None
    from ._jsontext import decode, encode_column

    return Codec("json", "json", decode, encode_column)
