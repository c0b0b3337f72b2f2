"""A topology of Petrel as it stands, on Petrel from PyPI: `tests/petrel_project` is made after its documentation."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys

from harness import SOON, TESTS, Stormhost, binary

PROJECT = TESTS / "petrel_project"


def check(stormhost: Stormhost, *files: tuple[str, str], python: str = sys.executable) -> str:
    """What `check` says of a copy of the project in which these files are others."""
    folder = stormhost.folder / "project"
    shutil.copytree(PROJECT, folder)
    for name, text in files:
        (folder / name).write_text(text)
    words = [binary(), "check", "project/create.py", "--python", python]
    env = stormhost.environment("none", stormhost.folder / "journal")
    done = subprocess.run(words, capture_output=True, text=True, cwd=stormhost.folder, env=env, timeout=SOON, check=False)
    assert done.returncode == 1, done.stderr
    return done.stderr


def test_the_project_counts_words_as_it_is(stormhost: Stormhost) -> None:
    run = stormhost.start(PROJECT / "create.py")
    expected = {
        ("default", "the", 11),
        ("default", "the", 22),
        ("default", "cow", 11),
        ("default", "jumped", 11),
        ("default", "over", 11),
        ("names", "Moon", 11),
    }
    run.until(lambda: set(run.noted("count")) == expected, "every word to be counted")
    run.until(lambda: any("wordcount INFO the: 22" in said for said in run.lines_of("count")), "Petrel's own log")
    assert len(run.children("splitsentence")) == 2, "topology.yaml says so"
    run.signal(signal.SIGINT)
    run.ends_with(130)
    run.nothing_is_left()


def test_mistakes_have_their_lines(stormhost: Stormhost) -> None:
    source = (PROJECT / "create.py").read_text().replace('fieldsGrouping("split", ["word"])', 'fieldsGrouping("split", ["wort"])')
    settings = "petrel.parallelism.none: 2\n"
    told = check(stormhost, ("create.py", source), ("topology.yaml", settings))
    assert 'create.py:11: error: "count" groups by the field "wort"' in told, told
    assert "topology.yaml has petrel.parallelism.none, but no component is called that" in told, told


def test_what_create_raises_is_told_with_its_line(stormhost: Stormhost) -> None:
    source = (PROJECT / "create.py").read_text().replace('setBolt("split"', 'setBolt("spout"')
    told = check(stormhost, ("create.py", source))
    assert "create.py:8: error: create(builder) raises KeyError" in told and "called 'spout' already" in told, told


def test_settings_that_are_no_map_are_told(stormhost: Stormhost) -> None:
    assert "topology.yaml: error: this is no map of settings" in check(stormhost, ("topology.yaml", "- a\n"))


def test_a_python_without_petrel_is_told_with_what_to_install(stormhost: Stormhost) -> None:
    told = check(stormhost, python=os.path.realpath(sys.executable))
    assert "cannot import: No module named 'petrel'" in told and "pip install --no-deps petrel six" in told, told


def test_a_function_that_is_not_there_is_told(stormhost: Stormhost) -> None:
    run = stormhost.start(PROJECT / "create.py:other")
    run.ends_with(1)
    assert "the file has no function other(builder)" in run.stderr, run.stderr
