"""Tuples that kill their children, dead letters, and their replay."""

from __future__ import annotations

import json
import random
import signal
from pathlib import Path
from typing import Any

import pytest

from harness import Stormhost

POISON = """
class Fragile(AutoAckBolt):
    def execute(self, input):
        if input.n == 7 and not os.path.exists('cured'):
            DIES
        note('did', input.n)

class T(Topology):
    numbers = SPOUT
    fragile = Fragile(TASKS)
    fragile.inputs.append(ShuffleGrouping(numbers))
"""
DIES = {
    "exit": "os._exit(9)",
    "crash": "os.abort()",
    "kill": "os.kill(os.getpid(), 9)",
}


def poison(how: str = "exit", spout: str = "ReliableNumbers(1, 100)", tasks: int = 1) -> str:
    return POISON.replace("DIES", DIES[how]).replace("SPOUT", spout).replace("TASKS", str(tasks))


def file_of(stormhost: Stormhost) -> Path:
    """The dead letters of the latest run."""
    runs = sorted((stormhost.folder / "state" / "stormhost" / "T").iterdir())
    return runs[-1] / "dead_letters.jsonl"


def letters(stormhost: Stormhost) -> list[dict[str, Any]]:
    path = file_of(stormhost)
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


@pytest.mark.parametrize("how", DIES)
@pytest.mark.error("SH0801", "SH0803")
def test_what_kills_its_child_alone_again_and_again_is_set_aside(stormhost: Stormhost, how: str) -> None:
    run = stormhost.run(poison(how, tasks=2), status=3)
    assert sorted(run.noted("acked")) == [n for n in range(100) if n != 7]
    [letter] = letters(stormhost)
    assert (letter["component"], letter["from"], letter["stream"]) == ("fragile", "numbers", "default")
    assert (letter["fields"], letter["values"], letter["why"]) == (["n"], [7], "killed_its_child")
    # A kill could have come from outside, and weighs less.
    assert letter["deaths"] == (9 if how == "kill" else 3)
    assert "fragile[" in letter["reason"] and "the tuple in hand was [7]" in letter["story"]
    assert run.noted("failed")[-1][:2] == (7, "dead_letter")
    assert f"stormhost replay {file_of(stormhost)}" in run.told


def test_a_dead_letter_is_replayed_by_its_file_alone(stormhost: Stormhost) -> None:
    stormhost.run(poison(), status=3)
    (stormhost.folder / "cured").touch()
    run = stormhost.run(file_of(stormhost), command="replay")
    assert run.noted("did") == [7]
    assert letters(stormhost) == []
    (stormhost.folder / "cured").unlink()


def test_a_letter_that_kills_again_is_a_letter_again(stormhost: Stormhost) -> None:
    stormhost.run(poison(), status=3)
    run = stormhost.run(file_of(stormhost), command="replay", status=3)
    assert run.noted("did") == []
    assert [letter["values"] for letter in letters(stormhost)] == [[7]]


@pytest.mark.error("SH0805", "SH0806", "SH0807")
def test_letters_that_no_longer_fit_are_told_all_at_once(stormhost: Stormhost) -> None:
    topology = stormhost.write(poison())
    path = stormhost.folder / "letters.jsonl"
    path.write_text(
        '{"component": "nobody", "stream": "default", "values": [1]}\n'
        '{"component": "fragile", "from": "numbers", "stream": "other", "values": [1]}\n'
        '{"component": "fragile", "from": "numbers", "stream": "default", "values": [1, 2]}\n'
    )
    run = stormhost.run(path, str(topology), command="replay", status=1)
    for line, what in enumerate(['no component "nobody"', 'no stream "other"', "2 values"], 1):
        assert any(f"line {line}:" in text and what in text for text in run.told.splitlines()), run.told
    path.write_text("no letter\n")
    assert "letters.jsonl:1: this is no dead letter" in stormhost.run(path, str(topology), command="replay", status=1).told
    path.write_text('{"component": "fragile", "stream": "default", "values": [1]}\n')
    assert "name it" in stormhost.run(path, command="replay", status=1).told


def test_letters_go_to_a_stream_of_their_component(stormhost: Stormhost) -> None:
    source = """
class Fragile(AutoAckBolt):
    conf = {'stormhost.dead.letters.stream': 'dead'}
    class Dead(Stream):
        fields = 'values', 'reason', 'deaths', 'letter'
    def execute(self, input):
        if input.n == 7:
            os._exit(9)

class Undertaker(AutoAckBolt):
    def execute(self, input):
        note('buried', input.values, input.deaths, input.letter['from'])

class T(Topology):
    numbers = ReliableNumbers(1, 20)
    fragile = Fragile()
    undertaker = Undertaker()
    fragile.inputs.append(ShuffleGrouping(numbers))
    undertaker.inputs.append(ShuffleGrouping(fragile.Dead))
"""
    run = stormhost.run(source)
    assert run.noted("buried") == [([7], 3, "numbers")]
    assert sorted(run.noted("acked")) == list(range(20))
    assert letters(stormhost) == []


def test_a_letter_on_a_stream_is_delivered_though_nothing_else_happens(stormhost: Stormhost) -> None:
    # Nobody was woken for one that was convicted before: it lay in the queue until its tree timed out, and came again.
    source = """
class Fragile(AutoAckBolt):
    conf = {'stormhost.dead.letters.stream': 'dead'}
    class Dead(Stream):
        fields = 'values'
    def execute(self, input):
        if input.line == '20':
            os._exit(9)

class Undertaker(AutoAckBolt):
    def execute(self, input):
        note('buried', input.values)

class T(Topology):
    conf = {'topology.enable.message.timeouts': False}
    lines = Lines('seq 20; sleep 1; echo 20; exec sleep 1000', spout=True)
    fragile = Fragile()
    undertaker = Undertaker()
    fragile.inputs.append(ShuffleGrouping(lines))
    undertaker.inputs.append(ShuffleGrouping(fragile.Dead))
"""
    run = stormhost.start(source)
    run.until(lambda: run.noted("buried") == [["20"], ["20"]], "both letters to be delivered")
    run.signal(signal.SIGTERM)
    run.wait()


@pytest.mark.parametrize("dialect", ["frames", "storm"])
def test_a_huge_tuple_that_kills_its_child_is_set_aside_as_a_small_one_is(stormhost: Stormhost, dialect: str) -> None:
    # What a child held was kept up to so many bytes, so that just the huge one was nobody's suspect.
    source = """
class Texts(ReliableSpout):
    class Default(Stream):
        fields = 'n', 'text'
    def tuples(self):
        for n in range(20):
            self.emit((n, 'x' * (3_000_000 if n == 7 else 10)), id=n)
            yield None

class Fragile(AutoAckBolt):
    def execute(self, input):
        if len(input.text) > 1_000_000:
            os._exit(9)
        note('did', input.n)

class T(Topology):
    texts = Texts(1)
    fragile = Fragile()
    fragile.inputs.append(ShuffleGrouping(texts))
    if DIALECT == 'storm':
        fragile.env['STORMHOST_CODEC'] = 'storm'
"""
    run = stormhost.run(source.replace("DIALECT", repr(dialect)), status=3)
    assert set(run.noted("did")) == set(range(20)) - {7}
    assert [letter["values"][0] for letter in letters(stormhost)] == [7]


def test_a_suspect_that_has_to_wait_stays_one(stormhost: Stormhost) -> None:
    # Its child had no room to emit, so it was not sent, and was acquitted for that.
    source = """
class Fragile(AutoAckBolt):
    class Default(Stream):
        fields = 'n'
    def execute(self, input):
        if input.n == 300:
            os._exit(9)
        self.emit(input.n)

class Slow(AutoAckBolt):
    conf = {'stormhost.queue.tuples': 4}
    def execute(self, input):
        time.sleep(0.002)

class T(Topology):
    numbers = ReliableNumbers(1, 600)
    fragile = Fragile()
    slow = Slow()
    fragile.inputs.append(ShuffleGrouping(numbers))
    slow.inputs.append(ShuffleGrouping(fragile))
"""
    run = stormhost.run(source, status=3)
    assert [(letter["values"], letter["deaths"]) for letter in letters(stormhost)] == [([300], 3)]
    assert run.told.count("left with status 9 after") == 4


def test_a_stream_for_letters_is_checked(stormhost: Stormhost) -> None:
    source = """
class Fragile(AutoAckBolt):
    conf = {'stormhost.dead.letters.stream': 'STREAM'}
    class Dead(Stream):
        fields = 'values', 'nonsense'
    def execute(self, input):
        pass

class T(Topology):
    numbers = Numbers()
    fragile = Fragile()
    fragile.inputs.append(ShuffleGrouping(numbers))
"""
    assert 'which have no "nonsense"' in stormhost.run(source.replace("STREAM", "dead"), status=1).told
    assert "does not declare" in stormhost.run(source.replace("STREAM", "gone"), status=1).told


FAILS = """
class Refuses(AutoAckBolt):
    def execute(self, input):
        if input.n == 7:
            self.fail(input, 'not this one')

class Replayed(Numbers):
    replay = 'host'

class T(Topology):
    numbers = SPOUT
    refuses = Refuses()
    refuses.inputs.append(ShuffleGrouping(numbers))
"""


@pytest.mark.parametrize("spout", ["Replayed(1, 20)", "ReliableNumbers(1, 20)"])
def test_what_is_given_up_goes_to_the_dead_letters(stormhost: Stormhost, spout: str) -> None:
    stormhost.run(FAILS.replace("SPOUT", spout), status=3)
    [letter] = letters(stormhost)
    assert (letter["component"], letter["from"], letter["values"]) == ("numbers", None, [7])
    assert letter["why"] == "given_up" and "not this one" in letter["reason"]
    run = stormhost.run(file_of(stormhost), command="replay", status=3)
    assert "1 dead letters are in" in run.told
    assert [letter["values"] for letter in letters(stormhost)] == [[7]]


def test_kills_from_outside_condemn_nobody(stormhost: Stormhost) -> None:
    source = """
class Slow(AutoAckBolt):
    def execute(self, input):
        time.sleep(0.002)

class T(Topology):
    numbers = ReliableNumbers(1, COUNT)
    slow = Slow(2)
    slow.inputs.append(ShuffleGrouping(numbers))
"""
    count, kills = 3000, 20
    run = stormhost.start(source.replace("COUNT", str(count)))
    run.until(lambda: len(run.noted("acked")) > 50, "both bolts to be up")
    for _ in range(kills):
        before = len(run.noted("acked"))
        if run.kill_some(["slow"]) is None:
            continue
        run.until(lambda before=before: len(run.noted("acked")) > before + random.randrange(30) or run.status is not None, "an ack")
    run.ends_with(0, within=180)
    assert sorted(run.noted("acked")) == list(range(count))
    assert letters(stormhost) == []


@pytest.mark.error("SH0802")
def test_a_full_disk_at_the_dead_letters_is_told_and_stops_nobody(stormhost: Stormhost) -> None:
    source = poison().replace(
        "    def execute(self, input):",
        "    def initialize(self):\n"
        "        import glob\n"
        "        for run in glob.glob('state/stormhost/T/*'):\n"
        "            if not os.path.lexists(run + '/dead_letters.jsonl'):\n"
        "                os.symlink('/dev/full', run + '/dead_letters.jsonl')\n"
        "    def execute(self, input):",
        1,
    )
    run = stormhost.run(source, status=3)
    assert "No space left on device" in run.told and "1 dead letters could not be written" in run.told
    assert sorted(run.noted("acked")) == [n for n in range(100) if n != 7]



OTHERS = {
    "topology.rb": """
require 'stormhost'
class Numbers < Stormhost::ReliableSpout
  output_fields :n
  def tuples
    5.times { |n| emit n, id: n; yield }
  end
end
class Refuses < Stormhost::AutoAckBolt
  def execute(input)
    fail(input, 'not this one') if input.n == 3
  end
end
class T < Stormhost::Topology
  spout Numbers
  bolt Refuses do
    source Numbers, :shuffle
  end
end
""",
    "topology.lua": """
local stormhost = require("stormhost")
local Numbers = stormhost.ReliableSpout:extend { fields = "n" }
function Numbers:tuples()
  for n = 0, 4 do self:emit(n, { id = n }) coroutine.yield() end
end
local Refuses = stormhost.AutoAckBolt:extend {}
function Refuses:execute(input)
  if input.n == 3 then self:fail(input, "not this one") end
end
return stormhost.Topology "T" {
  numbers = Numbers(1),
  refuses = Refuses(1) { stormhost.ShuffleGrouping "numbers" },
}
""",
}


@pytest.mark.parametrize("name", OTHERS)
def test_reliable_spouts_of_other_languages_hand_over_what_they_give_up(stormhost: Stormhost, name: str) -> None:
    path = stormhost.folder / name
    path.write_text(OTHERS[name])
    stormhost.run(path, status=3)
    [letter] = letters(stormhost)
    assert (letter["component"], letter["values"], letter["why"]) == ("numbers", [3], "given_up")
    assert "not this one" in letter["reason"]
