"""What a component of a benchmark tells the harness: when what happened, and what each process of the run had used by then.

It writes one JSON object a line to a file of its own in the folder `BENCH_OUT`. Times are those of CLOCK_MONOTONIC, which all
processes of a machine share.
"""

from __future__ import annotations

import json
import os
import time
from pathlib import Path
from typing import Any


def tell(event: str, **facts: Any) -> None:
    """Writes down an event. Slow (tens of microseconds): for the few that matter."""
    folder = os.environ.get("BENCH_OUT")
    if folder:
        with open(os.path.join(folder, f"{os.getpid()}.jsonl"), "a") as file:
            file.write(json.dumps({"event": event, "at": time.monotonic(), **facts}) + "\n")


def tell_usage(event: str) -> None:
    """Writes down an event, with the CPU time and memory of every process of this run until now.

    To be called in a child of the host: the run is its parent and all that descends from that.
    """
    tell(event, processes=usage(os.getppid()))


def usage(root: int) -> list[dict[str, Any]]:
    """CPU seconds and peak memory of a process and all its descendants, each with a name."""
    children: dict[int, list[int]] = {}
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            try:
                # The name in brackets may hold anything, so what follows is found from the end.
                parent = int(Path("/proc", entry, "stat").read_text().rpartition(")")[2].split()[1])
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
        nanoseconds += int(Path(f"/proc/{pid}/task/{thread}/schedstat").read_text().split()[0])
    peak = 0
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            peak = int(line.split()[1])
    return {"cpu": nanoseconds / 1e9, "peak_mb": peak / 1024}


def _name(pid: int) -> str:
    """A component's name from its command line; for other programs that of their script."""
    words = Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace").split("\0")
    if "component" in words:
        return words[words.index("component") + 2]
    scripts = [word for word in words if word.endswith((".py", ".rb"))]
    return Path(scripts[0]).stem if scripts else Path(words[0]).name
