"""Frames over two descriptors: `PROTOCOL.md`, "The frame". Knows bytes and kinds, nothing of spouts and bolts."""

from __future__ import annotations

import os
from _thread import allocate_lock
from struct import Struct

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

TUPLES, CREDIT, ACKED, FAILED, TASK_IDS, COMMAND = b"T", b"N", b"A", b"F", b"I", b"C"
RESULTS, MESSAGE = b"R", b"M"

HEADER = Struct("<3scI")
MAGIC = b"\xffSH"
_READ = 1 << 16  # what a pipe holds by default; larger buffers come from mmap, which costs more than a small read
_MUCH = 1 << 18  # what the host makes a pipe hold, unless it has many children


class EndOfInput(Exception):
    """The host closed our standard input: an orderly stop."""


class HostGone(BaseException):
    """Nobody reads our output any more. Not an `Exception`, so that user code does not swallow it."""

    def note(self) -> None:
        """Keeps it for whoever tells of it. Nobody does where the host is gone."""


class WireError(RuntimeError):
    """The host said something that is no frame."""


class Inlet:
    """Reads frames from a descriptor. `rest` is what was read beyond the handshake."""

    def __init__(self, descriptor: int, rest: bytes = b"") -> None:
        self.descriptor = descriptor
        self._data = rest
        self._at = 0
        self._most = _READ  # more once there is more to read
        self._emptied = False  # the last read left nothing behind, and nobody has looked since
        self._poll: Any = None

    def frame(self) -> tuple[bytes, memoryview]:
        """The next frame: its kind and its payload. Waits for it.

        Raises EndOfInput at the end, WireError for a frame cut short or for bytes that are no frame.
        """
        have = len(self._data) - self._at
        if have < 8:
            self._fill(8 - have)
            have = len(self._data) - self._at
        magic, kind, length = HEADER.unpack_from(self._data, self._at)
        if magic != MAGIC:
            raise WireError(f"the host sent bytes that are no frame: {self._data[self._at : self._at + 32]!r}")
        if have < 8 + length:
            self._fill(8 + length - have)
        start = self._at + 8
        self._at = start + length
        return kind, memoryview(self._data)[start : self._at]

    def waiting(self, milliseconds: float = 0) -> bool:
        """Whether a frame, or the beginning of one, can be had without waiting longer than this."""
        if len(self._data) - self._at >= 8:
            return True
        if self._emptied and not milliseconds:
            self._emptied = False
            return False
        return self._ready(milliseconds)

    def _ready(self, milliseconds: float) -> bool:
        if self._poll is None:
            import select

            self._poll = select.poll()
            self._poll.register(self.descriptor, select.POLLIN)
        return bool(self._poll.poll(milliseconds))

    def _fill(self, missing: int) -> None:
        pieces = [self._data[self._at :]] if self._at < len(self._data) else []
        while missing > 0:
            most = max(self._most, min(missing, 1 << 20))
            piece = self._read(most)
            if not piece:
                if pieces:
                    raise WireError("the host's last frame is cut short")
                raise EndOfInput
            self._most = _MUCH if len(piece) >= _READ else _READ
            self._emptied = len(piece) < most
            pieces.append(piece)
            missing -= len(piece)
        self._data = pieces[0] if len(pieces) == 1 else b"".join(pieces)
        self._at = 0

    def _read(self, most: int) -> bytes:
        return os.read(self.descriptor, most)


class Outlet:
    """Writes to a descriptor, waiting until all of it is gone. Any thread may write: one message at a time."""

    def __init__(self, descriptor: int) -> None:
        self.descriptor = descriptor
        self._lock = allocate_lock()

    def write(self, data: bytes) -> None:
        """Writes all of `data`. Raises HostGone when nobody reads any more."""
        with self._lock:
            try:
                written = os.write(self.descriptor, data)
                while written < len(data):
                    data = data[written:]
                    written = os.write(self.descriptor, data)
            except OSError as error:
                raise HostGone from error

    def frame(self, kind: bytes, *payload: bytes) -> None:
        """Writes one frame whose payload is given in pieces."""
        length = sum(map(len, payload))
        self.write(b"".join((HEADER.pack(MAGIC, kind, length), *payload)))
