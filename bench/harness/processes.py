"""Runs a command and says what it and all its waited-for descendants used, by `wait4`."""

from __future__ import annotations

import os
import subprocess
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path


class Wrong(Exception):
    """A run failed, or its results are not what they have to be. No figure comes of it."""


@dataclass(frozen=True)
class Finished:
    """A command that came to its end with status 0."""

    began: float
    """When it was started, on CLOCK_MONOTONIC."""
    seconds: float
    cpu: float
    """CPU seconds of the process and of its descendants that were waited for."""
    out: str
    err: str


def finish(command: list[object], environment: dict[str, str], timeout: float = 600.0, cwd: Path | None = None) -> Finished:
    """Runs a command to its end.

    Raises Wrong if its status is not 0 or it takes longer than `timeout` seconds.
    """
    words = [str(word) for word in command]
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        began = time.monotonic()
        process = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=out, stderr=err, env=environment, cwd=cwd)
        late = threading.Event()
        timer = threading.Timer(timeout, lambda: (late.set(), process.kill()))
        timer.start()
        _, status, used = os.wait4(process.pid, 0)
        timer.cancel()
        seconds = time.monotonic() - began
        process.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        err.seek(0)
        said = out.read().decode(errors="replace"), err.read().decode(errors="replace")
    if late.is_set() or process.returncode != 0:
        why = f"took longer than {timeout:.0f} s" if late.is_set() else f"left with status {process.returncode}"
        raise Wrong(f"{' '.join(words)}: {why}\n{said[1][-800:]}")
    return Finished(began, seconds, used.ru_utime + used.ru_stime, *said)
