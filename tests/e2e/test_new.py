"""`stormhost new`: in every language a project that runs at once, with a test that passes."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

import pytest

from harness import SOON, Stormhost, binary

LANGUAGES = ["python", "ruby", "lua", "shell"]


def do(stormhost: Stormhost, *words: str, below: str = ".") -> subprocess.CompletedProcess[str]:
    env = stormhost.environment("new", stormhost.folder / "journal")
    env.pop("PYTHONPATH")  # what a project needs it must find by itself
    return subprocess.run(
        words, capture_output=True, text=True, cwd=stormhost.folder / below, env={**env, "STORMHOST": binary()}, timeout=SOON
    )


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", ["words", "Ada's \"own\" $words"], ids=["plain", "odd"])
def test_a_new_project_runs_and_its_test_passes(stormhost: Stormhost, name: str, language: str) -> None:
    made = do(stormhost, binary(), "new", name, "--lang", language)
    assert made.returncode == 0, made.stderr
    options = [f"PYTHON={os.path.realpath(sys.executable)}"] if language == "python" else []
    run = do(stormhost, "make", "-s", "run", *options, below=name)
    assert run.returncode == 0, run.stderr
    words = run.stdout.split()
    if language == "shell":
        words = words[::-1]  # as `uniq -c` has it, the count comes first
    counted = dict(zip(words[::2], words[1::2]))
    assert (counted["cow"], counted["moon"], counted["end"]) == ("3", "3", "1")
    tested = do(stormhost, "make", "-s", "test", *options, below=name)
    assert tested.returncode == 0, tested.stdout + tested.stderr
    checked = do(stormhost, "make", "-s", "check", *options, below=name)
    assert "no mistakes" in checked.stderr, checked.stderr


def test_what_is_there_is_left_alone(stormhost: Stormhost) -> None:
    (stormhost.folder / "words").mkdir()
    assert do(stormhost, binary(), "new", "words").returncode == 0  # an empty folder is as good as none
    before = (stormhost.folder / "words" / "Makefile").read_text()
    again = do(stormhost, binary(), "new", "words", "--lang", "lua")
    assert (again.returncode, "is there already" in again.stderr) == (1, True)
    assert (stormhost.folder / "words" / "Makefile").read_text() == before
    odd = do(stormhost, binary(), "new", "..")
    assert odd.returncode == 2


def test_an_empty_folder_that_one_is_in_becomes_the_project(stormhost: Stormhost) -> None:
    (stormhost.folder / "two words").mkdir()
    made = do(stormhost, binary(), "new", ".", below="two words")
    assert made.returncode == 0 and "    cd " not in made.stderr, made.stderr
    assert (stormhost.folder / "two words" / "README.md").read_text().startswith("# two words\n")


def test_the_way_into_a_folder_can_be_typed_as_it_stands(stormhost: Stormhost) -> None:
    made = do(stormhost, binary(), "new", "two words")
    [enter] = [line.strip() for line in made.stderr.splitlines() if line.startswith("    cd ")]
    assert do(stormhost, "sh", "-c", f"{enter} && test -f Makefile").returncode == 0, enter


def interpreter_of(stormhost: Stormhost, language: str, programs: list[str], **env: str) -> str:
    """Which of these programs, each of which tells its own path, the test of a new project is given to."""
    assert do(stormhost, binary(), "new", "words", "--lang", language).returncode == 0
    for program in programs:
        file = stormhost.folder / program
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("#!/bin/sh\necho given to $0\n")
        file.chmod(0o755)
    tools = stormhost.folder / "tools"
    tools.mkdir(exist_ok=True)
    for tool in "make", "sh":
        (tools / tool).symlink_to(shutil.which(tool) or tool)
    path = f"PATH={stormhost.folder / 'bin'}:{tools}"
    given = [f"{name}={value}" for name, value in env.items()]
    tested = do(stormhost, shutil.which("env") or "env", path, *given, "make", "-s", "test", below="words")
    assert tested.returncode == 0, tested.stderr
    return tested.stdout.split("given to ")[1].strip().removeprefix(f"{stormhost.folder}/")


@pytest.mark.parametrize("found, first", [(["luajit", "lua5.3"], "luajit"), (["lua", "luajit"], "lua"), (["lua5.4", "lua"], "lua5.4")])
def test_the_test_in_lua_takes_the_lua_that_is_there(stormhost: Stormhost, found: list[str], first: str) -> None:
    assert interpreter_of(stormhost, "lua", [f"bin/{name}" for name in found]) == f"bin/{first}"


@pytest.mark.parametrize("found", [["venv", ".venv"], [".venv"]])
def test_the_test_in_python_takes_the_environment_that_a_run_takes(stormhost: Stormhost, found: list[str]) -> None:
    programs = [f"words/{name}/bin/python" for name in found]
    active = interpreter_of(stormhost, "python", [*programs, "active one/bin/python"], VIRTUAL_ENV=f"{stormhost.folder}/active one")
    assert active == "active one/bin/python"
    shutil.rmtree(stormhost.folder / "tools")
    for folder in found:
        (stormhost.folder / "words" / folder).rename(stormhost.folder / folder)
    shutil.rmtree(stormhost.folder / "words")
    assert interpreter_of(stormhost, "python", programs) == f"{found[0]}/bin/python"
