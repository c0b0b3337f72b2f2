"""Frames over two descriptors: `PROTOCOL.md`, "The frame". Knows bytes and kinds, nothing of spouts and bolts.

A signal handler of the user may raise wherever Python code runs, as timeouts do: even between a call and the use of
what it has returned. Nothing may be lost by that, so what a system call says is kept by code in C, which no handler
interrupts: `list.extend(map(…))`.
"""

from __future__ import annotations

import os
from _thread import RLock
from struct import Struct

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
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
        self._more: list[bytes] = []  # read, but not yet joined with the data
        self._most = _READ  # more once there is more to read
        self._emptied = False  # the last read left nothing behind, and nobody has looked since
        self._poll: Any = None

    def frame(self) -> tuple[bytes, memoryview]:
        """The next frame: its kind and its payload. Waits for it.

        Raises EndOfInput at the end, WireError for a frame cut short or for bytes that are no frame.
        """
        have = len(self._data) - self._at
        if have < 8:
            self._fill(8)
            have = len(self._data) - self._at
        magic, kind, length = HEADER.unpack_from(self._data, self._at)
        if magic != MAGIC:
            raise WireError(f"the host sent bytes that are no frame: {self._data[self._at : self._at + 32]!r}")
        if have < 8 + length:
            self._fill(8 + length)
        end = self._at + 8 + length
        payload = memoryview(self._data)[self._at + 8 : end]
        self._at = end  # last of all: nothing can come between this and whoever gets the frame
        return kind, payload

    def waiting(self, milliseconds: float = 0) -> bool:
        """Whether a frame, or the beginning of one, can be had without waiting longer than this."""
        if len(self._data) - self._at >= 8 or self._more:
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

    def _fill(self, wanted: int) -> None:
        """Reads until there are at least so many bytes."""
        more = self._more
        have = len(self._data) - self._at + sum(map(len, more))
        while have < wanted:
            most = max(self._most, min(wanted - have, 1 << 20))
            more.extend(self._read(most))
            piece = more[-1]
            if not piece:
                if have:
                    raise WireError("the host's last frame is cut short")
                raise EndOfInput
            self._most = _MUCH if len(piece) >= _READ else _READ
            self._emptied = len(piece) < most
            have += len(piece)
        rest = self._data[self._at :]
        data = more[0] if len(more) == 1 and not rest else b"".join((rest, *more))
        self._data, self._at, self._more = data, 0, []

    def _read(self, most: int) -> Iterator[bytes]:
        """Reads once, when it is asked for its only item."""
        return map(os.read, (self.descriptor,), (most,))


class Outlet:
    """Writes to a descriptor, waiting until all of it is gone. Any thread may write: one message at a time.

    `queue`: what is to be written, each message in front of the numbers of bytes of it that have been; whatever else
    stands there is of no meaning. What an exception has interrupted goes on with the next message, and before it.
    """

    def __init__(self, descriptor: int) -> None:
        self.descriptor = descriptor
        self.queue: list[Any] = []
        self._lock: Any = RLock()

    def write(self, data: bytes) -> None:
        """Writes all of `data`. Raises HostGone when nobody reads any more."""
        self.queue.append((data, []))
        self.send()

    def send(self) -> None:
        """Writes all that waits in `queue`, likewise."""
        lock, queue = self._lock, self.queue
        if lock._is_owned():
            return  # called by a signal handler, in the middle of this: then that goes on with the queue
        while queue:  # again, for a signal handler that wrote while the lock was being given back
            with lock:
                try:
                    while queue:
                        message = queue[0]
                        data, written = message[0], message[1]
                        at = sum(written)
                        if at < len(data):
                            written.extend(self._write(memoryview(data)[at:] if at else data))
                        else:
                            del queue[0]
                except OSError as error:
                    if self._interrupted(error):
                        raise
                    raise HostGone from error

    def _write(self, data: bytes | memoryview) -> Iterator[int]:
        """Writes once, when it is asked for its only item, and how much that was."""
        return map(os.write, (self.descriptor,), (data,))

    def _interrupted(self, error: OSError) -> bool:
        """Whether a signal handler has raised this, and not the system: a TimeoutError is an OSError too."""
        return error.errno is None or isinstance(error, TimeoutError)

    def frame(self, kind: bytes, *payload: bytes) -> None:
        """Writes one frame whose payload is given in pieces."""
        self.write(frame(kind, *payload))


def frame(kind: bytes, *payload: bytes) -> bytes:
    """One frame whose payload is given in pieces."""
    return b"".join((HEADER.pack(MAGIC, kind, sum(map(len, payload))), *payload))
