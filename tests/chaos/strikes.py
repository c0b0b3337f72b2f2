"""How faults are made to happen from outside: signals, orders for children, pipes and clocks. What children do themselves is in `children/orders.py`."""

from __future__ import annotations

import fcntl
import os
import signal
import struct
import threading
import time
from pathlib import Path

from harness import Run, carriers
from journals import Journals, Seen
from plan import Strike

JUMPS = (3600, -86_400, 315_360_000, None)  # seconds; None: back to the year 1970
F_SETPIPE_SZ = 1031
PAGE = 4096


def order(folder: Path, strike: Strike) -> None:
    """Leaves an order for whichever task of the component finds it."""
    made = folder / "orders" / f".{strike.component}"
    made.write_text(strike.fault)
    made.rename(folder / "orders" / strike.component)


def processes(run: Run, journals: Journals, strike: Strike) -> list[Seen]:
    """The processes of a component that can be sent signals now: those that were seen at work last."""
    if strike.kind == "exec":
        return [Seen(0, strike.component, "", f"{child.pid}.") for child in run.children(strike.component)]
    return [seen for (component, _), seen in journals.last.items() if component == strike.component]


def signalled(run: Run, journals: Journals, strike: Strike) -> Seen | None:
    """Sends the signal; None if there was nobody to be sent it. The time of what is returned is that of the signal."""
    found = processes(run, journals, strike)
    if not found:
        return None
    victim = found[int(strike.chance * len(found))]
    number = signal.SIGKILL if strike.fault == "sigkill" else signal.SIGSTOP
    now = time.monotonic_ns()
    try:
        os.kill(victim.pid, number)
    except ProcessLookupError:
        return None
    if strike.fault == "pause":
        _later(strike.lasts, victim.pid, signal.SIGCONT)
    return Seen(now, victim.component, victim.task, victim.incarnation)


def _later(seconds: float, pid: int, number: int) -> None:
    def send() -> None:
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            pass  # it was killed meanwhile

    threading.Timer(seconds, send).start()


def happened(run: Run, folder: Path, strike: Strike) -> int:
    """Lets happen what happens to the host or to all; returns when (ns)."""
    now = time.monotonic_ns()
    if strike.fault == "clock":
        jump = JUMPS[int(strike.chance * len(JUMPS))]
        set_clock(folder / "clock", int(100 - time.time()) if jump is None else jump)
    elif strike.fault == "page_pipes":
        if not narrow(run.pid):
            raise AssertionError("none of the host's pipes could be narrowed")
    elif strike.fault == "suspended":
        run.signal(signal.SIGSTOP)
        _later(strike.lasts, run.pid, signal.SIGCONT)
    elif strike.fault == "guard":
        for process in carriers(run.marker):
            if "__guard" in process.argv:
                process.kill()
    else:
        raise ValueError(f"{strike.fault} does not happen by itself")
    return now


def set_clock(file: Path, jump: int) -> None:
    """By how much the clock of the day is wrong from now on, for who looks at this file (`clock.c`)."""
    with open(file, "r+b" if file.exists() else "w+b") as out:
        out.write(struct.pack("q", jump))


def narrow(pid: int) -> int:
    """Makes every pipe of a process hold a page only, where no more is in it just then. Returns how many it did."""
    done = 0
    for entry in list(os.scandir(f"/proc/{pid}/fd")):
        try:
            if not os.readlink(entry.path).startswith("pipe:"):
                continue
            writes = os.stat(entry.path, follow_symlinks=False).st_mode & 0o200
            end = os.open(entry.path, (os.O_WRONLY if writes else os.O_RDONLY) | os.O_NONBLOCK)
        except OSError:
            continue  # closed meanwhile
        try:
            for _ in range(20):
                try:
                    fcntl.fcntl(end, F_SETPIPE_SZ, PAGE)
                    done += 1
                    break
                except OSError:  # more than that is in it
                    time.sleep(0.001)
        finally:
            os.close(end)
    return done
