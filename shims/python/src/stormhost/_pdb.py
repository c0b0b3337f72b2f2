"""pdb for `stormhost run --debug`, on a terminal that belongs to another process group."""

from __future__ import annotations

import contextlib
import os
import pdb
import signal
import sys
import threading

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any, TextIO


class OnTerminal(pdb.Pdb):
    """The terminal is borrowed while somebody types."""

    only_leaves = False
    """Whether `q` leaves the debugger and not the code that it has stopped."""

    def __init__(self, reads: TextIO, writes: TextIO, name: str) -> None:
        # An interrupt while the code goes on is for the host, which has the terminal then.
        super().__init__(stdin=reads, stdout=writes, nosigint=True)
        self.reset()
        self.prompt = f"({name}) "
        self._reads = reads
        self._writes = writes
        self._own_group = os.getpgrp()
        self._first = True
        self._interrupts = 0

    def stops_the_caller(self, *_: Any, **__: Any) -> None:
        """As `breakpoint()` does."""
        self.set_trace(sys._getframe(1))

    def watches(self, function: Any, *args: Any, **others: Any) -> Any:
        """Calls a function: the first one stops, later ones at break points, or where somebody goes step by step.

        Raises bdb.BdbQuit when somebody leaves.
        """
        steps = self.stopframe is not None and self.stopframe is getattr(args[0] if args else None, "gi_frame", None)
        if not (self._first or steps or self.breaks):
            return function(*args, **others)
        if not steps:
            self.reset()
        if not self._first and not steps:
            # Only break points count: nothing stops in this frame.
            self.botframe = sys._getframe()
            self.set_continue()
        self._first = False
        sys.settrace(self.trace_dispatch)
        try:
            return function(*args, **others)
        finally:
            sys.settrace(None)

    def set_quit(self) -> None:
        """What `q` and the end of the input do."""
        if not self.only_leaves:
            super().set_quit()
            return
        self.clear_all_breaks()
        self.set_continue()

    def precmd(self, line: str) -> str:
        """Somebody has typed something."""
        self._interrupts = 0
        return super().precmd(line)

    def interaction(self, *args: Any, **others: Any) -> None:
        """Has somebody type commands."""
        before = _foreground(self._reads.fileno(), self._own_group)
        try:
            with self._interrupted(before):
                super().interaction(*args, **others)
        finally:
            self._writes.flush()
            if before is not None:
                _foreground(self._reads.fileno(), before)

    @contextlib.contextmanager
    def _interrupted(self, others: int | None) -> Iterator[None]:
        """Meanwhile a second interrupt in a row is for those who have lent the terminal: the host."""
        if others in (None, self._own_group) or threading.current_thread() is not threading.main_thread():
            yield
            return

        def interrupted(*_: Any) -> None:
            self._interrupts += 1
            if self._interrupts > 1:
                os.killpg(others, signal.SIGINT)
            raise KeyboardInterrupt

        self._interrupts = 0
        usual = signal.signal(signal.SIGINT, interrupted)
        try:
            yield
        finally:
            signal.signal(signal.SIGINT, usual)


def _foreground(terminal: int, group: int) -> int | None:
    """Makes a process group the one that the terminal listens to. Returns which it was; None where that cannot be."""
    try:
        before = os.tcgetpgrp(terminal)
        # Whoever is in the background is stopped for touching the terminal, unless the signal is blocked.
        mask = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTTOU})
        try:
            os.tcsetpgrp(terminal, group)
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, mask)
    except (OSError, AttributeError):
        return None
    return before
