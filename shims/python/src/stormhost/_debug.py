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
    from ._pdb import OnTerminal

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
    try:
        # Two objects, and unbuffered reading: pdb reads a line at a time, and echo is the terminal's business.
        reads = open(path, encoding="utf-8", errors="replace")  # noqa: SIM115 - as long as the process
        writes = open(path, "w", encoding="utf-8", errors="replace")  # noqa: SIM115
    except OSError as error:  # it was closed: that is no reason to die, and to be started again for ever
        print(f"it runs on without its debugger: the terminal is gone ({error})", file=sys.stderr, flush=True)
        return

    from ._batcher import TimeBatcher
    from ._pdb import OnTerminal
    from ._spout import Spout

    debugger = OnTerminal(reads, writes, type(component).__name__)
    sys.breakpointhook = debugger.stops_the_caller
    if isinstance(component, TimeBatcher):
        _stops_at(component, "batch", debugger)
    elif not isinstance(component, Spout):
        _stops_at(component, "execute", debugger)
    elif type(component).next_tuple is not Spout.next_tuple:
        _stops_at(component, "next_tuple", debugger, None)
    else:
        _stops_within(component, "tuples", debugger)


_FAILS = object()


def _stops_at(component: Component, name: str, debugger: OnTerminal, when_left: object = _FAILS) -> None:
    """Has the first call of a method stop in the debugger, and later ones at its break points.

    `when_left`: what a call returns that somebody leaves by `q`; by default it raises, which fails the tuple in hand.
    """
    import bdb

    method = getattr(component, name)

    def watched(*args: Any, **others: Any) -> Any:
        try:
            return debugger.watches(method, *args, **others)
        except bdb.BdbQuit:
            debugger.clear_all_breaks()
            if when_left is _FAILS:
                raise RuntimeError("left from the debugger") from None
            return when_left

    setattr(component, name, watched)


def _stops_within(component: Component, name: str, debugger: OnTerminal) -> None:
    """The same for a generator, whose code runs in the steps that it is asked for.

    Leaving it would end it, and the spout with it; so `q` leaves the debugger only.
    """
    method = getattr(component, name)
    debugger.only_leaves = True

    def watched() -> Any:
        steps = iter(method())
        while True:
            try:
                values = debugger.watches(next, steps)
            except StopIteration:
                return
            yield values

    setattr(component, name, watched)
