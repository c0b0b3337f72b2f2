"""What children may use and what they see, hangs, and the clocks that tell them from work."""

from __future__ import annotations

import itertools
import os
import signal
import time
from pathlib import Path
from typing import Any

import pytest

from harness import Run, Stormhost, wait_for

ONE = """
class Bolt1(AutoAckBolt):
    conf = CONF
    def execute(self, input):
        BODY

class T(Topology):
    numbers = Numbers(1, 1)
    bolt = Bolt1()
    bolt.inputs.append(ShuffleGrouping(numbers))
"""


def one(body: str, **conf: Any) -> str:
    body = "\n        ".join(body.strip().splitlines())
    named = {"stormhost." + name.replace("_", "."): value for name, value in conf.items()}
    return ONE.replace("CONF", repr(named)).replace("BODY", body)


HOARD = """
hoard = []
while True:
    hoard.append(bytearray(b'x' * 10_000_000))
"""
FORKS = """
for _ in range(5):
    if os.fork() == 0:
        time.sleep(1000)
time.sleep(1000)
"""
HOARDS_BELOW = """
import subprocess, sys
code = "import time; hoard = bytearray(b'x' * 400_000_000); time.sleep(1000)"
subprocess.run([sys.executable, '-c', code])
"""


@pytest.mark.parametrize(
    ("body", "conf", "said"),
    [
        pytest.param(HOARD, {"limit_memory_bytes": "200 MiB"}, "it uses", marks=pytest.mark.error("SH0409")),
        (HOARDS_BELOW, {"limit_memory_bytes": "200 MiB"}, "its 2 processes use"),
        pytest.param(FORKS, {"limit_processes": 3}, "it has 6 processes, and may have 3 (stormhost.l", marks=pytest.mark.error("SH0410")),
        ("while True: pass", {"limit_cpu_secs": 1}, "was killed by SIGXCPU"),
    ],
    ids=["memory", "memory of the tree", "processes", "cpu"],
)
def test_who_is_over_a_limit_is_stopped_and_told(stormhost: Stormhost, body: str, conf: dict[str, Any], said: str) -> None:
    run = stormhost.run(one(body, **conf), status=3)
    assert said in run.told, run.told
    assert "stormhost.limit." in run.told
    assert run.noted("failed")[0][:2] == (0, "child_died")


SEES = """
import resource, stat
open('made', 'w').close()
note('sees', os.nice(0), oct(stat.S_IMODE(os.stat('made').st_mode)), os.getcwd(), *resource.getrlimit(resource.RLIMIT_NOFILE))
note('environment', sorted(os.environ))
"""


def test_a_child_sees_what_it_was_given(stormhost: Stormhost) -> None:
    folder = stormhost.folder / "work"
    folder.mkdir()
    conf = {"nice": 7, "umask": "027", "folder": str(folder), "limit_files": 99}
    keep = "JOURNAL PYTHONPATH NOT_THERE"
    run = stormhost.run(one(SEES, clean_env=True, clean_env_keep=keep, **conf), "--env", "MINE=1", env={"SECRET": "s"})
    [sees] = run.noted("sees")
    # Files are opened with 666.
    assert list(sees) == [7, "0o640", str(folder), 99, 99]
    [environment] = run.noted("environment")
    assert {"JOURNAL", "PYTHONPATH", "MINE", "STORMHOST_RUN"} <= set(environment)
    assert not {"SECRET", "HOME", "PATH", "NOT_THERE", "XDG_STATE_HOME"} & set(environment)


def test_a_umask_that_is_none_is_told(stormhost: Stormhost) -> None:
    run = stormhost.run(one("pass", umask="9"), status=1)
    assert "octal digits" in run.told


def test_a_child_runs_as_another_user_where_the_host_may(stormhost: Stormhost) -> None:
    shell = """
class T(Topology):
    numbers = Numbers(1, 1)
    who = Process('sh', '-c', 'id -u >&2; echo "$USER" >&2', conf={'stormhost.user': 'nobody', 'stormhost.folder': '/'})
    who.inputs.append(ShuffleGrouping(numbers))
"""
    run = stormhost.run(shell, status=4)
    if os.getuid() == 0:
        import pwd

        # Nobody else may enter the folders of these tests.
        closed = stormhost.run(shell.replace(", 'stormhost.folder': '/'", ""), status=4).told
        assert "the user `nobody` may not enter the working folder" in closed
        assert f"| {pwd.getpwnam('nobody').pw_uid}\n    | nobody" in run.told
    else:
        assert "stormhost.user and stormhost.group need root" in run.told
    assert "there is no user `nobody-at-all`" in stormhost.run(shell.replace("'nobody'", "'nobody-at-all'"), status=4).told


WRITES_ITS_PID_FILE = """
import json, os, sys
text = ''
while True:
    line = sys.stdin.readline()
    if line == 'end\\n':
        break
    text += line
folder = json.loads(text)['pidDir']
open(os.path.join(folder, str(os.getpid())), 'w').close()
sys.stderr.write(f'{folder} {os.getuid()}\\n')
print(json.dumps({'pid': os.getpid()}), 'end', sep='\\n', flush=True)
sys.stdin.read()
"""


@pytest.mark.skipif(os.getuid() != 0, reason="only root may start processes of others")
def test_a_child_of_another_user_can_write_its_pid_file_and_read_nothing_else(stormhost: Stormhost) -> None:
    source = f"""
class T(Topology):
    numbers = Endless()
    other = Process('/usr/bin/python3', '-c', {WRITES_ITS_PID_FILE!r}, conf={{'stormhost.user': 'nobody', 'stormhost.folder': '/'}})
    other.inputs.append(ShuffleGrouping(numbers))
"""
    run = stormhost.start(source)
    run.until(lambda: run.lines_of("other", "stderr"), "the pid file to be written")
    folder, uid = run.lines_of("other", "stderr")[0].split()
    assert int(uid) == os.stat(folder).st_uid != 0
    assert os.stat(folder).st_mode & 0o777 == 0o700 and len(os.listdir(folder)) == 1
    run.signal(signal.SIGTERM)
    run.wait()
    assert not Path(folder).parent.exists()


def test_the_longest_message_is_the_components_own(stormhost: Stormhost) -> None:
    source = """
class Large(AutoAckBolt):
    class Default(Stream):
        fields = 'text'
    def execute(self, input):
        self.emit('x' * (3 << 20))

class Small(AutoAckBolt):
    def execute(self, input):
        note('length', len(input.text))

class T(Topology):
    numbers = Numbers(1, 2)
    large = Large(inputs=ShuffleGrouping(numbers))
    small = Small(inputs=ShuffleGrouping(large))
"""
    run = stormhost.run(source, settings={"stormhost.max.message.bytes": "1 MiB", "large:stormhost.max.message.bytes": "8 MiB"})
    assert run.noted("length") == [3 << 20] * 2, run.told
    filters = """
class T(Topology):
    numbers = Numbers(1, 1)
    large = KIND
    show = Print(inputs=ShuffleGrouping(large))
"""
    commands = "\"head -c 2000000 /dev/zero | tr '\\\\0' x; echo\", fields='line', inputs=[ShuffleGrouping(numbers)]"
    for kind in (f"Exec({commands})", f"Lines({commands})"):
        settings = {"stormhost.max.message.bytes": "1 MiB", "large:stormhost.max.message.bytes": "8 MiB"}
        run = stormhost.run(filters.replace("KIND", kind), settings=settings)
        assert len(run.stdout.strip()) == 2_000_000, run.told


def test_how_long_a_child_may_take_to_go_is_the_components_own(stormhost: Stormhost) -> None:
    source = """
import signal, threading
class Bolt1(AutoAckBolt):
    def initialize(self):
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        threading.Thread(target=time.sleep, args=[1000]).start()
    def execute(self, input):
        pass

class T(Topology):
    numbers = Numbers(1, 1)
    bolt = Bolt1(inputs=ShuffleGrouping(numbers))
"""
    settings = {"stormhost.kill.timeout.secs": 1000, "bolt:stormhost.kill.timeout.secs": 0.2}
    run = stormhost.run(source, settings=settings)
    assert "ignores SIGTERM; it is killed" in run.told


def test_a_process_for_a_tuple_has_the_budget_of_a_tuple(stormhost: Stormhost) -> None:
    source = """
class T(Topology):
    numbers = Numbers(1, 1)
    command = Exec('sleep 1000', timeout=500, conf={'stormhost.tuple.budget.secs': 0.3}, inputs=[ShuffleGrouping(numbers)])
"""
    run = stormhost.run(source, status=3)
    assert "did not end within 0.3 s" in run.told and "stormhost.tuple.budget.secs" in run.told, run.told
    run.nothing_is_left()


def test_no_file_of_the_host_is_inherited(stormhost: Stormhost) -> None:
    source = """
class T(Topology):
    numbers = Endless()
    plain = Process('python3', 'plain.py', parallelism=3)
    plain.inputs.append(ShuffleGrouping(numbers))
"""
    stormhost.write("import time, sys, os\nsys.stderr.write('here\\n')\nsys.stderr.flush()\ntime.sleep(1000)\n", "plain.py")
    run = stormhost.start(source)
    # An interpreter that starts has files of its own open, so each must have come as far as the script.
    run.until(lambda: len(run.lines_of("plain")) == 3, "three scripts to be running")
    plain = [process for process in run.children() if "plain.py" in process.argv]
    assert len(plain) == 3
    for process in plain:
        fds = {int(fd): os.readlink(f"/proc/{process.pid}/fd/{fd}") for fd in os.listdir(f"/proc/{process.pid}/fd")}
        assert sorted(fds) == [0, 1, 2], fds
        assert all(target.startswith("pipe:") for target in fds.values()), fds
    run.signal(signal.SIGKILL)
    run.wait()


@pytest.mark.error("SH0408")
def test_a_tuple_over_its_budget_is_told_with_the_stack_and_what_proc_tells(stormhost: Stormhost) -> None:
    run = stormhost.run(one("time.sleep(1000)", tuple_budget_secs=2), status=3)
    assert "it took more than 2 s for one tuple (stormhost.tuple.budget.secs)" in run.told
    assert "state S (sleeping)" in run.told and "open files: 0 " in run.told
    assert "in execute" in run.told and "the tuple in hand was [0]" in run.told


def test_many_tuples_within_the_budget_are_no_hang(stormhost: Stormhost) -> None:
    source = one("time.sleep(0.4)", tuple_budget_secs=3).replace("Numbers(1, 1)", "Numbers(1, 12)")
    run = stormhost.run(source)
    assert len(run.noted("acked")) == 12
    assert "budget" not in run.told


def still(run: Run, seconds: float) -> None:
    """Suspends the host for a time: what is tested is that this time does not count."""
    run.signal(signal.SIGSTOP)
    status = Path(f"/proc/{run.pid}/stat")
    wait_for(lambda: status.read_text().rsplit(")", 1)[1].split()[0] == "T", "the host to be suspended")
    time.sleep(seconds)
    run.signal(signal.SIGCONT)


def test_a_suspended_host_takes_nobody_for_hung(stormhost: Stormhost) -> None:
    source = one("note('began')\ntime.sleep(3)", tuple_budget_secs=4)
    run = stormhost.start(source, settings={"topology.subprocess.timeout.secs": 4})
    run.until(lambda: run.noted("began"), "the tuple to be worked on")
    still(run, 5)
    run.ends_with(0)
    assert run.noted("acked") == [0]
    assert "hung" not in run.told and "for one tuple" not in run.told


def test_a_child_that_the_host_holds_up_is_not_taken_for_hung(stormhost: Stormhost) -> None:
    source = """
class Many(AutoAckBolt):
    class Default(Stream):
        fields = 'n'
    def execute(self, input):
        self.emit(input.n)

class Slow(AutoAckBolt):
    conf = {'topology.subprocess.timeout.secs': 60}
    def execute(self, input):
        time.sleep(0.25)

class T(Topology):
    numbers = Numbers(1, 40)
    many = Many()
    slow = Slow()
    many.inputs.append(ShuffleGrouping(numbers))
    slow.inputs.append(ShuffleGrouping(many))
"""
    settings = {"many:topology.subprocess.timeout.secs": 2, "many:stormhost.tuple.budget.secs": 2, "stormhost.queue.tuples": 1}
    run = stormhost.run(source, settings=settings)
    assert sorted(run.noted("acked")) == list(range(40))
    assert "hung" not in run.told and "for one tuple" not in run.told


@pytest.mark.parametrize("reads", ["", "cat > /dev/null; "], ids=["unread", "after-its-input"])
def test_a_filter_over_its_limit_is_stopped_and_told(stormhost: Stormhost, reads: str) -> None:
    source = f"""
class T(Topology):
    numbers = Numbers(1, 1)
    filter = Lines('{reads}sleep 1000 & sleep 1000 & sleep 1000 & sleep 1000', conf={{'stormhost.limit.processes': 2}})
    filter.inputs.append(ShuffleGrouping(numbers))
"""
    run = stormhost.start(source)
    run.until(lambda: "processes, and may have 2 (stormhost.limit.processes)" in run.told, "the limit to be told")
    run.signal(signal.SIGTERM)
    run.wait()


def test_a_source_of_lines_over_its_limit_is_stopped_and_told(stormhost: Stormhost) -> None:
    source = """
class T(Topology):
    lines = Lines(
        'echo a; if mkdir once; then sleep 1000 & sleep 1000 & sleep 1000; fi',
        spout=True,
        conf={'stormhost.limit.processes': 2},
    )
    show = Print(inputs=ShuffleGrouping(lines))
"""
    run = stormhost.run(source)
    assert "processes, and may have 2 (stormhost.limit.processes)" in run.told
    assert run.stdout == "a\na\n"
    run.nothing_is_left()


def test_a_child_over_its_limit_before_it_answers_the_handshake_is_stopped_and_told(stormhost: Stormhost) -> None:
    source = """
class Greedy(AutoAckBolt):
    def initialize(self):
        self.much = bytearray(100 << 20)
        time.sleep(1000)
    def execute(self, input):
        pass

class T(Topology):
    numbers = Numbers(1, 1)
    greedy = Greedy(1, inputs=[ShuffleGrouping(numbers)])
    greedy.conf['stormhost.limit.memory.bytes'] = '60 MiB'
"""
    run = stormhost.run(source, status=4)
    assert "(stormhost.limit.memory.bytes)" in run.told


@pytest.mark.parametrize(
    ("command", "conf", "said"),
    [
        ("sleep 1000 & sleep 1000 & sleep 1000 & wait", {"processes": 2}, "processes, and may have 2 (stormhost.limit.processes)"),
        ("head -c 400M /dev/zero | tail; sleep 1000", {"memory.bytes": "100 MiB"}, "(stormhost.limit.memory.bytes)"),
        ("while :; do :; done", {"cpu.secs": 1}, "it used up its CPU time (stormhost.limit.cpu.secs)"),
    ],
    ids=["processes", "memory", "cpu"],
)
def test_a_command_for_a_tuple_that_is_over_a_limit_is_stopped_with_all_it_started(
    stormhost: Stormhost, command: str, conf: dict[str, Any], said: str
) -> None:
    conf = {f"stormhost.limit.{name}": value for name, value in conf.items()}
    source = f"""
class T(Topology):
    numbers = Numbers(1, 1)
    command = Exec({command + "; true"!r}, conf={conf!r}, inputs=[ShuffleGrouping(numbers)])
"""
    run = stormhost.run(source, status=3)
    assert said in run.told, run.told
    assert run.noted("failed")[0][0] == 0
    run.nothing_is_left()


def test_a_command_for_a_tuple_sees_what_it_was_given(stormhost: Stormhost) -> None:
    command = "umask >&2; ulimit -Sn >&2; ulimit -Hn >&2; nice >&2; pwd >&2; echo secret=$SECRET n=$n >&2; exit 1"
    conf = {"umask": "027", "limit.files": 99, "nice": 7, "folder": "/", "clean.env": True, "clean.env.keep": "PATH"}
    conf = {f"stormhost.{name}": value for name, value in conf.items()}
    source = f"""
class T(Topology):
    numbers = Numbers(1, 1)
    command = Exec({command!r}, conf={conf!r}, inputs=[ShuffleGrouping(numbers)])
"""
    run = stormhost.run(source, env={"SECRET": "s"}, status=3)
    told = "\n".join(run.lines_of("command", "stderr"))
    assert told.split() == ["0027", "99", "99", str(7), "/", "secret=", "n=0"], run.told


def test_a_start_may_take_longer_than_a_hang(stormhost: Stormhost) -> None:
    source = one("pass").replace("    def execute", "    def initialize(self):\n        time.sleep(4)\n    def execute", 1)
    run = stormhost.run(source, settings={"topology.subprocess.timeout.secs": 3})
    assert run.noted("acked") == [0]
    assert "hung" not in run.told


def test_heartbeats_come_to_old_children_as_storms_do(stormhost: Stormhost) -> None:
    """Every second, as the wire has them there; and none to a spout."""
    source = """
class T(Topology):
    spout = Process('python', CHILDREN + '/notes_heartbeats.py', 'spout', spout=True, fields='n')
    bolt = Process('python', CHILDREN + '/notes_heartbeats.py', 'bolt')
    bolt.inputs.append(ShuffleGrouping(spout))
"""
    run = stormhost.start(source)
    run.until(lambda: len(run.noted("bolt")) >= 4, "four heartbeats")
    run.signal(signal.SIGTERM)
    run.wait()
    assert run.noted("spout") == []
    beats = run.noted("bolt")
    assert all(beat[1:] == (None, "__heartbeat", -1, []) for beat in beats), beats
    # They may come late on a busy machine, but are never hurried.
    assert all(later[0] - earlier[0] > 0.5 for earlier, later in itertools.pairwise(beats)), beats
