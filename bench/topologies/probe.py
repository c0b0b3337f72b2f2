"""What a component of a benchmark tells the harness: when what happened, and what each process of the run had used by then.

It writes one JSON object a line to a file of its own in the folder `BENCH_OUT`. Times are those of CLOCK_MONOTONIC, which all
processes of a machine share. It imports next to nothing, since every child of a benchmark imports it.
"""

from __future__ import annotations

import os
import sys
import time

from stormhost._jsontext import encode

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def tell(event: str, **facts: Any) -> None:
    """Writes down an event. Slow (tens of microseconds): for the few that matter."""
    folder = os.environ.get("BENCH_OUT")
    if folder:
        with open(os.path.join(folder, f"{os.getpid()}.jsonl"), "ab") as file:
            file.write(encode({"event": event, "at": time.monotonic(), **facts}) + b"\n")


def tell_usage(event: str) -> None:
    """Writes down an event, with the CPU time and memory of every process of this run until now.

    To be called in a component: the run is the parent of its process, or its own process if that is the host, and all that
    descends from it.
    """
    inside = "stormhost._inside" in sys.modules
    tell(event, processes=usage(os.getpid() if inside else os.getppid()))


def usage(root: int) -> list[dict[str, Any]]:
    """CPU seconds and peak memory of a process and all its descendants, each with a name."""
    children: dict[int, list[int]] = {}
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            try:
                # The name in brackets may hold anything, so what follows is found from the end.
                parent = int(_read(f"/proc/{entry}/stat").rpartition(")")[2].split()[1])
            except (OSError, IndexError):
                continue
            children.setdefault(parent, []).append(int(entry))
    found, look = [], [root]
    while look:
        pid = look.pop()
        look += children.get(pid, [])
        try:
            found.append({"name": "host" if pid == root else _name(pid), "pid": pid, **_used(pid)})
        except OSError:
            continue  # gone meanwhile
    return found


def _used(pid: int) -> dict[str, float]:
    nanoseconds = 0
    for thread in os.listdir(f"/proc/{pid}/task"):
        nanoseconds += int(_read(f"/proc/{pid}/task/{thread}/schedstat").split()[0])
    peak = 0
    for line in _read(f"/proc/{pid}/status").splitlines():
        if line.startswith("VmHWM:"):
            peak = int(line.split()[1])
    return {"cpu": nanoseconds / 1e9, "peak_mb": peak / 1024}


def _name(pid: int) -> str:
    """A component's name from its command line; for other programs that of their script."""
    words = _read(f"/proc/{pid}/cmdline").split("\0")
    if "component" in words:
        return words[words.index("component") + 2]
    scripts = [word for word in words if word.endswith((".py", ".rb", ".js"))]
    return os.path.basename(scripts[0]).partition(".")[0] if scripts else os.path.basename(words[0])


def _read(path: str) -> str:
    with open(path, errors="replace") as file:
        return file.read()
