"""`stormhost run --debug`: a debugger on a real terminal, and one on a port, in a topology that goes on."""

from __future__ import annotations

import errno
import fcntl
import json
import os
import pty
import select
import signal
import socket
import subprocess
import sys
import termios
import time
from collections.abc import Iterator, Sequence
from typing import Any

import pytest

from harness import SOON, Stormhost, binary

TOPOLOGY = """
class Seen(AutoAckBolt):
    def execute(self, input):
        doubled = 2 * input.n
        if input.n == 2:
            breakpoint()
        note('seen', doubled)

class T(Topology):
    numbers = Numbers(1, 4)
    seen = Seen(3)
    seen.inputs.append(ShuffleGrouping(numbers))
"""


class Terminal:
    """A run whose terminal is in our hands."""

    def __init__(self, words: list[str], env: dict[str, str], folder: Any) -> None:
        self.ours, theirs = pty.openpty()

        def leads_a_session() -> None:
            os.setsid()
            fcntl.ioctl(0, termios.TIOCSCTTY, 0)

        self.running = subprocess.Popen(words, stdin=theirs, stdout=theirs, stderr=theirs, env=env, cwd=folder, preexec_fn=leads_a_session)
        os.close(theirs)
        self.seen = ""
        self.looked = 0

    def read(self) -> bool:
        """Reads what is there now; False at the end."""
        ready, _, _ = select.select([self.ours], [], [], 0.05)
        if not ready:
            return True
        try:
            data = os.read(self.ours, 1 << 16)
        except OSError as error:
            assert error.errno == errno.EIO
            return False
        self.seen += data.decode(errors="replace").replace("\r\n", "\n")
        return bool(data)

    def until(self, text: str) -> None:
        """Waits for a text behind the one that was last waited for."""
        deadline = time.monotonic() + SOON
        while text not in self.seen[self.looked :]:
            more = self.read()
            assert more and time.monotonic() < deadline, f"{text!r} was not said in:\n{self.seen}"
        self.looked = self.seen.index(text, self.looked) + len(text)

    def type(self, line: str) -> None:
        os.write(self.ours, line.encode() + b"\n")

    def ends(self) -> int:
        deadline = time.monotonic() + SOON
        while self.read() and time.monotonic() < deadline:
            pass
        return self.running.wait(SOON)

    def close(self) -> None:
        if self.running.poll() is None:
            self.running.kill()
            self.running.wait()
        os.close(self.ours)


@pytest.fixture
def terminal(stormhost: Stormhost) -> Iterator[Any]:
    opened = []

    def start(topology: str, *options: str, before: Sequence[str] = ("run",), below: Sequence[str] = ()) -> Terminal:
        file = stormhost.write(topology)
        words = [*below, binary(), *before, "--python", sys.executable, *options, str(file)]
        journal = stormhost.folder / "journal"
        opened.append(Terminal(words, stormhost.environment("debug", journal), stormhost.folder))
        return opened[-1]

    yield start
    for each in opened:
        each.close()


def journal(stormhost: Stormhost) -> list[Any]:
    return [json.loads(line) for line in (stormhost.folder / "journal").read_text().splitlines()]


def test_a_terminal_stops_at_the_first_tuple_and_at_breakpoints(stormhost: Stormhost, terminal: Any) -> None:
    # A limit that would end a component which is silent for so long, were it not debugged.
    run = terminal(TOPOLOGY, "--debug", "bolt=seen", "--set", "topology.subprocess.timeout.secs=1")
    run.until("doubled = 2 * input.n")
    run.until("(Seen) ")
    run.type("p 'n is', input.n")
    run.until("('n is', 0)")
    run.until("(Seen) ")
    run.type("import time; time.sleep(3)")
    run.until("(Seen) ")
    run.type("n")
    run.until("if input.n == 2")
    run.until("(Seen) ")
    run.type("p 'doubled', doubled")
    run.until("('doubled', 0)")
    run.type("c")
    run.until("note('seen', doubled)")
    run.until("(Seen) ")
    run.type("p 'again', input.n")
    run.until("('again', 2)")
    run.type("c")
    assert run.ends() == 0, run.seen
    assert sorted(row[1] for row in journal(stormhost) if row[0] == "seen") == [0, 2, 4, 6]
    assert "hung" not in run.seen


def test_break_points_that_are_set_by_hand_count_later_too(stormhost: Stormhost, terminal: Any) -> None:
    run = terminal(TOPOLOGY.replace("breakpoint()", "pass"), "--debug", "seen@tty")
    run.until("(Seen) ")
    line = next(n for n, text in enumerate((stormhost.folder / "topology.py").read_text().splitlines(), 1) if "note('seen'" in text)
    run.type(f"b {line}")
    run.until("Breakpoint 1")
    for n in range(4):
        run.type("c")
        run.until("note('seen', doubled)")
        run.until("(Seen) ")
        run.type("p 'n is', input.n")
        run.until(f"('n is', {n})")
    run.type("c")
    assert run.ends() == 0, run.seen


def test_leaving_the_debugger_fails_the_tuple_and_the_run_goes_on(stormhost: Stormhost, terminal: Any) -> None:
    run = terminal(TOPOLOGY.replace("breakpoint()", "pass"), "--debug", "seen")
    run.until("(Seen) ")
    run.type("q")
    assert run.ends() == 3, run.seen
    rows = journal(stormhost)
    assert [row[1] for row in rows if row[0] == "failed"] == [0]
    assert sorted(row[1] for row in rows if row[0] == "seen") == [2, 4, 6]


class Debugger:
    """As much of an editor as a debug adapter needs to let its program go."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), SOON)
        self.file = self.socket.makefile("rb")
        self.number = 0

    def close(self) -> None:
        self.file.close()
        self.socket.close()

    def ask(self, command: str, **arguments: Any) -> None:
        self.number += 1
        body = json.dumps({"seq": self.number, "type": "request", "command": command, "arguments": arguments}).encode()
        self.socket.sendall(b"Content-Length: %d\r\n\r\n" % len(body) + body)

    def until(self, **members: Any) -> dict[str, Any]:
        """The next message with these members."""
        while True:
            length = 0
            while line := self.file.readline().strip():
                if line.lower().startswith(b"content-length:"):
                    length = int(line.split(b":")[1])
            assert length, "the debugger's connection was closed"
            said = json.loads(self.file.read(length))
            if all(said.get(name) == value for name, value in members.items()):
                return said


def test_debugpy_listens_and_the_component_waits_for_it(stormhost: Stormhost) -> None:
    topology = TOPOLOGY.replace("breakpoint()", "pass")
    run = stormhost.start(topology, "--debug", "seen@debugpy")
    run.until(lambda: "debugpy listens on 127.0.0.1:" in run.told, "the port to be told")
    port = int(run.told.split("debugpy listens on 127.0.0.1:")[1].split(";")[0])
    assert run.noted("seen") == []
    line = next(n for n, text in enumerate((stormhost.folder / "topology.py").read_text().splitlines(), 1) if "note('seen'" in text)
    debugger = Debugger(port)
    debugger.ask("initialize", adapterID="test", linesStartAt1=True, pathFormat="path")
    debugger.until(command="initialize", success=True)
    debugger.ask("attach", justMyCode=False)
    debugger.until(event="initialized")
    debugger.ask("setBreakpoints", source={"path": str(stormhost.folder / "topology.py")}, breakpoints=[{"line": line}])
    debugger.until(command="setBreakpoints", success=True)
    debugger.ask("configurationDone")
    stopped = debugger.until(event="stopped")
    assert run.noted("seen") == []
    debugger.ask("setBreakpoints", source={"path": str(stormhost.folder / "topology.py")}, breakpoints=[])
    debugger.until(command="setBreakpoints", success=True)
    debugger.ask("continue", threadId=stopped["body"]["threadId"])
    run.ends_with(0)
    debugger.close()
    assert sorted(run.noted("seen")) == [0, 2, 4, 6]


def test_a_python_without_debugpy_ends_the_run_and_says_what_to_install(stormhost: Stormhost) -> None:
    bare = os.path.realpath(sys.executable)
    run = stormhost.run(TOPOLOGY, "--debug", "seen@debugpy", python=bare, status=4)
    assert "pip install debugpy" in run.told


@pytest.mark.parametrize(
    "component, said",
    [
        pytest.param("nobody", "there is no such component", marks=pytest.mark.error("SH1112")),
        pytest.param("shown", "only components in Python can be debugged so", marks=pytest.mark.error("SH1112")),
        pytest.param("seen@tty", "there is no terminal", marks=pytest.mark.error("SH1112")),
    ],
)
def test_what_cannot_be_debugged_is_told(stormhost: Stormhost, component: str, said: str) -> None:
    topology = TOPOLOGY + "    shown = Print()\n    shown.inputs.append(ShuffleGrouping(numbers))\n"
    run = stormhost.run(topology, "--debug", component, status=1)
    assert said in run.told and run.told.count("error: ") == 1


OTHERS = """
class T(Topology):
    numbers = Numbers(1, 4)
    stock = Process('python', 'stock.py', inputs=[ShuffleGrouping(numbers)])
    module = Process('python', '-m', 'stock', inputs=[ShuffleGrouping(numbers)])
    ours = Process('python', 'ours.py', inputs=[ShuffleGrouping(numbers)])
"""


@pytest.mark.error("SH1112")
def test_what_is_not_there_is_one_error_that_lists_what_is(stormhost: Stormhost) -> None:
    run = stormhost.run(OTHERS, "--debug", "nobody", status=1)
    assert "--debug nobody: there is no such component" in run.told
    assert "what there is: numbers, stock, module, ours" in run.told
    assert run.told.count("error: ") == 1, run.told


@pytest.mark.parametrize("component", ["stock", "module"])
@pytest.mark.error("SH1112")
def test_python_on_another_library_gets_no_debugger_and_says_so(stormhost: Stormhost, component: str) -> None:
    (stormhost.folder / "stock.py").write_text("import storm\nstorm.BasicBolt().run()\n")
    run = stormhost.run(OTHERS, "--debug", component, status=1)
    assert "it is on storm and does not import stormhost" in run.told


@pytest.mark.error("SH1112")
def test_a_script_that_imports_our_library_gets_one(stormhost: Stormhost) -> None:
    (stormhost.folder / "ours.py").write_text("from stormhost import Bolt\nBolt().run()\n")
    # It is found fit; only the terminal is missing.
    run = stormhost.run(OTHERS, "--debug", "ours@tty", status=1)
    assert "there is no terminal" in run.told


def test_no_budget_ends_whoever_is_debugged(stormhost: Stormhost, terminal: Any) -> None:
    topology = TOPOLOGY.replace("breakpoint()", "pass")
    run = terminal(topology, "--debug", "seen", "--set", "stormhost.tuple.budget.secs=0.5")
    run.until("(Seen) ")
    run.type("import time; time.sleep(3)")
    run.until("(Seen) ")
    run.type("c")
    assert run.ends() == 0, run.seen
    assert sorted(row[1] for row in journal(stormhost) if row[0] == "seen") == [0, 2, 4, 6]


LETTER = {"component": "seen", "from": "numbers", "stream": "default", "fields": ["n"], "values": [7], "why": "killed_its_child"}


def test_a_replay_is_debugged_too(stormhost: Stormhost, terminal: Any) -> None:
    letters = stormhost.folder / "letters.jsonl"
    letters.write_text(json.dumps(LETTER) + "\n")
    topology = TOPOLOGY.replace("breakpoint()", "pass")
    run = terminal(topology, "--debug", "seen", before=["replay", str(letters)])
    run.until("(Seen) ")
    run.type("p 'n is', input.n")
    run.until("('n is', 7)")
    run.type("c")
    assert run.ends() == 0, run.seen


@pytest.mark.error("SH1112")
def test_a_replay_starts_no_spout_to_debug(stormhost: Stormhost) -> None:
    letters = stormhost.folder / "letters.jsonl"
    letters.write_text(json.dumps(LETTER) + "\n")
    topology = stormhost.write(TOPOLOGY)
    run = stormhost.run(letters, str(topology), "--debug", "numbers", command="replay", status=1)
    assert "dead letters are fed in place of the spouts" in run.told


GENERATED = """
class Counted(ReliableSpout):
    class Default(Stream):
        fields = 'n'
    def tuples(self):
        for n in range(4):
            yield n

class Asked(Spout):
    class Default(Stream):
        fields = 'n'
    def initialize(self):
        self.n = 0
    def next_tuple(self):
        if self.n == 3:
            self.done()
            return
        self.emit([self.n], id=self.n)
        self.n += 1

class Seen(AutoAckBolt):
    def execute(self, input):
        note('seen', input.n)

class Gathers(TimeBatcher):
    interval = 0.2
    def batch(self, inputs):
        gathered = len(inputs)
        note('gathered', gathered)

class T(Topology):
    counted = Counted(1)
    asked = Asked(1)
    seen = Seen(1)
    gathers = Gathers(1)
    seen.inputs.append(ShuffleGrouping(counted))
    seen.inputs.append(ShuffleGrouping(asked))
    gathers.inputs.append(ShuffleGrouping(counted))
"""


def seen(stormhost: Stormhost) -> list[int]:
    return sorted(row[1] for row in journal(stormhost) if row[0] == "seen")


def test_a_generator_stops_where_it_begins_and_is_gone_through_step_by_step(stormhost: Stormhost, terminal: Any) -> None:
    run = terminal(GENERATED, "--debug", "counted@tty")
    run.until("for n in range(4)")
    run.until("(Counted) ")
    for n in range(2):
        run.type("n")
        run.until("yield n")
        run.until("(Counted) ")
        run.type("p 'n is', n")
        run.until(f"('n is', {n})")
        run.until("(Counted) ")
        run.type("n")
        run.until("for n in range(4)")
        run.until("(Counted) ")
    run.type("c")
    assert run.ends() == 0, run.seen
    assert seen(stormhost) == [0, 0, 1, 1, 2, 2, 3]


def test_a_break_point_in_a_generator_counts_at_every_step(stormhost: Stormhost, terminal: Any) -> None:
    run = terminal(GENERATED, "--debug", "counted@tty")
    run.until("(Counted) ")
    line = next(n for n, text in enumerate((stormhost.folder / "topology.py").read_text().splitlines(), 1) if "yield n" in text)
    run.type(f"b {line}")
    run.until("Breakpoint 1")
    for n in range(4):
        run.type("c")
        run.until("yield n")
        run.until("(Counted) ")
        run.type("p 'n is', n")
        run.until(f"('n is', {n})")
    run.type("c")
    assert run.ends() == 0, run.seen


@pytest.mark.parametrize("component, stopped_at", [("counted", "for n in range(4)"), ("asked", "if self.n == 3")])
def test_leaving_the_debugger_of_a_spout_ends_neither_it_nor_the_run(
    stormhost: Stormhost, terminal: Any, component: str, stopped_at: str
) -> None:
    run = terminal(GENERATED, "--debug", f"{component}@tty")
    run.until(stopped_at)
    run.until(f"({component.capitalize()}) ")
    run.type("q")
    assert run.ends() == 0, run.seen
    assert seen(stormhost) == [0, 0, 1, 1, 2, 2, 3] and "started again" not in run.seen


def test_a_second_interrupt_in_a_row_is_for_the_host(terminal: Any) -> None:
    run = terminal(GENERATED, "--debug", "seen@tty", "--set", "stormhost.shutdown.timeout.secs=1")
    run.until("(Seen) ")
    os.write(run.ours, b"\x03")
    run.until("(Seen) ")
    run.type("p 'still here'")
    run.until("'still here'")
    run.until("(Seen) ")
    os.write(run.ours, b"\x03")
    run.until("(Seen) ")
    os.write(run.ours, b"\x03")
    run.until("stopping: ")
    run.type("c")
    assert run.ends() == 130, run.seen


def test_a_batcher_stops_at_its_batch(terminal: Any) -> None:
    run = terminal(GENERATED, "--debug", "gathers@tty")
    run.until("gathered = len(inputs)")
    run.until("(Gathers) ")
    run.type("p 'many', len(inputs)")
    run.until("('many', ")
    run.type("c")
    assert run.ends() == 0, run.seen


def test_a_run_ends_with_the_terminal_that_its_debugger_is_on(stormhost: Stormhost, terminal: Any) -> None:
    # Below a shell, which alone is told by the kernel, together with whoever is in the foreground: the component.
    run = terminal(TOPOLOGY, "--debug", "seen@tty", "--log-file", "log", below=["sh", "-c", '"$0" "$@"; :'])
    run.until("(Seen) ")
    os.close(run.ours)
    run.ours = os.open(os.devnull, os.O_RDONLY)
    log = stormhost.folder / "log"
    deadline = time.monotonic() + SOON
    while "stopping: " not in log.read_text():
        assert time.monotonic() < deadline, log.read_text()
        time.sleep(0.05)


def test_a_component_whose_terminal_is_gone_goes_on_without_a_debugger(stormhost: Stormhost) -> None:
    run = stormhost.run(TOPOLOGY.replace("breakpoint()", "pass"), env={"STORMHOST_DEBUG": "tty:/dev/pts/no-such"})
    assert "it runs on without its debugger: the terminal is gone" in run.told
    assert sorted(run.noted("seen")) == [0, 2, 4, 6]


def test_the_port_is_told_whatever_is_logged(stormhost: Stormhost) -> None:
    run = stormhost.start(TOPOLOGY.replace("breakpoint()", "pass"), "--debug", "seen@debugpy", "--log-level", "error")
    run.until(lambda: "seen waits for a debugger on 127.0.0.1:" in run.told, "the port to be told")
    run.signal(signal.SIGINT)
