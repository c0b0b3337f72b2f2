"""A host that is killed leaves nothing behind, whatever its children have started, and at whatever moment it happens.

`STORMHOST_LONG=1` kills a hundred hosts in place of ten. Each is busy, so the machine is under load.
"""

from __future__ import annotations

import os
import random
import signal
import time
from pathlib import Path
from typing import Any

import pytest

from harness import Process, Run, Stormhost, carriers

LONG = os.environ.get("STORMHOST_LONG") == "1"
PROMISE = 1.0
# The guard goes last. It looks about for a while longer where many processes come and go, as on a machine that builds something.
GUARD = 10.0

# Every way to get away that there is without privileges: in the group or out of it, with the parent or without, deaf, nameless.
# Whoever has no environment is known to the test by its last argument, a number of seconds that nobody else sleeps for.
AWAY = """
trap "" TERM HUP INT QUIT
sleep $1 &
exec sleep $1
"""
TREES = """
AWAY, MARK = sys.argv[1:]
NAMELESS = f'(env -i setsid sh {AWAY} {MARK} &)'

def start(*how, **more):
    import subprocess
    subprocess.Popen([*how, 'sh', AWAY, MARK], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **more)

class Parent(AutoAckBolt):
    def initialize(self):
        import signal
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        start()
        start(start_new_session=True)
        start('env', '-i', 'setsid')
        if os.fork() == 0:
            # Its parent leaves, so it is in nobody's tree.
            start('env', '-i', 'setsid')
            start('nohup')
            os._exit(0)
        os.wait()
    def execute(self, input):
        pass

class T(Topology):
    spout = Endless(2)
    rows = Lines(f'{NAMELESS}; yes', spout=True)
    parent = Parent(2, inputs=ShuffleGrouping(spout))
    stubborn = Process('python', CHILDREN + '/ignores_sigterm.py', inputs=ShuffleGrouping(spout))
    filter = Lines(f'sh {AWAY} {MARK} & {NAMELESS}; cat >/dev/null', inputs=ShuffleGrouping(rows))
    command = Exec(f'{NAMELESS}; sh {AWAY} {MARK}', inputs=ShuffleGrouping(rows))
"""
# Two of each that is started: five by each parent, one by the shell spout, two by the filter, two by the command.
MARKED = 2 * (2 * 5 + 1 + 2 + 2)


def marked(mark: str) -> list[Process]:
    """The living processes that sleep for this time."""
    found = []
    for entry in os.scandir("/proc"):
        if entry.name.isdigit():
            try:
                argv = Path(entry.path, "cmdline").read_bytes().decode(errors="replace").split("\0")[:-1]
            except OSError:
                continue
            if argv == ["sleep", mark]:
                found.append(Process(int(entry.name), tuple(argv)))
    return found


def left(run: Run, mark: str) -> list[Process]:
    """The processes of a run that live, its guard included: those with its marker in the environment, and those with the mark."""
    found = {process.pid: process for process in [*carriers(run.marker), *marked(mark)]}
    found.pop(run.pid, None)
    return list(found.values())


def kill_host(run: Run, mark: str) -> float:
    """Kills a host. Returns after how many seconds the last process of its run was gone. The guard goes after that, and is awaited too."""
    begin = time.monotonic()
    run.signal(signal.SIGKILL)
    run.wait()
    gone = None
    while True:
        looked = time.monotonic() - begin
        still = left(run, mark)
        if gone is None and not [process for process in still if "__guard" not in process.argv]:
            gone = looked
        if gone is not None and not still:
            return gone
        if looked > (PROMISE if gone is None else GUARD):
            for process in still:
                process.kill()
            raise AssertionError(f"{looked:.2f} s after the host there still are {still}")
        time.sleep(0.005)


def begin(stormhost: Stormhost, number: int, **others: Any) -> tuple[Run, str]:
    """Starts a run. Returns it with what marks those of its processes that have no environment."""
    away = stormhost.write(AWAY, "away.sh")
    mark = f"500.{os.getpid()}{number:03}"
    return stormhost.start(stormhost.write(TREES), args=[str(away), mark], **others), mark


def test_killed_hosts_leave_nothing_behind(stormhost: Stormhost, capsys: pytest.CaptureFixture[str]) -> None:
    took = []
    for number in range(100 if LONG else 10):
        run, mark = begin(stormhost, number)
        # All of them, or, every third time, as many as there are at some moment of the start.
        wanted = MARKED if number % 3 else random.randrange(MARKED)
        run.until(lambda run=run, mark=mark, wanted=wanted: len(marked(mark)) >= wanted, f"{wanted} grandchildren")
        took.append(kill_host(run, mark))
    took.sort()
    with capsys.disabled():
        middle, last = (1000 * seconds for seconds in (took[len(took) // 2], took[-1]))
        print(f"\n{len(took)} hosts killed: the last process was gone after {middle:.0f} ms (median), {last:.0f} ms (at most)")


def test_who_has_no_name_and_no_parent_goes_at_an_orderly_end_too(stormhost: Stormhost) -> None:
    settings = {"stormhost.kill.timeout.secs": 0.3, "stormhost.shutdown.timeout.secs": 1}
    run, mark = begin(stormhost, 0, settings=settings)
    run.until(lambda: len(marked(mark)) >= MARKED, "all grandchildren")
    run.signal(signal.SIGTERM)
    run.ends_with(143)
    still = left(run, mark)
    for process in still:
        process.kill()
    assert still == [], "nothing is left when the host has left"


STAYS = """
env -i prlimit --locks=1 setsid sh -c 'touch up; exec sleep MARK' >/dev/null 2>&1 </dev/null &
until [ -e up ]; do sleep 0.01; done
echo a
"""


def test_who_is_meant_to_stay_can(stormhost: Stormhost) -> None:
    mark = f"500.{os.getpid()}999"
    stormhost.write(STAYS.replace("MARK", mark), "stays.sh")
    source = """
class T(Topology):
    rows = Lines('sh stays.sh', spout=True)
    show = Lines('cat >/dev/null', inputs=ShuffleGrouping(rows))
"""
    stormhost.run(source).nothing_is_left()
    daemons = marked(mark)
    for daemon in daemons:
        daemon.kill()
    assert len(daemons) == 1
