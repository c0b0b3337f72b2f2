"""Runs the real program with real children, collects what it says, and finds what it left behind.

Every run carries a marker in its environment, which children and grandchildren inherit: so they are found whatever they do,
and runs of several tests at a time are told apart. Nothing here sleeps for a time: it waits for a condition, with a deadline.
"""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

TESTS = Path(__file__).resolve().parent
REPOSITORY = TESTS.parent
CHILDREN = TESTS / "children"

# How long a run may take that has nothing to wait for. Generous: a machine may be busy.
SOON = 60.0

MARKER = "STORMHOST_TEST"

T = TypeVar("T")

# Where the tests run in the background of a script SIGINT is ignored, and would be by the host, which leaves it so.
signal.signal(signal.SIGINT, signal.default_int_handler)


def binary() -> str:
    """The program under test: `$STORMHOST`, else what was built last for releases, else for debugging."""
    named = os.environ.get("STORMHOST")
    if named:
        return str(Path(named).resolve())
    for profile in ("release", "debug"):
        built = REPOSITORY / "target" / profile / "stormhost"
        if built.exists():
            return str(built)
    raise FileNotFoundError("no stormhost was built: run `cargo build`, or set STORMHOST to the program")


def wait_for(condition: Callable[[], T], what: str, within: float = SOON, every: float = 0.01) -> T:
    """What `condition` returns as soon as that is true. Fails with `what` was awaited."""
    deadline = time.monotonic() + within
    while True:
        found = condition()
        if found:
            return found
        if time.monotonic() > deadline:
            raise AssertionError(f"waited {within:.0f} s for {what}")
        time.sleep(every)


@dataclass(frozen=True)
class Line:
    """One line of the log. What is no line of the log, such as the last error, has a message only."""

    message: str
    level: str | None = None
    component: str | None = None
    task: int | None = None
    pid: int | None = None
    stream: str | None = None
    code: str | None = None

    @staticmethod
    def parse(text: str) -> Line:
        """Reads a line of `--log-format json`."""
        try:
            said = json.loads(text)
            return Line(said["message"], *(said.get(key) for key in ("level", "component", "task", "pid", "stream", "code")))
        except (ValueError, TypeError, KeyError):
            return Line(text)


@dataclass(frozen=True)
class Process:
    """A process of a run, other than the host and its guard."""

    pid: int
    argv: tuple[str, ...]

    def kill(self, number: int = signal.SIGKILL) -> bool:
        """Sends a signal; False if the process was gone already."""
        try:
            os.kill(self.pid, number)
        except ProcessLookupError:
            return False
        return True


def status_bytes(pid: int, name: str) -> int:
    """What a line of `/proc/<pid>/status` says, in bytes; 0 if there is no such line. Raises OSError if there is no such process."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(f"{name}:"):
            return int(line.split()[1]) * 1024
    return 0


def cpu_of(pid: int) -> float:
    """Seconds of CPU that a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class Run:
    """A run of the program, going on or over."""

    def __init__(self, popen: subprocess.Popen[bytes], marker: str, folder: Path, journal: Path) -> None:
        self.popen = popen
        self.marker = marker
        self._folder = folder
        self._journal = journal

    @property
    def pid(self) -> int:
        """The host's."""
        return self.popen.pid

    @property
    def stdout(self) -> str:
        """What the host wrote to its standard output so far."""
        return (self._folder / "stdout").read_text(errors="replace")

    @property
    def stderr(self) -> str:
        """What the host wrote to its standard error so far: the log, and errors."""
        return (self._folder / "stderr").read_text(errors="replace")

    @property
    def log(self) -> list[Line]:
        """The lines of the log so far."""
        return [Line.parse(line) for line in self.stderr.split("\n") if line]

    @property
    def told(self) -> str:
        """Everything that was told to the user, as text."""
        return "\n".join(line.message for line in self.log)

    def lines_of(self, component: str, stream: str | None = None) -> list[str]:
        """What a component said for people: all of it, or on one stream."""
        return [
            line.message
            for line in self.log
            if line.component == component and line.stream and stream in (None, line.stream)
        ]

    @property
    def journal(self) -> list[Any]:
        """What the parts of the topology noted so far, in order. A line that is being written does not count."""
        if not self._journal.exists():
            return []
        return [json.loads(line) for line in self._journal.read_bytes().split(b"\n")[:-1]]

    def noted(self, kind: str) -> list[Any]:
        """The notes of one kind, without the kind; single values as they are."""
        rows = [note[1:] for note in self.journal if note[0] == kind]
        return [row[0] if len(row) == 1 else tuple(row) for row in rows]

    @property
    def status(self) -> int | None:
        """The exit status; None while it runs, negative after a signal."""
        return self.popen.poll()

    def until(self, condition: Callable[[], T], what: str, within: float = SOON) -> T:
        """Waits for a condition while the run goes on; an early end of the run fails at once."""

        def look() -> T:
            over = self.popen.poll() is not None
            found = condition()
            if not found and over:
                raise AssertionError(f"the run ended with status {self.status} before {what}:\n{self.stderr[-4000:]}")
            return found

        try:
            return wait_for(look, what, within)
        except AssertionError as error:
            raise AssertionError(f"{error}; the log ends:\n{self.stderr[-4000:]}") from None

    def wait(self, within: float = SOON) -> Run:
        """Waits for the end of the run."""
        try:
            self.popen.wait(within)
        except subprocess.TimeoutExpired:
            left = ", ".join(" ".join(child.argv[-3:]) for child in self.children())
            raise AssertionError(
                f"waited {within:.0f} s for the end of the run; left are: {left or 'none'}; the log ends:\n{self.stderr[-4000:]}"
            ) from None
        return self

    def ends_with(self, status: int, within: float = SOON) -> Run:
        """Waits for the end of the run, which must have this status."""
        self.wait(within)
        assert self.status == status, f"status {self.status} instead of {status}; the log ends:\n{self.stderr[-6000:]}"
        return self

    def signal(self, number: int) -> None:
        """Sends a signal to the host alone."""
        self.popen.send_signal(number)

    def signal_again(self, number: int) -> None:
        """Sends a second signal, which ends it at once: as late as a person would, since two in a moment are one."""
        time.sleep(0.3)
        self.signal(number)

    def children(self, component: str | None = None) -> list[Process]:
        """The processes that belong to the run now: all of them, or those of one component."""
        found = [process for process in carriers(self.marker) if process.pid != self.pid and "__guard" not in process.argv]
        if component is None:
            return found
        return [process for process in found if component in process.argv]

    def kill_some(self, components: Iterable[str]) -> Process | None:
        """Kills a random child of these components; None if there was none to kill."""
        candidates = [child for component in components for child in self.children(component)]
        chosen = random.choice(candidates) if candidates else None
        return chosen if chosen and chosen.kill() else None

    def kills(self, components: Iterable[str], times: int) -> None:
        """Kills a random child of these components so many times, each time after something more was noted."""
        for kill in range(times):
            size = self._journal_size()
            self.until(lambda size=size: self._journal_size() > size, f"notes before kill {kill}")
            self.until(lambda: self.kill_some(components), f"a child to kill, the {kill}th")

    def _journal_size(self) -> int:
        return self._journal.stat().st_size if self._journal.exists() else 0

    def memory(self) -> int:
        """Bytes that the host has resident now."""
        return status_bytes(self.pid, "VmRSS")

    def peak_memory(self) -> int:
        """Bytes that the host had resident at most."""
        return status_bytes(self.pid, "VmHWM")

    def nothing_is_left(self, within: float = 1.0) -> None:
        """Waits until no process of the run is left, its guard included."""
        wait_for(
            lambda: not [process for process in carriers(self.marker) if process.pid != self.pid],
            f"the last process of the run to go; left are {carriers(self.marker)}",
            within,
        )


def carriers(marker: str) -> list[Process]:
    """All living processes with the marker in their environment."""
    found = []
    for entry in os.scandir("/proc"):
        if not entry.name.isdigit():
            continue
        try:
            environment = Path(entry.path, "environ").read_bytes()
            if f"{MARKER}={marker}".encode() in environment.split(b"\0"):
                argv = Path(entry.path, "cmdline").read_bytes().decode(errors="replace").split("\0")[:-1]
                found.append(Process(int(entry.name), tuple(argv)))
        except OSError:
            continue  # it left meanwhile, or is a zombie, or somebody else's
    return found


class Stormhost:
    """Starts the program for one test, in a folder of its own."""

    def __init__(self, folder: Path, home: Path) -> None:
        self.folder = folder
        self._home = home
        self._runs: list[Run] = []

    def write(self, source: str, name: str = "topology.py") -> Path:
        """Writes a file into the test's folder. Topologies get what they nearly all need."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if name.endswith("topology.py"):
            source = f"from parts import *\n\nCHILDREN = {str(CHILDREN)!r}\n\n{source}"
        path.write_text(source)
        return path

    def environment(self, marker: str, journal: Path) -> dict[str, str]:
        """What a run sees: no settings of whoever runs the tests, and an empty home."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("STORMHOST", "XDG_", "VIRTUAL_ENV"))}
        kept.update(
            HOME=str(self._home),
            XDG_STATE_HOME=str(self.folder / "state"),
            PYTHONPATH=str(TESTS),
            PYTHONDONTWRITEBYTECODE="1",
            JOURNAL=str(journal),
            NO_COLOR="1",
        )
        kept[MARKER] = marker
        return kept

    def start(
        self,
        topology: str | Path,
        *options: str,
        settings: dict[str, Any] | None = None,
        env: dict[str, str] | None = None,
        args: Iterable[str] = (),
        python: str | None = sys.executable,
        command: str = "run",
    ) -> Run:
        """Starts a run of a topology, given as a file or as its source.

        `settings`: for `--set`. `env`: for the host's environment. `args`: after the `--`. `python`: None lets the host choose.
        """
        if isinstance(topology, str):
            topology = self.write(topology)
        words = [command, str(topology), "--log-format", "json"]
        words += ["--python", python] if python else []
        for name, value in (settings or {}).items():
            words += ["--set", f"{name}={value if isinstance(value, str) else json.dumps(value)}"]
        return self.launch(*words, *options, "--", *args, env=env)

    def launch(
        self,
        *words: str,
        env: dict[str, str] | None = None,
        cwd: Path | None = None,
        stdin: int = subprocess.DEVNULL,
        stdout: Any = None,
        through: Iterable[str] = (),
        before: Callable[[], None] | None = None,
    ) -> Run:
        """Starts the program with these words.

        `env`: for its environment. `cwd`: the folder, if not the test's. `stdout`: a file in place of the one that `Run.stdout` reads.
        `through`: the words of a program that starts it. `before`: what its process does before it becomes the program.
        """
        marker = uuid.uuid4().hex
        folder = self.folder / f"run{len(self._runs)}"
        folder.mkdir()
        journal = folder / "journal"
        with open(folder / "stdout", "wb") as out, open(folder / "stderr", "wb") as err:
            popen = subprocess.Popen(
                [*through, binary(), *words],
                stdin=stdin,
                stdout=out if stdout is None else stdout,
                stderr=err,
                cwd=self.folder if cwd is None else cwd,
                preexec_fn=before,
                env={**self.environment(marker, journal), **(env or {})},
                start_new_session=True,  # away from the terminal of whoever runs the tests
            )
        run = Run(popen, marker, folder, journal)
        self._runs.append(run)
        return run

    def run(self, topology: str | Path, *options: str, status: int = 0, within: float = SOON, **others: Any) -> Run:
        """Runs a topology to its end, which must have this status."""
        return self.start(topology, *options, **others).ends_with(status, within)

    @property
    def runs(self) -> list[Run]:
        """All runs so far."""
        return self._runs

    def clean_up(self) -> list[str]:
        """Ends whatever is left, and tells what that was."""
        left = []
        for run in self._runs:
            if run.popen.poll() is None:
                run.popen.kill()
                run.popen.wait()
            deadline = time.monotonic() + 2
            while carriers(run.marker):
                if time.monotonic() > deadline:
                    for process in carriers(run.marker):
                        left.append(" ".join(process.argv))
                        process.kill()
                    break
                time.sleep(0.01)
        return left
