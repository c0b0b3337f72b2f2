"""How columns become bytes: by the native accelerator where it is there, else msgspec, ormsgpack, msgpack, or json.

`STORMHOST_CODEC=native|msgspec|ormsgpack|msgpack|json` in the environment forces one, for tests and measurements. With
`storm` a child declines the frames, and speaks Storm's JSON as it does on Apache Storm.
"""

from __future__ import annotations

import os

from ._accelerator import CannotLoad, load

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any


class Codec:
    """`decode`: one complete array, bytes-like, to a list; `encode`: a list to bytes.

    `name` is for the log; `encoding` is `msgpack` or `json`; `native` is the accelerator, which then does far more than
    a codec, or None. `remark`: why a faster one cannot be used, or None.
    """

    remark: str | None = None

    def __init__(
        self,
        name: str,
        encoding: str,
        decode: Callable[[Any], Any],
        encode: Callable[[Any], bytes],
        native: Any = None,
    ) -> None:
        self.name = name
        self.encoding = encoding
        self.decode = decode
        self.encode = encode
        self.native = native


def choose(offered: Sequence[str]) -> Codec:
    """The fastest codec that is installed and whose encoding the host offers.

    Raises RuntimeError when `STORMHOST_CODEC` names one that cannot be had.
    """
    forced = os.environ.get("STORMHOST_CODEC")
    remark = None
    for name, make in _KNOWN:
        if forced and forced != name:
            continue
        try:
            codec = make(offered)
        except CannotLoad as error:
            codec, remark = None, str(error)
        except ImportError:
            codec = None
        if codec is not None:
            codec.remark = remark
            return codec
    if forced:
        why = remark or f"not installed, or unknown ({', '.join(name for name, _ in _KNOWN)})"
        raise RuntimeError(f"STORMHOST_CODEC={forced}: {why}")
    raise RuntimeError(f"the host offers no encoding that this library knows, only {', '.join(offered) or 'none'}")


def _native(offered: Sequence[str]) -> Codec | None:
    if "msgpack" not in offered:
        return None
    native = load()
    return Codec("native", "msgpack", native.decode, native.encode, native=native)


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


def _msgpack(offered: Sequence[str]) -> Codec | None:
    if "msgpack" not in offered:
        return None
    import msgpack  # comes with pystorm and many others; its fallback in pure Python is slower than json
    from msgpack._cmsgpack import Packer

    def decode(data: Any) -> Any:
        return msgpack.unpackb(data, strict_map_key=False)

    return Codec("msgpack", "msgpack", decode, Packer().pack)


def _json(offered: Sequence[str]) -> Codec | None:
    if "json" not in offered:
        return None
    from ._jsontext import decode, encode_column

    return Codec("json", "json", decode, encode_column)


# The fastest first.
_KNOWN: tuple[tuple[str, Callable[[Sequence[str]], Codec | None]], ...] = (
    ("native", _native),
    ("msgspec", _msgspec),
    ("ormsgpack", _ormsgpack),
    ("msgpack", _msgpack),
    ("json", _json),
)
