"""Errors of a run that no other test makes happen: what the machine refuses, and what children say that they may not."""

from __future__ import annotations

import json
import os
import resource
import shutil
from pathlib import Path
from typing import Any

import pytest
from test_every_error import description, shell

import catalogue
from harness import CHILDREN, Stormhost

# A spout and a bolt that speak Storm's JSON by hand: the bolt says BODY about each tuple that it is given.
BY_HAND = f"""
import json, os, sys
sys.path.insert(0, {str(CHILDREN)!r})
from _by_hand import greet, hear, say, tuples
"""
SPOUT = """
greet()
n = 0
while (message := hear()) is not None:
    if message["command"] == "next" and n < 3:
        n += 1
        say(**{"command": "emit", "id": str(n), "tuple": [n], "need_task_ids": False, **EMIT})
    SAYS
    say(command="sync")
"""
BOLT = """
greet()
for tuple in tuples():
    SAYS
    say(command="ack", id=tuple["id"])
"""


def by_hand(stormhost: Stormhost, says: str = "pass", spout_says: str = "pass", emit: str = "{}", plays: str = BOLT, **what: Any) -> str:
    """A description of a topology of two children in Python without any library, as a file."""
    spout = SPOUT.replace("EMIT", emit).replace("SAYS", spout_says)
    for name, body in (("spout", spout), ("bolt", plays.replace("SAYS", says))):
        stormhost.write(BY_HAND + body, f"{name}.py")
    path = stormhost.folder / "t.json"
    what = {
        "spout": {"command": ["python3", "spout.py"], "streams": {"default": {"fields": ["n"]}}},
        "bolt": {"command": ["python3", "bolt.py"], "streams": {"default": {"fields": ["n"]}}},
        **what,
    }
    for part in ("spout", "bolt"):
        what[part]["cwd"] = str(stormhost.folder)
    path.write_text(json.dumps(description(**what)))
    return str(path)


def runs_until(stormhost: Stormhost, topology: str, code: str, *options: str) -> None:
    """Runs until this error is told, and stops then: these spouts have no end."""
    hurried = ("--set", "stormhost.shutdown.timeout.secs=0.1")
    run = stormhost.launch("run", topology, "--log-format", "json", *hurried, *options)
    run.until(lambda: code in dict(catalogue.told(run)), code)
    run.signal(15)
    run.wait()


@pytest.mark.error("SH0502")
def test_a_message_without_a_command(stormhost: Stormhost) -> None:
    runs_until(stormhost, by_hand(stormhost, "say(tuple=[1])"), "SH0502")


FRAMES = """
hear()
say(pid=os.getpid(), stormhost={"version": VERSION, "encoding": "json", "acks": "auto", "library": "mine 1.0", "codec": "json"})
sys.stdout.buffer.write(b"\\xffSHR\\x00\\x00\\x00\\x00")
sys.stdout.flush()
sys.stdin.buffer.read()
"""


@pytest.mark.error("SH0507")
def test_a_frame_that_is_none(stormhost: Stormhost) -> None:
    runs_until(stormhost, by_hand(stormhost, plays=FRAMES.replace("VERSION", "1")), "SH0507")


@pytest.mark.error("SH0404")
def test_a_library_of_another_version(stormhost: Stormhost) -> None:
    run = stormhost.launch("run", by_hand(stormhost, plays=FRAMES.replace("VERSION", "99"))).ends_with(4)
    assert "mine 1.0" in run.stderr


@pytest.mark.error("SH0510")
def test_an_emit_to_a_direct_stream_without_a_task(stormhost: Stormhost) -> None:
    direct = {"command": ["python3", "spout.py"], "streams": {"default": {"fields": ["n"], "direct": True}}}
    runs_until(stormhost, by_hand(stormhost, spout=direct, subscription={"grouping": "direct"}), "SH0510")


@pytest.mark.error("SH0511")
def test_a_direct_emit_to_a_task_that_is_unknown(stormhost: Stormhost) -> None:
    direct = {"command": ["python3", "spout.py"], "streams": {"default": {"fields": ["n"], "direct": True}}}
    runs_until(stormhost, by_hand(stormhost, spout=direct, subscription={"grouping": "direct"}, emit='{"task": 4711}'), "SH0511")


@pytest.mark.error("SH0514")
def test_a_spout_that_acks(stormhost: Stormhost) -> None:
    runs_until(stormhost, by_hand(stormhost, spout_says='say(command="ack", id="1")'), "SH0514")


@pytest.mark.error("SH0515")
def test_a_value_that_the_receivers_encoding_has_not(stormhost: Stormhost) -> None:
    speaks = {"command": ["python3", str(CHILDREN / "speaks_msgpack.py")], "serializer": "msgpack"}
    run = by_hand(stormhost, emit='{"tuple": [2**70]}', bolt=speaks)
    runs_until(stormhost, run, "SH0515")


@pytest.mark.error("SH0605")
@pytest.mark.parametrize("codec", ["json", "msgspec", "native"])
def test_a_row_that_is_larger_than_a_message_may_be(stormhost: Stormhost, codec: str) -> None:
    source = """
class Large(AutoAckBolt):
    class Default(Stream):
        fields = 'text'
    def execute(self, input):
        self.emit('x' * 2_000_000)

class T(Topology):
    numbers = Numbers(1, 1)
    large = Large()
    see = Noter()
    large.inputs.append(ShuffleGrouping(numbers))
    see.inputs.append(ShuffleGrouping(large))
"""
    stormhost.run(source, "--env", f"STORMHOST_CODEC={codec}", settings={"stormhost.max.message.bytes": 1 << 20}, status=3)


def commands(stormhost: Stormhost, **bolt: Any) -> str:
    """A description of a topology of commands of the shell, as a file, with a bolt that differs in this."""
    path = stormhost.folder / "t.json"
    spout = {"command": [], "shell": {"as": "lines", "run": "seq 3"}, "streams": {"default": {"fields": ["line"]}}}
    path.write_text(json.dumps(description(spout=spout, bolt={**shell(), **bolt})))
    return str(path)


def limits(files: int) -> Any:
    """What sets the most files that a process may have open, for itself and all that it starts."""
    return lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (files, files))


@pytest.mark.error("SH0307")
def test_too_many_open_files_at_a_spawn(stormhost: Stormhost) -> None:
    topology = commands(stormhost, parallelism=40)
    run = stormhost.launch("run", topology, "--log-format", "json", before=limits(64))
    run.until(lambda: run.status is not None or "SH0307" in dict(catalogue.told(run)), "SH0307")
    run.signal(15)
    run.wait()
    assert "the host may have 64 and each child takes 5" in run.told and "ulimit -n" in run.told


@pytest.mark.error("SH0313")
def test_no_pipes_for_a_component_inside(stormhost: Stormhost) -> None:
    (stormhost.folder / "x.lua").write_text("")
    topology = commands(stormhost, command=["lua", "x.lua"], where="inside", shell=None, parallelism=40)
    stormhost.launch("run", topology, before=limits(64)).ends_with(4)


@pytest.mark.error("SH1105", "SH1107")
def test_no_files_for_the_host_itself(stormhost: Stormhost) -> None:
    topology = commands(stormhost)
    for files in range(4, 14):
        run = stormhost.launch("run", topology, before=limits(files)).wait()
        assert run.status != 0, f"it ran with {files} files"


def as_stranger() -> list[str]:
    """What starts a program as somebody who has none of root's rights but those to read the program and to write into the test's folder.

    The kernel does not limit root. Whoever else runs the tests is limited as they are.
    """
    if os.geteuid() != 0:
        return []
    assert shutil.which("setpriv"), "setpriv comes with util-linux"
    rights = "+dac_override,+dac_read_search"
    capabilities = [f"--inh-caps={rights}", f"--ambient-caps={rights}", f"--bounding-set=-all,{rights}"]
    return ["setpriv", f"--reuid={STRANGER}", "--clear-groups", *capabilities]


STRANGER = 54_321


def threads_of(user: int) -> int:
    """How many threads a user has, which the kernel counts as processes."""
    found = 0
    for entry in os.scandir("/proc"):
        try:
            if entry.name.isdigit() and entry.stat().st_uid == user:
                found += len(os.listdir(f"{entry.path}/task"))
        except OSError:
            continue
    return found


@pytest.mark.error("SH0308")
def test_no_process_can_be_had(stormhost: Stormhost) -> None:
    most = threads_of(STRANGER if os.geteuid() == 0 else os.geteuid()) + 12
    run = stormhost.launch(
        "run",
        commands(stormhost, parallelism=30),
        "--log-format",
        "json",
        cwd=Path("/"),
        through=as_stranger(),
        before=lambda: resource.setrlimit(resource.RLIMIT_NPROC, (most, most)),
    )
    run.until(lambda: run.status is not None or "SH0308" in dict(catalogue.told(run)), "SH0308")
    run.signal(15)
    run.wait()
    assert "ulimit -u" in run.told


@pytest.mark.error("SH0311")
def test_a_limit_that_cannot_be_set(stormhost: Stormhost) -> None:
    # A better priority than the host's own takes rights that it does not have.
    topology = commands(stormhost, conf={"stormhost.nice": 5})
    stormhost.launch("run", topology, cwd=Path("/"), through=["nice", "-n", "10", *as_stranger()]).ends_with(4)


CHANGES_ITSELF = """#!/usr/bin/env python3
import os, sys
sys.path.insert(0, CHILDREN)
from _by_hand import greet, tuples
greet()
for tuple in tuples():
    DOES
    sys.exit(1)
"""


@pytest.mark.parametrize(
    ("does", "said"),
    [
        pytest.param("os.remove(__file__)", "was not found", marks=pytest.mark.error("SH0302")),
        pytest.param("os.chmod(__file__, 0o644)", "chmod +x", marks=pytest.mark.error("SH0303")),
        pytest.param("open(__file__, 'w').write('#!/no/such/ruby')", "`/no/such/ruby`", marks=pytest.mark.error("SH0304")),
        pytest.param("open(__file__, 'w').write('puts 1')", "#!/usr/bin/env", marks=pytest.mark.error("SH0305")),
    ],
)
def test_a_program_that_is_spoilt_while_it_runs(stormhost: Stormhost, does: str, said: str) -> None:
    script = stormhost.write(CHANGES_ITSELF.replace("CHILDREN", repr(str(CHILDREN))).replace("DOES", does), "bolt.py")
    script.chmod(0o755)
    code = {"was": "SH0302", "chmod": "SH0303", "`/no/such/ruby`": "SH0304", "#!/usr/bin/env": "SH0305"}[said.split()[0]]
    runs_until(stormhost, commands(stormhost, command=[str(script)], shell=None), code)
    assert said in stormhost.runs[0].told


@pytest.mark.error("SH0309")
def test_a_command_that_is_too_long(stormhost: Stormhost) -> None:
    long = {"command": ["sh", "-c", "cat", "x" * 200_000], "shell": None}
    run = stormhost.launch("run", commands(stormhost, **long)).ends_with(4)
    assert len(run.stderr) < 10_000, "the whole command is shown"


@pytest.mark.error("SH0312")
@pytest.mark.parametrize("setting", ["user", "group"])
def test_an_account_that_is_not_there(stormhost: Stormhost, setting: str) -> None:
    stormhost.launch("run", commands(stormhost), "--set", f"count:stormhost.{setting}=no-such-account").ends_with(4)


@pytest.mark.error("SH1115")
def test_a_line_that_is_no_tuple(stormhost: Stormhost, tmp_path: Path) -> None:
    given = tmp_path / "given"
    given.write_text("{not json\n")
    with given.open("rb") as stdin:
        stormhost.launch("try", f"python3 {CHILDREN / 'never_acks.py'}", stdin=stdin.fileno()).wait()


@pytest.mark.error("SH1116")
def test_no_room_for_a_temporary_file(stormhost: Stormhost) -> None:
    stormhost.launch("try", "cat", env={"TMPDIR": "/dev/null"}).ends_with(5)
