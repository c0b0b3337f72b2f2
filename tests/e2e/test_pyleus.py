"""A topology of pyleus as it stands, on pyleus from PyPI: `tests/pyleus_project` is made after the form of its examples."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from harness import SOON, TESTS, Stormhost, binary

PROJECT = TESTS / "pyleus_project"
FILE = "pyleus_topology.yaml"


def project(stormhost: Stormhost, *replaced: tuple[str, str], file: str = FILE) -> Path:
    """A copy of the project in which one file has other words for these."""
    folder = stormhost.folder / "project"
    shutil.copytree(PROJECT, folder, ignore=shutil.ignore_patterns("__pycache__"))
    text = (folder / file).read_text()
    for old, new in replaced:
        assert old in text, old
        text = text.replace(old, new)
    (folder / file).write_text(text)
    return folder


def command(stormhost: Stormhost, *words: str, status: int = 0, stdin: str = "") -> tuple[str, str]:
    """What a command says of the copy of the project, on both of its outputs."""
    env = stormhost.environment("none", stormhost.folder / "journal")
    said = [binary(), *words]
    done = subprocess.run(said, input=stdin, capture_output=True, text=True, cwd=stormhost.folder, env=env, timeout=SOON, check=False)
    assert done.returncode == status, done.stderr
    return done.stdout, done.stderr


def check(stormhost: Stormhost, python: str = sys.executable, status: int = 1) -> str:
    """What `check` says of it."""
    return command(stormhost, "check", f"project/{FILE}", "--python", python, status=status)[1]


def test_the_project_counts_words_as_it_is(stormhost: Stormhost) -> None:
    run = stormhost.start(PROJECT / FILE)
    once = {("default", word, 10) for word in ("the", "cow", "jumped", "over")}
    expected = once | {("names", "Moon", 10), ("default", "the", 20)}
    run.until(lambda: set(run.noted("count")) == expected, "every word to be counted")
    run.until(lambda: set(run.noted("acked")) == {"the cow jumped", "over the Moon"}, "every line to be acked")
    run.until(lambda: run.noted("tick") == [0.2] * 2, "a tick for each task")
    run.until(lambda: any("counter INFO the: 20" in said for said in run.lines_of("count-words")), "what logging.ini asks for")
    assert len(run.children("words.split_words")) == 2, "its parallelism_hint says so"
    run.signal(signal.SIGINT)
    run.ends_with(130)
    run.nothing_is_left()


def test_the_project_is_right_and_can_be_drawn(stormhost: Stormhost) -> None:
    project(stormhost)
    assert "error" not in check(stormhost, status=0)
    drawn, _ = command(stormhost, "graph", f"project/{FILE}", "--python", sys.executable)
    assert "split-words" in drawn and "count-words" in drawn, drawn


def test_a_component_is_tried_by_hand(stormhost: Stormhost) -> None:
    project(stormhost)
    said, _ = command(stormhost, "try", f"project/{FILE}:split-words", "--python", sys.executable, stdin='["over the Moon"]\n')
    assert 'emit   ["Moon"] on names' in said, said


def test_mistakes_are_told_all_at_once_with_their_lines(stormhost: Stormhost) -> None:
    project(
        stormhost,
        ("workers: 2", "worker: 2"),
        ("max_spout_pending: 10", "max_spout_pending: ten"),
        ("            lines:\n", "            rows:\n"),
        ("hint: 2", "hints: 2"),
        ("shuffle_grouping: line-spout", "shuffle_grouping: lines"),
        ("                    - word\n", "                    - wort\n"),
        ("stream: names", "stream: name"),
    )
    told = check(stormhost)
    for expected in (
        f"{FILE}:3: warning: a topology has no key `worker`; pyleus leaves it out, and so it is here",
        "topology.max.spout.pending",
        f'{FILE}:17: error: "line-spout" has no option `rows`',
        f"{FILE}:23: error: a bolt has no key `parallelism_hints`",
        f'{FILE}:25: error: "split-words" listens to "lines"',
        f'{FILE}:35: error: "count-words" groups by the field "wort"',
        f'{FILE}:39: error: "count-words" listens to the stream "name"',
    ):
        assert expected in told, told


def test_a_kafka_spout_is_told_with_what_takes_its_place(stormhost: Stormhost) -> None:
    project(stormhost, ("        module: words.line_spout\n", "        type: kafka\n"), ("lines:", "topic:"))
    told = check(stormhost)
    assert f'{FILE}:14: error: "line-spout" is Storm\'s Kafka spout in Java, and stormhost has no JVM' in told, told
    assert "OUTPUT_FIELDS = ['message']" in told and told.count("error:") == 1, told


def test_a_module_that_fails_is_told_with_what_it_raises(stormhost: Stormhost) -> None:
    folder = project(stormhost, ("import logging\n", "import logging\nimport notable\n"), file="words/count_words.py")
    told = check(stormhost)
    expected = "its module words.count_words fails: ModuleNotFoundError: No module named 'notable'"
    assert f'{FILE}:29: error: "count-words": {expected}' in told, told
    assert "import notable" in told, "the traceback is shown"
    (folder / "requirements.txt").write_text("notable\n")
    assert "what requirements.txt lists is installed by" in check(stormhost)


@pytest.mark.parametrize("module", ["words.split", "wards.split_words"])
def test_a_module_that_is_not_there_is_told_with_where_it_was_looked_for(stormhost: Stormhost, module: str) -> None:
    folder = project(stormhost, ("words.split_words", module))
    told = check(stormhost)
    assert f'{FILE}:22: error: "split-words": its module {module} fails' in told, told
    assert f"it was looked for as {folder}/{module.replace('.', '/')}.py" in told, told


def test_a_module_that_describes_nothing_is_told(stormhost: Stormhost) -> None:
    project(stormhost, ("    LineSpout().run()", "    pass"), file="words/line_spout.py")
    told = check(stormhost)
    assert '"line-spout": its module words.line_spout does not describe itself; it says nothing' in told, told


def test_a_python_without_pyleus_is_told_with_what_to_install(stormhost: Stormhost) -> None:
    project(stormhost)
    told = check(stormhost, python=os.path.realpath(sys.executable))
    assert "cannot import: No module named 'pyleus'" in told and told.count("error:") == 1, told
    assert "-m pip install wheel msgpack" in told and "-m pip install --no-deps --no-build-isolation pyleus" in told, told


def test_a_component_that_raises_is_told_of_and_started_again(stormhost: Stormhost) -> None:
    raising = """        if word == "cow":
            note("raised")
            raise ValueError(word)
        self.counts["""
    folder = project(stormhost, ("        self.counts[", raising), file="words/count_words.py")
    run = stormhost.start(folder / FILE)
    run.until(lambda: len(run.noted("raised")) > 1, "the line to be tried again")
    assert "ValueError: cow" in run.told, run.told
    run.signal(signal.SIGINT)
    run.ends_with(130)
