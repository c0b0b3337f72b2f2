"""A second pair of eyes on a spout whose code does not return.

A generator over a message queue blocks whenever the queue is empty, and what it emitted just before must not wait for
the next message. A thread looks at it now and then, but only while something is unsent.
"""

from __future__ import annotations

import os
from _thread import allocate_lock, start_new_thread
from time import sleep

from ._wire import HostGone

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

# How long (s) rows may wait for a call that blocks: one to two of these.
_LOOK = 0.004


class Watch:
    """Calls `look(what it returned before)` every few milliseconds once armed, until that returns None."""

    def __init__(self, look: Callable[[Any], Any]) -> None:
        self._look = look
        self._armed = False
        self._started = False
        self._ended = False
        self._asleep = allocate_lock()
        self._asleep.acquire()

    def arm(self) -> None:
        """Cheap when armed already."""
        if self._armed:
            return
        self._armed = True
        if self._started:
            try:
                self._asleep.release()
            except RuntimeError:
                pass  # armed twice before it fell asleep
        else:
            self._started = True
            if not self._ended:
                start_new_thread(self._run, ())

    def end(self) -> None:
        """Nothing will be armed again."""
        self._ended = True
        self.arm()

    def _run(self) -> None:
        while not self._ended:
            seen: Any = ()
            while seen is not None:
                sleep(_LOOK)
                try:
                    seen = self._look(seen)
                except HostGone:
                    os._exit(1)
            self._armed = False
            # Armed between the last look and the line above? Then nobody releases the lock: look once more.
            if self._look(()) is not None:
                self._armed = True
                continue
            self._asleep.acquire()
