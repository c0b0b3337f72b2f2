"""`stormhost try`: one component by hand, in every dialect, and what is said of it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from harness import REPOSITORY, SOON, Stormhost, binary

SPLIT = """
from stormhost import AutoAckBolt, Stream

class Split(AutoAckBolt):
    class Default(Stream):
        fields = 'word'
    def execute(self, input):
        if input.line == 'bad':
            raise ValueError('a bad line')
        self.log('splits ' + input.line)
        for word in input.line.split():
            self.emit(word)

if __name__ == '__main__':
    Split().run()
"""
STOCK = """
import sys
sys.path.insert(0, {folder!r})
import storm

class Split(storm.BasicBolt):
    def process(self, tuple):
        print('between messages', file=sys.stderr)
        for word in tuple.values[0].split():
            storm.emit([word])

Split().run()
"""
TOPOLOGY = """
from stormhost import *
from split import Split

class Sentences(ReliableSpout):
    class Default(Stream):
        fields = 'line'
    def tuples(self):
        yield from ['the cow', 'the moon', 'the end']

class T(Topology):
    lines = Sentences(1)
    split = Split(2)
    show = Print()
    upper = Lines('tr a-z A-Z', inputs=[ShuffleGrouping(lines)])
    split.inputs.append(ShuffleGrouping(lines))
    show.inputs.append(ShuffleGrouping(split))
"""


@pytest.fixture
def attempt(stormhost: Stormhost) -> Any:
    """Runs `stormhost try` in a folder with components in it. Returns the process when it is over."""
    (stormhost.folder / "split.py").write_text(SPLIT)
    (stormhost.folder / "stock.py").write_text(STOCK.format(folder=str(REPOSITORY / "target" / "multilang")))
    (stormhost.folder / "words_topology.py").write_text(TOPOLOGY)

    def run(*words: str, given: str = "", status: int = 0) -> subprocess.CompletedProcess[str]:
        env = stormhost.environment("try", stormhost.folder / "journal")
        env["PATH"] = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
        done = subprocess.run(
            [binary(), "try", *words],
            input=given,
            capture_output=True,
            text=True,
            cwd=stormhost.folder,
            env=env,
            timeout=SOON,
        )
        assert done.returncode == status, done.stdout + done.stderr
        return done

    return run


def test_a_component_on_our_library(attempt: Any) -> None:
    done = attempt("python split.py", given='{"line": "the cow"}\n["moon"]\n')
    assert done.stdout.splitlines() == [
        "log    info: splits the cow",
        'emit   ["the"] from #1',
        'emit   ["cow"] from #1',
        'ack    #1 ["the cow"]',
        "log    info: splits moon",
        'emit   ["moon"] from #2',
        'ack    #2 ["moon"]',
    ]


def test_a_component_on_storms_own_library(attempt: Any) -> None:
    done = attempt("python stock.py", given='["the cow"]\n')
    lines = done.stdout.splitlines()
    assert [line for line in lines if not line.startswith("stderr")] == [
        'emit   ["the"] from #1',
        'emit   ["cow"] from #1',
        'ack    #1 ["the cow"]',
    ]
    assert "stderr between messages" in lines


def test_a_component_in_messagepack(attempt: Any) -> None:
    code = (
        "from pystorm import Bolt\n"
        "class B(Bolt):\n"
        "    def process(self, tup):\n"
        "        self.emit([tup.values[0] * 2])\n"
        "B(serializer='msgpack').run()\n"
    )
    done = attempt(f'python -c "{code}"', "--serializer", "msgpack", given="[21]\n")
    assert [line for line in done.stdout.splitlines() if not line.startswith("log")] == ["emit   [42] from #1", "ack    #1 [21]"]


def test_a_component_of_a_topology(attempt: Any) -> None:
    done = attempt("words_topology.py:split", "--json", given='"the cow"\n')
    said = [json.loads(line) for line in done.stdout.splitlines()]
    assert said[1:] == [
        {"emit": ["the"], "stream": "default", "anchors": ["1"]},
        {"emit": ["cow"], "stream": "default", "anchors": ["1"]},
        {"ack": "1", "tuple": ["the cow"]},
    ]


def test_a_spout_is_asked_and_told(attempt: Any) -> None:
    done = attempt("words_topology.py:lines", "--take", "2")
    assert done.stdout.splitlines() == [
        'emit   ["the cow"] id "0"',
        'told   ack "0"',
        'emit   ["the moon"] id "1"',
        'told   ack "1"',
    ]
    again = attempt("words_topology.py:lines", "--take", "2", "--fail")
    assert again.stdout.splitlines()[:2] == ['emit   ["the cow"] id "0"', 'told   fail "0"']


def test_what_fails_is_told_by_the_status(attempt: Any) -> None:
    done = attempt("python split.py", given='{"line": "bad"}\n{"line": "good"}\n', status=3)
    assert 'fail   #1 ["bad"]' in done.stdout and 'ack    #2 ["good"]' in done.stdout
    assert "ValueError: a bad line" in done.stdout


def test_what_is_never_answered_is_told(attempt: Any) -> None:
    code = "from stormhost import Bolt; type('B', (Bolt,), {'execute': lambda self, input: None})().run()"
    done = attempt(f'python -c "{code}"', "--wait", "0.5", given="[1]\n", status=3)
    assert done.stdout == "none   #1 [1]: neither acked nor failed\n"


def test_a_line_that_is_no_tuple_is_told(attempt: Any) -> None:
    done = attempt("python split.py", given='{"line": "a"}\nthe cow\n["a", "b"]\n', status=1)
    assert "the cow: no JSON" in done.stderr
    assert '["a", "b"]: 2 values, where the tuple has 1 field (line)' in done.stderr
    assert 'ack    #1 ["a"]' in done.stdout


@pytest.mark.parametrize(
    "command, said",
    [
        ("python -c 'raise SystemExit(3)'", "left before it answered the handshake"),
        ("true", "left before it answered the handshake"),
    ],
)
def test_what_speaks_no_protocol_is_told(attempt: Any, command: str, said: str) -> None:
    done = attempt(command, given="[1]\n", status=4)
    assert said in done.stderr


@pytest.mark.parametrize("command", ["sleep 1000", "yes"])
def test_a_command_that_never_answers_the_handshake_is_told(attempt: Any, tmp_path: Path, command: str) -> None:
    (tmp_path / "silent_topology.py").write_text(
        "from stormhost import *\n"
        "class T(Topology):\n"
        f"    silent = Process(*{command.split()!r}, spout=True, fields='n', conf={{'stormhost.handshake.timeout.secs': 0.5}})\n"
    )
    done = attempt("silent_topology.py:silent", given="", status=4)
    assert "it did not answer the handshake within 0.5 s" in done.stderr


def test_an_echo_is_told_from_a_component(attempt: Any) -> None:
    done = attempt("cat", given="[1]\n", status=3)
    assert "it answered the handshake without its pid" in done.stderr
    assert "none   #1 [1]" in done.stdout


@pytest.mark.parametrize(
    "command, status, said",
    [
        ("no-such-program at-all", 1, "no-such-program"),
        ("words_topology.py:nobody", 1, "what there is: lines, split, show, upper"),
        ("words_topology.py:show", 1, "is part of stormhost itself"),
        ("words_topology.py:upper", 1, "is a command of the shell"),
        ("words_topology.py", 2, "which of its components?"),
        ("python 'x", 2, "a quote is not closed"),
    ],
)
def test_what_cannot_be_tried_is_told(attempt: Any, command: str, status: int, said: str) -> None:
    assert said in attempt(command, given="[1]\n", status=status).stderr


def test_a_death_with_a_tuple_in_hand_is_told(attempt: Any) -> None:
    code = "import os; from stormhost import Bolt; type('B', (Bolt,), {'execute': lambda self, input: os._exit(7)})().run()"
    done = attempt(f'python -c "{code}"', given="[1]\n", status=3)
    assert "none   #1 [1]" in done.stdout
    assert "end    it left with status 7" in done.stdout
