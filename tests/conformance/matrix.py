"""The cells: each is played once, in a thread of its own, and asked as often as one likes."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from threading import Lock

import chains
import conversation
import misbehaviour
import values
from harness import Stormhost
from libraries import LIBRARIES, Library

CHECKS = ("conversation", "chains", "misbehaviour", "values")


class Matrix:
    """All cells. What has been asked for is being played; `result` waits for it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        # Starting processes is what takes the time: one more thread than there are processors keeps these busy.
        self._pool = ThreadPoolExecutor((os.cpu_count() or 2) + 1)
        self._lock = Lock()
        self._made_up = Lock()
        self._cells: dict[tuple[str, str], Future[list[str]]] = {}
        self.chained: dict[tuple[str, str, str], str] = {}

    def begin(self, check: str, library: Library) -> Future[list[str]]:
        """Begins to play a cell, if nobody has yet."""
        with self._lock:
            key = (check, library.name)
            if key not in self._cells:
                self._cells[key] = self._pool.submit(self._play, check, library)
            return self._cells[key]

    def result(self, check: str, library: Library) -> list[str]:
        """What is wrong in a cell; nothing when it is green."""
        return self.begin(check, library).result()

    def _play(self, check: str, library: Library) -> list[str]:
        folder = self._folder / f"{check}-{library.name}"
        folder.mkdir(parents=True)
        home = self._folder / "home"
        home.mkdir(exist_ok=True)
        host = Stormhost(folder, home)
        try:
            problems = self._players()[check](library, host)
        finally:
            left = host.clean_up()
        return [*problems, *(f"left behind: {each}" for each in left)]

    @functools.cache  # noqa: B019 - there is one matrix a session
    def _players(self) -> dict[str, Callable[[Library, Stormhost], list[str]]]:
        return {
            "conversation": conversation.play,
            "chains": self._chains,
            "misbehaviour": misbehaviour.play,
            "values": self._values,
        }

    def _values(self, library: Library, host: Stormhost) -> list[str]:
        with self._made_up:  # by the first; the others wait for it
            values.values()
        return values.play(library, LIBRARIES, host)

    def _chains(self, library: Library, host: Stormhost) -> list[str]:
        with_it = [other for other in LIBRARIES if "chains" not in other.lacks]
        found = chains.play(library, with_it, host)
        self.chained.update(found)
        bad = {key: problem for key, problem in found.items() if problem}
        return [f"{' → '.join(key)}: {problem}" for key, problem in list(bad.items())[:5]] + ([f"{len(bad)} chains in all"] if bad else [])
