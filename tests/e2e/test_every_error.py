"""Every error of the catalogue is made to happen: by a test that is marked with its code, here or elsewhere, or by a unit test in Rust.

That a marked test sees the code, and that the message runs as the catalogue says, is checked by `conftest.py` for each test.
Here are the errors that need no running topology but a wrong one, and those of the command line.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import catalogue
from harness import REPOSITORY, TESTS, Stormhost

SPOUT = {"id": "lines", "kind": "spout", "command": ["sh"], "streams": {"default": {"fields": ["word"]}}}
BOLT = {"id": "count", "kind": "bolt", "command": ["sh"]}
SUBSCRIPTION = {"to": "count", "from": "lines", "grouping": "shuffle"}
SOURCE = "from stormhost import *\n"


def description(
    spout: dict[str, Any] | None = None,
    bolt: dict[str, Any] | None = None,
    subscription: dict[str, Any] | None = None,
    **top: Any,
) -> dict[str, Any]:
    """A sound description of a topology, but for this."""
    return {
        "version": 1,
        "name": "T",
        "file": "t.json",
        "language": "python",
        "components": [{**SPOUT, **(spout or {})}, {**BOLT, **(bolt or {})}],
        "subscriptions": [{**SUBSCRIPTION, **(subscription or {})}],
        **top,
    }


def wrong(code: str, *options: str, **what: Any) -> Any:
    """A case: what is wrong with the description or the options, and the error that it must be."""
    return pytest.param(what, options, id=f"{code}-{'-'.join([*what, *options])}"[:60], marks=pytest.mark.error(code))


LINES = {"as": "lines", "run": "cat"}
LUA = {"command": ["lua", "x.lua"], "where": "inside"}
REDIS = {"command": [], "builtin": "redis"}


def shell(**what: Any) -> dict[str, Any]:
    return {"command": [], "shell": {**LINES, **what}, "streams": {"default": {"fields": ["line"]}}}


MISTAKES = [
    wrong("SH0201", name="a/b"),
    wrong("SH0201", spout={"id": "a:b"}, subscription={"from": "a:b"}),
    wrong("SH0201", spout={"streams": {"default": {"fields": ["word"]}, "__own": {"fields": []}}}),
    wrong("SH0202", bolt={"id": "lines"}),
    wrong("SH0203", spout={"streams": {"default": {"fields": [""]}}}),
    wrong("SH0203", spout={"streams": {"default": {"fields": ["a", "a"]}}}),
    wrong("SH0204", bolt={"parallelism": 0}),
    wrong("SH0204", "-p", "count=0"),
    wrong("SH0204", "-p", "count=65536"),
    wrong("SH0205", bolt={"command": []}),
    wrong("SH0205", bolt={"command": ["sh", "a\0b"]}),
    wrong("SH0206", bolt={"command": ["no-such-program"]}),
    wrong("SH0206", bolt={"command": ["/no/such/program"]}),
    wrong("SH0207", bolt={"env": {"a=b": "c"}}),
    wrong("SH0208", bolt={**LUA, "where": "nowhere"}),
    wrong("SH0208", bolt={**LUA, "command": ["ruby", "x.rb"]}),
    wrong("SH0208", bolt={**LUA, "command": ["lua"]}),
    wrong("SH0235", bolt={**LUA, "where": "inside", "conf": {"stormhost.nice": 5}}),
    wrong("SH0236", bolt={**shell(), "conf": {"stormhost.tuple.budget.secs": 1}}),
    wrong("SH0209", bolt={"conf": {"stormhost.umask": "999"}}),
    wrong("SH0210", bolt={"conf": {"stormhost.dead.letters.stream": "dead"}}),
    wrong("SH0210", bolt={"conf": {"stormhost.dead.letters.stream": "dead"}, "streams": {"dead": {"fields": ["colour"]}}}),
    wrong("SH0211", bolt={"replay": "host"}),
    wrong("SH0211", spout={"replay": "me"}),
    wrong("SH0211", spout={**REDIS, "replay": "host"}),
    wrong("SH0212", bolt={"command": [], "builtin": "kafka"}),
    wrong("SH0212", spout={"command": [], "builtin": "print"}),
    wrong("SH0212", bolt={"options": {"a": 1}}),
    wrong("SH0212", spout={**REDIS, "streams": {"other": {"fields": ["word"]}}}),
    wrong("SH0212", bolt={**REDIS, "streams": {"default": {"fields": ["word"]}}}),
    wrong("SH0213", bolt={"command": [], "java_class": "com.example.Bolt"}),
    wrong("SH0214", bolt={**REDIS, "options": {"mode": "tape"}}),
    wrong("SH0215", bolt={**shell(), "command": ["sh"]}),
    wrong("SH0215", bolt=shell(**{"as": "exec"}, stdin=True)),
    wrong("SH0215", bolt=shell(**{"as": "loop"})),
    wrong("SH0215", bolt=shell(run="grep 'x")),
    wrong("SH0215", bolt=shell(json=True, separator=",")),
    wrong("SH0215", bolt=shell(separator="::")),
    wrong("SH0215", bolt=shell(batch=3)),
    wrong("SH0215", bolt=shell(stdin=True)),
    wrong("SH0215", bolt=shell(**{"as": "exec"}, batch=0)),
    wrong("SH0215", bolt={**shell(), "streams": {"default": {"fields": []}}}),
    wrong("SH0215", bolt={**shell(), "streams": {"other": {"fields": ["line"]}}}),
    wrong("SH0216", components=[BOLT]),
    wrong("SH0217", subscriptions=[]),
    wrong("SH0218", subscription={"from": "nobody"}),
    wrong("SH0218", subscription={"to": "nobody"}),
    wrong("SH0218", "-p", "nobody=2"),
    wrong("SH0218", "--set", "nobody:topology.debug=true"),
    wrong("SH0219", subscription={"to": "lines"}),
    wrong("SH0220", subscriptions=[SUBSCRIPTION, SUBSCRIPTION]),
    wrong("SH0221", subscription={"stream": "late"}),
    wrong("SH0222", subscription={"grouping": "by_chance"}),
    wrong("SH0222", subscription={"grouping": "column", "fields": ["x"]}),
    wrong("SH0223", subscription={"fields": ["word"]}),
    wrong("SH0224", subscription={"grouping": "direct"}),
    wrong("SH0224", spout={"streams": {"default": {"fields": ["word"], "direct": True}}}),
    wrong("SH0225", subscription={"grouping": "fields"}),
    wrong("SH0225", subscription={"grouping": "fields", "fields": ["word", "word"]}),
    wrong("SH0226", subscription={"grouping": "fields", "fields": ["wort"]}),
    wrong("SH0227", spout={"conf": {"topology.tick.tuple.freq.secs": 1}}),
    wrong("SH0228", components=[SPOUT, BOLT, {**BOLT, "id": "self", "streams": {"default": {"fields": ["x"]}}}],
          subscriptions=[SUBSCRIPTION, {**SUBSCRIPTION, "to": "self", "from": "self"}]),
    wrong("SH0229", bolt={"streams": {"default": {"fields": ["n"]}}}),
    wrong("SH0230", bolt={"streams": {"default": {"fields": ["n"]}}}, subscriptions=[SUBSCRIPTION, {**SUBSCRIPTION, "from": "count"}]),
    wrong("SH0231", "--set", "topology.max.spout.pending=many"),
    wrong("SH0232", "--set", "topology.max.spout.pendings=7"),
    wrong("SH0233", "--set", "count:topology.message.timeout.secs=7"),
    wrong("SH0234", bolt=shell()),
]  # fmt: skip


@pytest.mark.parametrize(("what", "options"), MISTAKES)
def test_what_is_wrong_with_a_description_is_told_with_its_code(
    stormhost: Stormhost, what: dict[str, Any], options: tuple[str, ...]
) -> None:
    path = stormhost.write(json.dumps(description(**what)), "t.json")
    run = stormhost.launch("check", str(path), *options).wait()
    told = [line for line in run.stderr.splitlines() if re.search(r"^[^ ]*( |^)(error|warning|info): ", line)]
    assert told and all(catalogue.MARK.match(line) for line in told), told
    assert run.status == (1 if any("error: " in line for line in told) else 0)


def unused_interpreter(folder: Path, body: str) -> str:
    """A program in place of Python."""
    path = folder / "python"
    path.write_text("#!/bin/sh\n" + body)
    path.chmod(0o755)
    return str(path)


@pytest.mark.error("SH0101")
def test_a_file_that_is_not_there(stormhost: Stormhost) -> None:
    stormhost.launch("check", "nowhere.py").ends_with(1)


@pytest.mark.error("SH0102")
def test_a_folder_that_is_no_topology(stormhost: Stormhost) -> None:
    (stormhost.folder / "folder").mkdir()
    stormhost.launch("check", "folder").ends_with(1)
    stormhost.launch("check").ends_with(2)


@pytest.mark.error("SH0103")
def test_a_file_that_cannot_be_read(stormhost: Stormhost) -> None:
    # Root may read any file, but not what has no text.
    stormhost.launch("check", "/proc/self/mem").ends_with(1)


@pytest.mark.error("SH0104")
def test_a_file_that_is_nothing_known(stormhost: Stormhost) -> None:
    stormhost.write("dear diary", "x.txt")
    stormhost.launch("check", "x.txt").ends_with(1)


@pytest.mark.error("SH0105")
def test_a_description_holds_one_topology(stormhost: Stormhost) -> None:
    stormhost.write(json.dumps(description()), "t.json")
    stormhost.launch("check", "t.json:Other").ends_with(1)


@pytest.mark.error("SH0106")
@pytest.mark.parametrize("text", ['{"version": 99}', '{"version": 1, "name": 7}', '{"version": 1'])
def test_a_description_that_is_none(stormhost: Stormhost, text: str) -> None:
    stormhost.write(text, "t.json")
    stormhost.launch("check", "t.json").ends_with(1)


@pytest.mark.error("SH0107")
def test_an_option_of_another_kind_of_file(stormhost: Stormhost) -> None:
    stormhost.write(json.dumps(description()), "t.json")
    stormhost.launch("check", "t.json", "--env-filter").ends_with(1)


def project(folder: Path, config: str, *topologies: str) -> None:
    (folder / "topologies").mkdir()
    (folder / "src").mkdir()
    (folder / "config.json").write_text(config)
    for name in topologies:
        (folder / "topologies" / f"{name}.py").write_text("from streamparse import Topology\n")


SEVERAL_ENVIRONMENTS = '{"topology_specs": "topologies/", "envs": {"prod": {}, "beta": {}}}'
ONE_ENVIRONMENT = '{"topology_specs": "topologies/", "envs": {"prod": {}}}'


@pytest.mark.error("SH0108")
def test_a_project_that_cannot_be_used(stormhost: Stormhost) -> None:
    project(stormhost.folder, ONE_ENVIRONMENT)
    stormhost.launch("check").ends_with(1)
    (stormhost.folder / "topologies" / "a.py").write_text("from streamparse import Topology\n")
    (stormhost.folder / "config.json").write_text('{"topology_specs": ')
    stormhost.launch("check", "topologies/a.py").ends_with(1)


@pytest.mark.error("SH0109")
def test_a_project_of_several_topologies(stormhost: Stormhost) -> None:
    project(stormhost.folder, ONE_ENVIRONMENT, "a", "b")
    stormhost.launch("check").ends_with(1)
    stormhost.launch("check", "-n", "c").ends_with(1)


@pytest.mark.error("SH0110")
def test_a_project_of_several_environments(stormhost: Stormhost) -> None:
    project(stormhost.folder, SEVERAL_ENVIRONMENTS, "a")
    stormhost.launch("check").ends_with(1)
    stormhost.launch("check", "-e", "none").ends_with(1)


@pytest.mark.error("SH0111")
def test_no_interpreter_is_found(stormhost: Stormhost) -> None:
    stormhost.write(SOURCE)
    run = stormhost.launch("check", "topology.py", env={"PATH": "/nowhere"}).ends_with(4)
    assert "PATH: no python3 nor python in /nowhere" in run.stderr and "--python" in run.stderr


@pytest.mark.error("SH0112")
def test_an_interpreter_that_is_too_old(stormhost: Stormhost) -> None:
    stormhost.write(SOURCE)
    old = unused_interpreter(stormhost.folder, 'case "$1" in -*) echo 2.7.18;; *) exit 1;; esac\nexit 1\n')
    stormhost.launch("check", "topology.py", "--python", old).ends_with(4)


@pytest.mark.error("SH0113")
def test_an_interpreter_that_is_no_program(stormhost: Stormhost) -> None:
    stormhost.write(SOURCE)
    broken = stormhost.folder / "python"
    broken.write_bytes(b"\x7fELF and no more")
    broken.chmod(0o755)
    stormhost.launch("check", "topology.py", "--python", str(broken)).ends_with(4)


@pytest.mark.error("SH0114")
def test_a_file_that_ends_the_describing_process(stormhost: Stormhost) -> None:
    stormhost.write("import os\nos._exit(3)\n")
    run = stormhost.launch("check", "topology.py", "--python", sys.executable).ends_with(1)
    assert "left with status 3" in run.stderr


@pytest.mark.error("SH0115")
def test_an_interpreter_that_answers_rubbish(stormhost: Stormhost) -> None:
    stormhost.write(SOURCE)
    run = stormhost.launch("check", "topology.py", "--python", unused_interpreter(stormhost.folder, "echo hello\n")).ends_with(1)
    assert "hello" in run.stderr


@pytest.mark.error("SH0116")
def test_no_folder_for_the_library(stormhost: Stormhost) -> None:
    stormhost.write(SOURCE)
    nowhere = {"XDG_CACHE_HOME": "/dev/null/a", "TMPDIR": "/dev/null/b"}
    run = stormhost.launch("check", "topology.py", "--python", sys.executable, env=nowhere).ends_with(5)
    assert "/dev/null/a" in run.stderr and "/dev/null/b" in run.stderr


@pytest.mark.error("SH0117")
@pytest.mark.parametrize("make", [lambda path: path.write_text("- a\n- b\n"), lambda path: path.mkdir()], ids=["list", "folder"])
def test_a_file_of_settings_that_is_none(stormhost: Stormhost, make: Callable[[Path], Any]) -> None:
    stormhost.write(json.dumps(description()), "t.json")
    (stormhost.folder / "stormhost").mkdir()
    make(stormhost.folder / "stormhost" / "config.yaml")
    stormhost.launch("check", "t.json", env={"XDG_CONFIG_HOME": str(stormhost.folder)}).ends_with(1)


@pytest.mark.error("SH0118")
def test_a_file_whose_code_raises(stormhost: Stormhost) -> None:
    stormhost.write(SOURCE + "1 / 0\n")
    run = stormhost.launch("check", "topology.py", "--python", sys.executable).ends_with(1)
    assert "ZeroDivisionError" in run.stderr


@pytest.mark.error("SH0119")
def test_a_declaration_that_makes_no_sense(stormhost: Stormhost) -> None:
    stormhost.write(SOURCE + "class T(Topology):\n    show = Print()\n    show.inputs.append('lines')\n")
    stormhost.launch("check", "topology.py", "--python", sys.executable).ends_with(1)


def tried(stormhost: Stormhost, *words: str, status: int = 4, **others: Any) -> Any:
    """What `stormhost try` says, without any input."""
    return stormhost.launch("try", *words, **others).ends_with(status)


@pytest.mark.error("SH1113")
def test_what_cannot_be_tried(stormhost: Stormhost) -> None:
    stormhost.write(json.dumps(description(bolt=shell())), "t.json")
    tried(stormhost, "t.json", status=2)
    tried(stormhost, "t.json:nobody", status=1)
    tried(stormhost, "t.json:count", status=1)
    tried(stormhost, "grep 'x", status=2)


@pytest.mark.error("SH1114")
@pytest.mark.parametrize("command", ["true", "echo"])
def test_what_is_tried_and_is_no_component(stormhost: Stormhost, command: str) -> None:
    tried(stormhost, command)


@pytest.mark.error("SH0804")
def test_dead_letters_that_are_not_there(stormhost: Stormhost) -> None:
    stormhost.launch("replay", "nowhere.jsonl").ends_with(1)


@pytest.mark.error("SH0905")
def test_a_pipeline_that_is_none(stormhost: Stormhost) -> None:
    run = stormhost.launch("pipe", "cat", ":", "wc", "x0").ends_with(2)
    assert "stage 2: x0 would run nothing" in run.stderr


@pytest.mark.error("SH1101")
def test_a_command_line_that_makes_no_sense(stormhost: Stormhost) -> None:
    run = stormhost.launch("run", "t.py", "--colour").ends_with(2)
    assert "unexpected argument '--colour'" in run.stderr and "Usage:" in run.stderr


@pytest.mark.error("SH1102")
def test_a_code_is_explained_and_others_are_unknown(stormhost: Stormhost) -> None:
    run = stormhost.launch("explain", "sh0407").ends_with(0)
    assert run.stdout.startswith("SH0407\n    it hung: ") and "remedy: " in run.stdout and run.stderr == ""
    listed = stormhost.launch("explain").ends_with(0).stdout
    assert set(re.findall(r"SH\d{4}", listed)) == set(catalogue.texts())
    stormhost.launch("explain", "E0308").ends_with(2)


@pytest.mark.error("SH1103")
def test_a_log_file_that_cannot_be_opened(stormhost: Stormhost) -> None:
    stormhost.write(json.dumps(description()), "t.json")
    stormhost.launch("run", "t.json", "--log-file", "/dev/null/log").ends_with(5)


@pytest.mark.error("SH1104")
def test_no_folder_for_the_run(stormhost: Stormhost) -> None:
    stormhost.write(json.dumps(description()), "t.json")
    run = stormhost.launch("run", "t.json", env={"XDG_STATE_HOME": "/dev/null"}).ends_with(5)
    assert "XDG_STATE_HOME" in run.stderr


@pytest.mark.error("SH1108")
def test_a_working_folder_that_is_gone(stormhost: Stormhost) -> None:
    folder = stormhost.folder / "gone"
    folder.mkdir()
    stormhost.launch("check", "t.json", cwd=folder, before=lambda: os.rmdir(folder)).ends_with(5)


@pytest.mark.error("SH1109")
def test_a_full_disk_at_standard_output(stormhost: Stormhost) -> None:
    with open("/dev/full", "wb") as full:
        stormhost.launch("explain", stdout=full).ends_with(5)


@pytest.mark.error("SH1111")
def test_a_project_that_cannot_be_made(stormhost: Stormhost) -> None:
    (stormhost.folder / "there").mkdir()
    stormhost.write("x", "there/file")
    stormhost.launch("new", "there").ends_with(1)
    stormhost.launch("new", "/dev/null/x").ends_with(5)


def test_every_error_is_made_to_happen(tmp_path: Path) -> None:
    listed = tmp_path / "codes"
    subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--collect-only", str(TESTS / "e2e")],
        cwd=TESTS,
        env={**os.environ, "STORMHOST_LIST_CODES": str(listed)},
        stdout=subprocess.DEVNULL,
        check=True,
    )
    made = set(listed.read_text().split())
    for source in (REPOSITORY / "host" / "src").rglob("*.rs"):
        made |= set(re.findall(r'\bassert_made\(\s*"(SH\d{4})"', source.read_text()))
    known = set(catalogue.texts())
    assert sorted(known - made) == [], "no test makes these happen"
    assert sorted(made - known) == [], "these are no errors"
