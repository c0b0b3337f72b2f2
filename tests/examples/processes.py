"""Which processes carry a mark in their environment, and waiting until none does."""

import os
import pathlib
import select
import time


def carrying(mark):
    """Pids of all processes, but for this one, whose environment holds `mark`. Those that have ended do not count."""
    found = []
    for entry in pathlib.Path('/proc').iterdir():
        if entry.name.isdigit() and int(entry.name) != os.getpid():
            try:
                if mark.encode() in (entry / 'environ').read_bytes():
                    found.append(int(entry.name))
            except OSError:
                pass  # it went meanwhile, or is somebody else's
    return found


def await_gone(mark, seconds):
    """Waits until no process carries `mark`. Returns the command lines of those that still do after `seconds`."""
    deadline = time.monotonic() + seconds
    while pids := carrying(mark):
        left = deadline - time.monotonic()
        if left <= 0 or not _await_end(pids[0], left):
            return [_command_line(pid) for pid in carrying(mark)]
    return []


def _await_end(pid, seconds):
    """Whether the process ends within `seconds`."""
    try:
        process = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    try:
        poll = select.poll()
        poll.register(process, select.POLLIN)
        return bool(poll.poll(seconds * 1000))
    finally:
        os.close(process)


def _command_line(pid):
    try:
        return pathlib.Path(f'/proc/{pid}/cmdline').read_bytes().replace(b'\0', b' ').decode(errors='replace')
    except OSError:
        return f'(pid {pid}, gone by now)'
