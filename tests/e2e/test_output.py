"""Where the words of components go.

Prints of every kind, from whoever belongs to a child, end in the log with component, task and stream.
"""

from __future__ import annotations

import json

import pytest

from harness import Stormhost

NOISY = """
import ctypes, subprocess
libc = ctypes.CDLL(None)

class Noisy(AutoAckBolt):
    class Default(Stream):
        fields = 'n'
    def execute(self, input):
        self.emit(input.n)
        if input.n == 0:
            print('python prints')
            sys.__stdout__.write('python writes\\n')
            libc.puts(b'c puts')
            libc.printf(b'c printf %d\\n', 42)
            libc.fflush(None)
            os.write(1, b'descriptor 1\\n')
            os.write(2, b'descriptor 2\\n')
            pid = os.fork()
            if pid == 0:
                print('a fork prints', flush=True)
                os._exit(0)
            os.waitpid(pid, 0)
            subprocess.run(['sh', '-c', 'echo a grandchild prints; echo and complains >&2'], check=True)
            subprocess.run(['sh', '-c', 'read line || echo nothing to read for a grandchild'], check=True)
        if input.n == 5:
            for _ in range(1024):
                sys.stderr.write('e' * 1023 + '\\n')

class T(Topology):
    numbers = Numbers(1, 100)
    noisy = Noisy(1)
    see = Noter(1)
    noisy.inputs.append(ShuffleGrouping(numbers))
    see.inputs.append(ShuffleGrouping(noisy))
"""


def test_a_bolt_that_prints_forks_and_floods_counts_right(stormhost: Stormhost) -> None:
    run = stormhost.run(NOISY)
    assert sorted(n for _, n in run.noted("saw")) == list(range(100))
    assert sorted(run.noted("acked")) == list(range(100))


def test_every_print_ends_in_the_log_with_component_task_and_stream(stormhost: Stormhost) -> None:
    run = stormhost.run(NOISY)
    said = {line.message: line for line in run.log if line.component == "noisy"}
    for words in [
        "python prints",
        "python writes",
        "c puts",
        "c printf 42",
        "descriptor 1",
        "descriptor 2",
        "a fork prints",
        "a grandchild prints",
        "and complains",
        "nothing to read for a grandchild",
    ]:
        assert words in said, f"{words!r} is missing in {sorted(said)[:20]}"
        assert said[words].task == 1 and said[words].pid and said[words].stream in ("stdout", "stderr"), said[words]


def test_the_hosts_stdout_carries_data_only(stormhost: Stormhost) -> None:
    assert stormhost.run(NOISY).stdout == ""


def test_what_print_shows_is_the_hosts_stdout_and_nothing_else(stormhost: Stormhost) -> None:
    run = stormhost.run(
        """
class T(Topology):
    numbers = Numbers(1, 100)
    show = Print()
    show.inputs.append(ShuffleGrouping(numbers))
"""
    )
    assert sorted(map(int, run.stdout.split())) == list(range(100))
    assert sorted(run.noted("acked")) == list(range(100))


BEFORE_THE_START = {
    "topology.py": """
class Talker(AutoAckBolt):
    def initialize(self):
        for level in ('debug', 'info', 'warn', 'error'):
            self.log('said at ' + level, level)
        self.report_error('something is wrong')
    def execute(self, input):
        pass

class T(Topology):
    numbers = Numbers(1, 1)
    talker = Talker(inputs=ShuffleGrouping(numbers))
""",
    "topology.rb": """
require 'stormhost'
class Numbers < Stormhost::Spout
  output_fields :n
  def tuples = emit(1)
end
class Talker < Stormhost::AutoAckBolt
  def prepare
    %i[debug info warn error].each { |level| log "said at #{level}", level }
    report_error 'something is wrong'
  end
  def execute(_) = nil
end
class T < Stormhost::Topology
  spout Numbers
  bolt Talker do
    source Numbers
  end
end
""",
    "topology.lua": """
local stormhost = require "stormhost"
local Numbers = stormhost.Spout:extend { fields = "n" }
function Numbers:tuples() self:emit(1) end
local Talker = stormhost.AutoAckBolt:extend {}
function Talker:initialize()
  for _, level in ipairs { "debug", "info", "warn", "error" } do
    self:log("said at " .. level, level)
  end
  self:report_error("something is wrong")
end
function Talker:execute() end
return stormhost.Topology "T" { numbers = Numbers(), talker = Talker() { stormhost.ShuffleGrouping "numbers" } }
""",
}


@pytest.mark.parametrize("name", BEFORE_THE_START)
def test_what_is_logged_before_the_first_tuple_keeps_its_level(stormhost: Stormhost, name: str) -> None:
    run = stormhost.run(stormhost.write(BEFORE_THE_START[name], name))
    levels = {line.message: line.level for line in run.log if line.component == "talker"}
    assert [levels.get(f"said at {level}") for level in ("debug", "info", "warn", "error")] == [None, "info", "warn", "error"]
    assert levels["something is wrong"] == "error"


def test_a_metric_with_every_tuple_is_added_up(stormhost: Stormhost) -> None:
    run = stormhost.run(
        """
class Meter(AutoAckBolt):
    def execute(self, input):
        self.metric('n', input.n)

class T(Topology):
    numbers = Numbers(1, 101)
    meter = Meter(inputs=ShuffleGrouping(numbers))
"""
    )
    assert run.lines_of("meter", "metrics") == ["n = 0", "n = 100 (100 values, 5050 in all)"]


def test_debug_tells_every_tuple_that_is_emitted_and_who_got_it(stormhost: Stormhost) -> None:
    """Found: `topology.debug` was shown as in force, and did nothing."""
    source = """
class Twice(AutoAckBolt):
    class Default(Stream):
        fields = 'n', 'text'
    class Unheard(Stream):
        fields = 'n'
    def execute(self, input):
        self.emit([input.n, 'a' * input.n])
        self.emit(input.n, stream='unheard')

class T(Topology):
    numbers = Numbers(1, 3)
    twice = Twice(inputs=ShuffleGrouping(numbers))
    see = Noter(2, inputs=AllGrouping(twice))
"""
    run = stormhost.run(source, "--set", "twice:topology.debug=true")
    told = [line.message for line in run.log if line.message.startswith("Emitting: ")]
    see = "see[2], see[3]"
    expected = [f'Emitting: twice default [{n}, "{"a" * n}"] to {see}' for n in range(3)]
    assert sorted(told) == sorted(expected + [f"Emitting: twice unheard [{n}] to nobody" for n in range(3)])


def test_debug_tells_lines_too(stormhost: Stormhost) -> None:
    source = """
class T(Topology):
    log = Lines('seq 2', spout=True)
    odd = Lines('grep 1', inputs=ShuffleGrouping(log))
    show = Print(inputs=ShuffleGrouping(odd))
"""
    run = stormhost.run(source, "--set", "topology.debug=true")
    told = sorted(line.message for line in run.log if line.message.startswith("Emitting: "))
    assert told == [
        'Emitting: log default ["1"] to odd[2]',
        'Emitting: log default ["2"] to odd[2]',
        'Emitting: odd default ["1"] to show[3]',
    ]


def test_log_report_error_and_metric_reach_the_log_at_their_level(stormhost: Stormhost) -> None:
    run = stormhost.run(
        """
class Talker(AutoAckBolt):
    def execute(self, input):
        for level in ('debug', 'info', 'warn', 'error'):
            self.log('said at ' + level, level)
        self.report_error('something is wrong')
        self.metric('depth', {'metres': 7})

class T(Topology):
    numbers = Numbers(1, 1)
    talker = Talker()
    talker.inputs.append(ShuffleGrouping(numbers))
"""
    )
    levels = {line.message: line.level for line in run.log if line.component == "talker"}
    assert levels["said at info"] == "info" and levels["said at warn"] == "warn" and levels["said at error"] == "error"
    assert "said at debug" not in levels
    assert levels["something is wrong"] == "error"
    assert any("depth" in message and "7" in message for message in levels)


def test_an_exception_fails_its_tuple_and_its_traceback_is_logged(stormhost: Stormhost) -> None:
    run = stormhost.run(
        """
class Picky(AutoAckBolt):
    def execute(self, input):
        if input.n == 3:
            raise ValueError('three is not to my taste')

class T(Topology):
    numbers = Numbers(1, 5)
    picky = Picky()
    picky.inputs.append(ShuffleGrouping(numbers))
""",
        status=3,
    )
    assert sorted(run.noted("acked")) == [0, 1, 2, 4]
    ((n, kind, reason),) = run.noted("failed")
    assert (n, kind) == (3, "failed") and "three is not to my taste" in reason
    assert "topology.py" in run.told and "line" in run.told and "ValueError: three is not to my taste" in run.told


def test_the_log_goes_to_a_file_if_asked(stormhost: Stormhost) -> None:
    path = stormhost.folder / "log"
    run = stormhost.run(NOISY, "--log-file", str(path))
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    assert any(line["message"] == "python prints" for line in lines)
    assert "python prints" not in run.stderr
