"""The first act of a child: standard input and output are taken for the protocol.

The descriptors themselves move, not only `sys.stdout`, so prints of C code and of grandchildren are covered too.
"""

from __future__ import annotations

import os
import sys

from ._wire import Inlet, Outlet

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ._link import Link

# Out of the way of code that closes or counts low descriptors.
_HIGH = 200


class Pipe:
    """The two descriptors of a process that lead to the host."""

    left = False

    def __init__(self, channel_in: int, channel_out: int) -> None:
        self.descriptors = (channel_in, channel_out)

    def read(self) -> bytes:
        """Some bytes, or none at the end of the input."""
        return os.read(self.descriptors[0], 1 << 16)

    def serves(self, link: Link) -> None:
        """This is whom they serve."""

    def inlet(self, rest: bytes) -> Inlet:
        """Reads frames."""
        return Inlet(self.descriptors[0], rest)

    def outlet(self) -> Outlet:
        """Writes frames."""
        return Outlet(self.descriptors[1])


def take_over() -> Pipe:
    """Moves descriptors 0 and 1 away and returns them, close-on-exec.

    Afterwards descriptor 0 is /dev/null and descriptor 1 is standard error, so whatever is printed ends in the log.
    """
    channel_in, channel_out = _move_up(0), _move_up(1)
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    os.close(null)
    os.dup2(2, 1)
    if hasattr(sys.stdout, "reconfigure"):
        # Also writes out, to where it belongs now, what a script has printed before it came to us.
        sys.stdout.reconfigure(line_buffering=True)
    return Pipe(channel_in, channel_out)


def arm_faulthandler() -> None:
    """A native crash, or the signal USR2, writes the stacks of all threads to standard error."""
    import faulthandler

    try:
        from _signal import SIGUSR2  # `signal` itself makes enums of them all, 2 ms

        faulthandler.enable(2)
        faulthandler.register(SIGUSR2, 2, all_threads=True, chain=False)
    except (ImportError, OSError, RuntimeError, ValueError):
        pass  # a convenience for bug reports: no reason to stop for lack of it


def _move_up(descriptor: int) -> int:
    try:
        import fcntl

        return fcntl.fcntl(descriptor, fcntl.F_DUPFD_CLOEXEC, _HIGH)
    except (ImportError, OSError):  # no such call, or fewer descriptors allowed than that
        return os.dup(descriptor)
