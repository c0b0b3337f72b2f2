"""`stormhost try`: one component by hand, in every dialect, and what is said of it."""

from __future__ import annotations

import json
import os
import shutil
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

    def run(*words: str, given: str = "", status: int = 0, path: Path | None = None) -> subprocess.CompletedProcess[str]:
        env = stormhost.environment("try", stormhost.folder / "journal")
        env["PATH"] = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
        if path is not None:
            env["PATH"] = f"{path}:{env['PATH']}"
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


def in_python(execute: str, base: str = "Bolt", head: str = "pass") -> str:
    """A command that is a bolt of our library, with this as its `execute`."""
    code = f"from stormhost import {base}; {head}; type('B', ({base},), {{'execute': lambda self, input: {execute}}})().run()"
    return f'python -c "{code}"'


STOCK_BOLT = """
import json, sys
def send(message):
    print(json.dumps(message) + chr(10) + 'end', flush=True)
def take():
    lines = []
    for line in sys.stdin:
        if line == 'end' + chr(10):
            return json.loads(''.join(lines))
        lines.append(line)
    sys.exit(0)
take()
send({'pid': 1})
while True:
    given = take()
    if given['stream'] == '__heartbeat':
        send({'command': 'sync'})
        continue
    if given['stream'] == '__tick':
        continue
    BODY
    send({'command': 'ack', 'id': given['id']})
"""
CHECKED = """
from stormhost import *

class T(Topology):
    numbers = Process('python', 'spout.py', spout=True, fields='n')
    it = Process('python', 'bolt.py', fields=('word', 'count'), streams={'late': 'word'}, inputs=[ShuffleGrouping(numbers)])
"""


@pytest.fixture
def stock(stormhost: Stormhost, attempt: Any) -> Any:
    """Tries a component without any library that does this with each tuple."""

    def run(body: str, what: str, *words: str, **others: Any) -> list[str]:
        (stormhost.folder / "bolt.py").write_text(STOCK_BOLT.replace("BODY", body))
        (stormhost.folder / "checked_topology.py").write_text(CHECKED)
        return attempt(what, *words, **others).stdout.splitlines()

    return run


WIDE = "it emitted 1 values to stream 'default', which has 2 fields (word, count) [SH0509]"
UNDECLARED = "it emitted to stream 'early', which it does not declare; its streams are 'default', 'late' [SH0508]"
EMITS = "send({'command': 'emit', 'tuple': ['cow'], 'need_task_ids': False, 'anchors': [given['id']]MORE})"


@pytest.mark.parametrize("more, said, shown", [("", WIDE, ""), (", 'stream': 'early'", UNDECLARED, " on early")])
@pytest.mark.parametrize("what", [("checked_topology.py:it",), ("python bolt.py", "--emits", "word,count", "--emits", "late:word")])
def test_what_a_run_would_not_pass_on_is_an_error(stock: Any, what: tuple[str, ...], more: str, said: str, shown: str) -> None:
    lines = stock(EMITS.replace("MORE", more), *what, given="[1]\n", status=3)
    assert [line.replace("'late', 'default'", "'default', 'late'") for line in lines] == [
        f'emit   ["cow"]{shown} from #1',
        f"error  {said}",
        "ack    #1 [1]",
    ]
    fine = stock(EMITS.replace("MORE", ", 'stream': 'late'"), *what, given="[1]\n")
    assert fine == ['emit   ["cow"] on late from #1', "ack    #1 [1]"]


def test_a_command_that_declares_nothing_may_emit_anything(stock: Any) -> None:
    lines = stock(EMITS.replace("MORE", ", 'stream': 'early'"), "python bolt.py", given="[1]\n")
    assert lines == ['emit   ["cow"] on early from #1', "ack    #1 [1]"]


def test_a_spout_hears_a_fail_for_what_a_run_would_not_pass_on(stormhost: Stormhost, attempt: Any) -> None:
    (stormhost.folder / "checked_topology.py").write_text(CHECKED)
    spout = STOCK_BOLT.split("while True")[0] + (
        "while True:\n"
        "    if take()['command'] == 'next':\n"
        "        send({'command': 'emit', 'tuple': [1, 2], 'id': 7, 'need_task_ids': False})\n"
        "    send({'command': 'sync'})\n"
    )
    (stormhost.folder / "spout.py").write_text(spout)
    lines = attempt("checked_topology.py:numbers", "--take", "1", status=3).stdout.splitlines()
    assert lines == [
        "emit   [1,2] id 7",
        "error  it emitted 2 values to stream 'default', which has 1 fields (n) [SH0509]",
        "told   fail 7",
    ]


ODD = '[12345678901234567890123, 1.50, "caf\\u00e9", [1e400]]'


def test_values_are_passed_on_and_shown_as_they_were_said(stock: Any) -> None:
    # `json.loads` keeps integers of any size, so what is emitted tells what came.
    body = "send({'command': 'emit', 'tuple': given['tuple'][:3] + [float('nan')], 'need_task_ids': False})"
    lines = stock(body, "python bolt.py", given=ODD + "\n")
    assert lines == [
        'emit   [12345678901234567890123,1.5,"café",NaN]',
        'ack    #1 [12345678901234567890123,1.50,"café",[1e400]]',
    ]
    [emit, ack] = stock(body, "python bolt.py", "--json", given=ODD + "\n")
    assert emit.startswith('{"emit":[12345678901234567890123,1.5,"café","NaN"],')
    assert ack == '{"ack":"1","tuple":[12345678901234567890123,1.50,"café",[1e400]]}'


def test_a_value_that_messagepack_has_no_words_for_is_told(attempt: Any) -> None:
    code = "from pystorm import Bolt; type('B', (Bolt,), {'process': lambda self, tup: None})(serializer='msgpack').run()"
    done = attempt(f'python -c "{code}"', "--serializer", "msgpack", given="[12345678901234567890123]\n[1]\n", status=1)
    assert "[12345678901234567890123]: the integer 12345678901234567890123 is too large" in done.stderr
    assert "ack    #2 [1]" in done.stdout or "ack    #1 [1]" in done.stdout


def test_a_second_answer_is_an_error_that_changes_nothing(stock: Any) -> None:
    lines = stock("send({'command': 'ack', 'id': given['id']})", "python bolt.py", given="[1]\n")
    assert lines == ["ack    #1 [1]", "error  it answered #1 twice"]
    lines = stock("send({'command': 'fail', 'id': given['id']})", "python bolt.py", given="[1]\n", status=3)
    assert lines == ["fail   #1 [1]", "error  it answered #1 twice"]


LUA = """
local stormhost = require("stormhost")
local It = stormhost.AutoAckBolt:extend({ fields = "said" })
function It:execute(input)
  self:emit(_VERSION .. " " .. tostring(arg[-1]):match("[^/]*$"))
end
It:run()
"""


@pytest.mark.parametrize("where", ["inside", "outside"])
def test_a_component_in_lua_inside_is_tried_with_the_best_lua(stormhost: Stormhost, attempt: Any, where: str) -> None:
    (stormhost.folder / "it.lua").write_text(LUA)
    (stormhost.folder / "lua_topology.py").write_text(
        "from stormhost import *\n"
        "from split import Split\n"
        "class T(Topology):\n"
        "    numbers = Process('true', spout=True, fields='n')\n"
        f"    it = Lua('it.lua', where='{where}', fields='said', inputs=[ShuffleGrouping(numbers)])\n"
    )
    # A `lua` that is the first of the PATH, and no good.
    (stormhost.folder / "bin").mkdir()
    (stormhost.folder / "bin" / "lua").symlink_to("/bin/false")
    done = attempt("lua_topology.py:it", "--lua", "built-in", given="[1]\n", path=stormhost.folder / "bin")
    assert done.stdout.splitlines() == ['emit   ["Lua 5.4 stormhost-lua"] from #1', "ack    #1 [1]"]


def test_a_class_of_storms_that_stormhost_has_is_no_process(stormhost: Stormhost, attempt: Any) -> None:
    (stormhost.folder / "words.yaml").write_text(
        "name: words\n"
        "spouts:\n"
        "  - id: words\n"
        "    className: org.apache.storm.testing.TestWordSpout\n"
        "bolts:\n"
        "  - id: count\n"
        "    className: org.apache.storm.testing.TestWordCounter\n"
        "streams:\n"
        "  - from: words\n"
        "    to: count\n"
        "    grouping: {type: SHUFFLE}\n"
    )
    for component in "words", "count":
        done = attempt(f"words.yaml:{component}", status=1)
        assert f'"{component}" is part of stormhost itself, and has no process to try [SH1113]' in done.stderr


def test_a_component_in_flux_takes_its_filters(stormhost: Stormhost, attempt: Any) -> None:
    shutil.copytree(REPOSITORY / "examples" / "flux_word_count", stormhost.folder / "flux")
    resources = stormhost.folder / "flux" / "resources"
    shutil.copy(REPOSITORY / "target" / "multilang" / "storm.py", resources)
    done = attempt(
        "flux/topology.yaml:split", "--filter", "flux/dev.properties", "--env-filter", "--env", "GREETING=hello", given='"the cow"\n'
    )
    assert 'emit   ["cow"] from #1' in done.stdout
    done = attempt("words_topology.py:split", "--filter", "flux/dev.properties", given='"the cow"\n', status=1)
    assert "--filter belongs to a Flux file" in done.stderr
    done = attempt("python split.py", "-n", "words", given='"the cow"\n', status=2)
    assert '--name belongs to a component of a topology, and "python split.py" is none [SH0107]' in done.stderr


def test_a_component_of_a_project_in_streamparse_takes_its_environment(attempt: Any) -> None:
    project = REPOSITORY / "examples" / "streamparse_project"
    done = attempt(f"{project}:nobody", "-n", "wordcount", "-e", "cluster", status=1)
    assert "has no component" in done.stderr, done.stderr
    done = attempt(str(project), status=2)
    assert "which of its components?" in done.stderr


@pytest.mark.parametrize("wait", ["nan", "-1", "soon"])
def test_a_time_that_is_none_is_wrong_usage(attempt: Any, wait: str) -> None:
    assert "a number of seconds from 0" in attempt("python split.py", f"--wait={wait}", status=2).stderr


def test_the_fields_are_those_of_the_first_tuple(attempt: Any) -> None:
    command = in_python(
        "self.emit([input.word, input.n], anchors=[input]) or self.ack(input)",
        head="Bolt.Default = type('Default', (__import__('stormhost').Stream,), {'fields': ('word', 'n')})",
    )
    done = attempt(command, given='"tick"\n\n{"word": "cow", "n": 1}\n["moon", 2]\n')
    assert done.stdout.splitlines() == [
        'emit   ["cow",1] from #2',
        'ack    #2 ["cow",1]',
        'emit   ["moon",2] from #3',
        'ack    #3 ["moon",2]',
    ]


def test_a_batcher_that_waits_for_a_second_tick_is_sent_one(stormhost: Stormhost, attempt: Any) -> None:
    (stormhost.folder / "batch.py").write_text(
        "from pystorm import BatchingBolt\n"
        "class Batch(BatchingBolt):\n"
        "    def group_key(self, tup):\n"
        "        return 1\n"
        "    def process_batch(self, key, tups):\n"
        "        self.emit([len(tups)])\n"
        "Batch().run()\n"
    )
    (stormhost.folder / "batch_topology.py").write_text(
        "from stormhost import *\n"
        "class T(Topology):\n"
        "    numbers = Process('true', spout=True, fields='n')\n"
        "    ticks = {'topology.tick.tuple.freq.secs': 1}\n"
        "    batch = Process('python', 'batch.py', fields='many', inputs=[ShuffleGrouping(numbers)], conf=ticks)\n"
        "    never = Process('python', 'bolt.py', inputs=[ShuffleGrouping(numbers)], conf=ticks)\n"
    )
    done = attempt("batch_topology.py:batch", "--wait", "0.5", given="[1]\n[2]\n")
    lines = [line for line in done.stdout.splitlines() if not line.startswith("log")]
    assert lines == ["emit   [2] from #1, #2", "ack    #1 [1]", "ack    #2 [2]"]
    # One that never answers is given up all the same.
    (stormhost.folder / "bolt.py").write_text(STOCK_BOLT.replace("BODY", "continue"))
    done = attempt("batch_topology.py:never", "--wait", "0.2", given="[1]\n", status=3)
    assert done.stdout == "none   #1 [1]: neither acked nor failed\n"


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


HEAD = STOCK_BOLT.split("while True")[0]
SPOUT = """
n = 0
while True:
    command = take()['command']
    BODY
    send({'command': 'sync'})
"""
EMITS_ONE = "send({'command': 'emit', 'tuple': [n], 'id': n, 'need_task_ids': False}); n += 1"


@pytest.fixture
def spout(stormhost: Stormhost, attempt: Any) -> Any:
    """Tries a spout without any library that does this at each command, and then answers it."""

    def run(body: str, *words: str, **others: Any) -> subprocess.CompletedProcess[str]:
        (stormhost.folder / "spout.py").write_text(HEAD + SPOUT.replace("BODY", body))
        return attempt("python spout.py", "--spout", *words, **others)

    return run


def test_a_spout_is_told_first_that_it_is_active(spout: Any) -> None:
    done = spout(f"active = command == 'activate' or n or active\n    if command == 'next' and active: {EMITS_ONE}", "--take", "2")
    assert done.stdout.splitlines() == ["emit   [0] id 0", "told   ack 0", "emit   [1] id 1", "told   ack 1"]


def test_a_spout_that_answers_only_next_is_asked_on(spout: Any) -> None:
    done = spout(f"if command != 'next': continue\n    {EMITS_ONE}", "--take", "3")
    told = [f"{verb} {n}" for n in range(3) for verb in (f"emit   [{n}] id", "told   ack")]
    assert done.stdout.splitlines() == ["told   activate", *told]
    json_lines = spout(f"if command != 'next': continue\n    {EMITS_ONE}", "--take", "1", "--json").stdout.splitlines()
    assert json_lines[0] == '{"told":"activate"}'


@pytest.mark.parametrize("verdict", ["ack", "fail"])
def test_a_spout_that_emits_when_it_is_told_comes_to_an_end(spout: Any, verdict: str) -> None:
    words = ["--fail"] if verdict == "fail" else []
    lines = spout(f"if command == '{verdict}' or command == 'next' and n < 2: {EMITS_ONE}", "--take", "4", *words).stdout.splitlines()
    emitted = [line for line in lines if line.startswith("emit")]
    told = [line for line in lines if line.startswith("told")]
    # What it was asked for is answered; what it emits at these answers is not.
    assert len(emitted) > 4 and told == [f"told   {verdict} {n}" for n in range(4)]


def test_what_is_logged_before_the_greeting_is_shown(stormhost: Stormhost, attempt: Any) -> None:
    bolt = STOCK_BOLT.replace("BODY", "pass").replace("send({'pid': 1})", "send({'command': 'log', 'msg': 'ready'})\nsend({'pid': 1})")
    (stormhost.folder / "bolt.py").write_text(bolt)
    done = attempt("python bolt.py", given="[1]\n")
    assert done.stdout.splitlines() == ["log    info: ready", "ack    #1 [1]"]
    assert "pid" not in done.stderr


def test_an_emit_before_the_greeting_opens_the_conversation(stormhost: Stormhost, attempt: Any) -> None:
    early = "send({'command': 'emit', 'tuple': ['early'], 'need_task_ids': False})\nsend({'pid': 1})"
    (stormhost.folder / "bolt.py").write_text(STOCK_BOLT.replace("BODY", "pass").replace("send({'pid': 1})", early))
    done = attempt("python bolt.py", given="[1]\n")
    assert done.stdout.splitlines() == ['emit   ["early"]', "ack    #1 [1]"]
    assert "pid" not in done.stderr


STOCK_RUBY = """
require './storm'
class Split < Storm::Bolt
  def process(tuple)
    tuple.values[0].split.each { |word| emit([word], anchor: tuple) }
    ack(tuple)
  end
end
Split.new.run
"""


def test_the_end_of_its_input_is_no_error_of_a_component_on_storm_rb(stormhost: Stormhost, attempt: Any) -> None:
    shutil.copy(REPOSITORY / "target" / "multilang" / "storm.rb", stormhost.folder)
    (stormhost.folder / "stock.rb").write_text(STOCK_RUBY)
    done = attempt("ruby stock.rb", given='["the cow"]\n')
    assert "end of file" not in done.stdout + done.stderr
    assert 'ack    #1 ["the cow"]' in done.stdout and "error" not in done.stdout


SPOUT_HINT = "hint: is it a spout (--spout)?"
BOLT_HINT = "hint: is it a bolt? Then leave out --spout"


def test_a_spout_that_leaves_is_told_and_counts(spout: Any) -> None:
    done = spout("if n == 2: sys.exit(0)\n    " + EMITS_ONE, status=3)
    assert done.stdout.splitlines()[-1] == "end    it left with status 0"


def test_a_spout_that_is_tried_as_a_bolt_is_told(spout: Any, attempt: Any) -> None:
    spout(EMITS_ONE, "--take", "1")
    done = attempt("python spout.py", status=3)
    assert "end    it left" in done.stdout and SPOUT_HINT in done.stderr
    # Of a component of a topology nobody has said the wrong thing here.
    code = "import os; from stormhost import Bolt; type('B', (Bolt,), {'execute': lambda self, input: input.ack()})().run()"
    assert SPOUT_HINT not in attempt(f'python -c "{code}"', given="").stderr


def test_a_bolt_that_is_tried_as_a_spout_is_told(stock: Any, attempt: Any) -> None:
    stock("pass", "python bolt.py", given="[1]\n")
    done = attempt("python bolt.py", "--spout", status=3)
    assert "end    it left" in done.stdout and BOLT_HINT in done.stderr


@pytest.mark.parametrize(
    "body, said",
    [
        ("if command == 'next': __import__('time').sleep(1000)", "error  it did not answer `next` with sync"),
        ("if command == 'fail': __import__('time').sleep(1000)", "error  it emitted nothing for 0.5 s"),
        ("if command != 'next': continue\n    " + EMITS_ONE + "; continue", "error  it did not answer `next` with sync"),
    ],
)
def test_a_spout_that_hangs_or_has_nothing_to_say_is_told(spout: Any, body: str, said: str) -> None:
    lines = spout(body, "--wait", "0.5", status=3).stdout.splitlines()
    assert lines[-1] == said


def test_a_spout_that_ends_before_it_has_emitted_enough_is_told(spout: Any) -> None:
    done = spout(f"if n < 1 and command == 'next': {EMITS_ONE}", "--wait", "0.5")
    assert done.stdout.splitlines() == ["emit   [0] id 0", "told   ack 0"]
    assert done.stderr == "it emitted nothing more for 0.5 s\n"


def test_a_message_that_cannot_be_read_counts(stock: Any) -> None:
    lines = stock("""print('{"command": "emit", "tuple": [' + chr(10) + 'end', flush=True)""", "python bolt.py", given="[1]\n", status=3)
    assert lines[1].startswith("error  it sent what cannot be read:") and lines[2:] == ["ack    #1 [1]"]


def test_a_bolt_that_answers_nothing_is_told(stormhost: Stormhost, attempt: Any) -> None:
    (stormhost.folder / "bolt.py").write_text(HEAD + "while True: take()\n")
    done = attempt("python bolt.py", "--wait", "0.5", status=3)
    assert done.stdout == "error  it did not answer a heartbeat with sync\n" and SPOUT_HINT in done.stderr


def test_an_anchor_that_is_not_in_hand_is_an_error_as_in_a_run(stock: Any) -> None:
    body = "send({'command': 'ack', 'id': given['id']})\n    " + EMITS.replace("MORE", "") + "\n    continue"
    lines = stock(body, "python bolt.py", given="[1]\n", status=3)
    assert lines == [
        "ack    #1 [1]",
        'emit   ["cow"] from #1',
        "error  it anchored a tuple to id '1', which it does not have in hand (acked or failed before, or never given to it) [SH0513]",
    ]


def test_a_bolt_that_takes_a_heartbeat_for_a_tuple_has_answered_it(stormhost: Stormhost, attempt: Any) -> None:
    (stormhost.folder / "bolt.py").write_text(HEAD + "while True: send({'command': 'ack', 'id': take()['id']})\n")
    assert attempt("python bolt.py", "--wait", "30").stdout == ""


def test_an_answer_to_a_heartbeat_is_nobodys_business(stock: Any) -> None:
    lines = stock("send({'command': 'ack', 'id': '-1'})", "python bolt.py", given="[1]\n")
    assert lines == ["ack    #1 [1]"]


def test_a_complaint_is_shown_before_what_was_said_after_it(stock: Any) -> None:
    body = "print('complains', file=sys.stderr, flush=True)"
    for _ in range(5):
        assert stock(body, "python bolt.py", given="[1]\n") == ["stderr complains", "ack    #1 [1]"]


def test_one_that_never_stops_complaining_is_ended_all_the_same(stormhost: Stormhost, attempt: Any) -> None:
    (stormhost.folder / "flood.sh").write_text("while :; do echo complaint >&2; done\n")
    done = attempt("sh flood.sh", "--set", "stormhost.handshake.timeout.secs=0.5", status=4)
    assert "it did not answer the handshake within 0.5 s" in done.stderr


def test_what_is_neither_acked_nor_failed_is_told_once(stormhost: Stormhost, attempt: Any) -> None:
    (stormhost.folder / "bolt.py").write_text(HEAD + "while True: take()\n")
    done = attempt("python bolt.py", "--wait", "0.5", given="[1]\n", status=3)
    assert done.stdout == "none   #1 [1]: neither acked nor failed\n" and done.stderr == ""


def test_the_reason_of_a_fail_is_logged(attempt: Any) -> None:
    done = attempt(in_python("self.fail(input, 'it is too small')"), given='{"n": 1}\n', status=3)
    log, fail = done.stdout.splitlines()
    assert log.startswith("log    warn: ") and log.endswith("it is too small") and fail == "fail   #1 [1]"


@pytest.mark.parametrize("words", [["--spout"], ["--serializer", "msgpack"], ["--emits", "word"]])
def test_what_a_topology_says_itself_is_refused_from_outside(attempt: Any, words: list[str]) -> None:
    done = attempt("words_topology.py:split", *words, status=2)
    assert f'{words[0]} belongs to a command, and "words_topology.py:split" is none [SH0107]' in done.stderr


def test_a_command_listens_to_no_component(attempt: Any) -> None:
    done = attempt("python split.py", "--from", "lines", status=2)
    assert '--from belongs to a component of a topology, and "python split.py" is none [SH0107]' in done.stderr


def test_a_script_that_cannot_be_executed_is_given_its_interpreter(attempt: Any) -> None:
    assert "for a script: stormhost try 'python split.py'" in attempt("split.py", status=2).stderr


def test_a_script_that_does_not_run_its_component_is_told(stormhost: Stormhost, attempt: Any) -> None:
    (stormhost.folder / "bare.py").write_text("from stormhost import Bolt\nclass B(Bolt):\n    pass\n")
    done = attempt("python bare.py", status=4)
    assert "hint: does its script end with `NAME().run()`, where NAME is the component's class?" in done.stderr
