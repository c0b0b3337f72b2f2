"""`stormhost new`: in every language a project that runs at once, with a test that passes."""

from __future__ import annotations

import os
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
