"""`stormhost run --debug`: the child's end. `STORMHOST_DEBUG` says `tty:/dev/pts/3` or `debugpy:5678`.

On a terminal, the first call of the component's code stops in pdb, and so does every `breakpoint()`. With debugpy a
debugger attaches to a port, which the log tells; the child waits for it before its first tuple.
"""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ._component import Component

VARIABLE = "STORMHOST_DEBUG"


def arm(component: Component) -> None:
    """Does what the variable says, if it is set. To be called before anything takes the component's methods."""
    told = os.environ.pop(VARIABLE, "")  # not for processes that user code starts
    how, _, where = told.partition(":")
    if how == "tty":
        _terminal(component, where)
    elif how == "debugpy":
        _port(int(where or 0))


def _port(port: int) -> None:
    try:
        import debugpy
    except ImportError as error:
        raise RuntimeError(
            f"debugpy is not installed for {sys.executable}: {sys.executable} -m pip install debugpy; "
            "or debug on a terminal: --debug COMPONENT@tty"
        ) from error
    host, port = debugpy.listen(("127.0.0.1", port))
    print(f"debugpy listens on {host}:{port}; waiting for a debugger to attach", file=sys.stderr, flush=True)
    debugpy.wait_for_client()
    print("a debugger is attached", file=sys.stderr, flush=True)


def _terminal(component: Component, path: str) -> None:
    import pdb

    from ._spout import Spout

    # Two objects, and unbuffered reading: pdb reads a line at a time, and echo is the terminal's business.
    reads = open(path, encoding="utf-8", errors="replace")  # noqa: SIM115 - as long as the process
    writes = open(path, "w", encoding="utf-8", errors="replace")  # noqa: SIM115
    own_group = os.getpgrp()

    class OnTerminal(pdb.Pdb):
        """pdb on a terminal that belongs to another process group: it is borrowed while somebody types."""

        def interaction(self, *args: Any, **others: Any) -> None:
            before = _foreground(reads.fileno(), own_group)
            try:
                super().interaction(*args, **others)
            finally:
                writes.flush()
                if before is not None:
                    _foreground(reads.fileno(), before)

    debugger = OnTerminal(stdin=reads, stdout=writes)
    debugger.prompt = f"({component.component_id or type(component).__name__}) "

    def here(*_: Any, **__: Any) -> None:
        debugger.set_trace(sys._getframe(1))

    sys.breakpointhook = here
    if not isinstance(component, Spout):
        _stops_at(component, "execute", debugger)
    elif type(component).next_tuple is not Spout.next_tuple:
        _stops_at(component, "next_tuple", debugger)
    else:
        _stops_at(component, "tuples", debugger)


def _stops_at(component: Component, name: str, debugger: Any) -> None:
    """Has the first call of a method stop in the debugger, and later ones at its break points."""
    method = getattr(component, name)
    first = True

    def watched(*args: Any, **others: Any) -> Any:
        nonlocal first
        import bdb

        if not first and not debugger.breaks:
            return method(*args, **others)
        debugger.reset()
        if not first:
            # Only break points count: nothing stops in this frame.
            debugger.botframe = sys._getframe()
            debugger.set_continue()
        first = False
        sys.settrace(debugger.trace_dispatch)
        try:
            return method(*args, **others)
        except bdb.BdbQuit:
            debugger.clear_all_breaks()
            raise RuntimeError("left from the debugger") from None
        finally:
            sys.settrace(None)

    setattr(component, name, watched)


def _foreground(terminal: int, group: int) -> int | None:
    """Makes a process group the one that the terminal listens to. Returns which it was; None where that cannot be."""
    import signal

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
