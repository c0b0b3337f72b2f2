"""Lua components inside the host: the same results as outside, and none of what they may do wrong reaches anybody else."""

from __future__ import annotations

import os
import re
import signal
import time
from collections import Counter

import pytest

from harness import Run, Stormhost

SPLIT = """
local stormhost = require "stormhost"
local Split = stormhost.AutoAckBolt:extend { fields = "word" }
function Split:execute(input)
  for word in input.sentence:gmatch("%S+") do
    self:emit(word)
  end
end
return Split
"""

# Its spout goes on for at least so many sentences, and for as long as there is a file `more`.
COUNT_WORDS = """
class Sentences(ReliableSpout):
    class Default(Stream):
        fields = 'sentence'
    def tuples(self):
        n = 0
        while n < int(sys.argv[1]) or os.path.exists('more'):
            self.emit(f'some words come again {n % 7}', id=n)
            n += 1
            yield None
    def ack(self, id):
        note('acked', id)

class Count(AutoAckBolt):
    def execute(self, input):
        note('word', input.word)

class T(Topology):
    spout = Sentences()
    split = Lua('split.lua', fields='word', parallelism=2, inputs=ShuffleGrouping(spout))
    count = Count(2, inputs=FieldsGrouping(split, 'word'))
"""

# A bolt that does something odd with the number 3, and a neighbour that must not notice.
ODD = """
class T(Topology):
    spout = Numbers(1, 10)
    odd = Lua('odd.lua', fields='n', inputs=ShuffleGrouping(spout))
    fine = Lua('fine.lua', fields='n', inputs=ShuffleGrouping(spout))
    seen = Seen(inputs=[ShuffleGrouping(odd), ShuffleGrouping(fine)])
"""

SEEN = """
class Seen(AutoAckBolt):
    def execute(self, input):
        note('seen', input.meta.component, input.n)

"""

FINE = """
local stormhost = require "stormhost"
local Fine = stormhost.AutoAckBolt:extend { fields = "n" }
function Fine:execute(input)
  self:emit(input.n)
end
return Fine
"""


def odd(at_three: str, before: str = "") -> str:
    return FINE.replace("  self:emit", f"  if input.n == 3 then {at_three} end\n  self:emit").replace(
        "function", f"{before}\nfunction", 1
    )


def write(stormhost: Stormhost, odd_one: str) -> str:
    stormhost.write(odd_one, "odd.lua")
    stormhost.write(FINE, "fine.lua")
    return SEEN + ODD


def all_of_fine(run: Run) -> bool:
    return Counter(n for component, n in run.noted("seen") if component == "fine") == Counter(range(10))


def test_a_word_count_with_a_bolt_inside_counts_exactly(stormhost: Stormhost) -> None:
    stormhost.write(SPLIT, "split.lua")
    run = stormhost.run(COUNT_WORDS, args=["2000"], env={"PATH": "/nowhere"})
    words = Counter(run.noted("word"))
    assert words == {
        **dict.fromkeys(("some", "words", "come", "again"), 2000),
        **{str(n): len(range(n, 2000, 7)) for n in range(7)},
    }
    assert sorted(run.noted("acked")) == list(range(2000))
    run.nothing_is_left()


def test_spout_and_bolts_inside_in_one_topology(stormhost: Stormhost) -> None:
    stormhost.write(SPLIT, "split.lua")
    stormhost.write(
        """
local stormhost = require "stormhost"
local Lines = stormhost.ReliableSpout:extend { fields = "sentence" }
function Lines:tuples()
  for n = 1, tonumber(arg[1]) do
    self:emit("one two two", { id = n })
    coroutine.yield()
  end
end
return Lines
""",
        "lines.lua",
    )
    stormhost.write(
        """
local stormhost = require "stormhost"
local Count = stormhost.AutoAckBolt:extend { fields = { "word", "n" } }
local counts = {}
function Count:execute(input) counts[input.word] = (counts[input.word] or 0) + 1 end
function Count:finish()
  for word, n in pairs(counts) do self:emit { word, n } end
end
return Count
""",
        "count.lua",
    )
    source = """
class T(Topology):
    lines = Lua('lines.lua', '5000', spout=True, fields='sentence')
    split = Lua('split.lua', fields='word', inputs=ShuffleGrouping(lines))
    count = Lua('count.lua', fields=('word', 'n'), parallelism=2, inputs=FieldsGrouping(split, 'word'))
    show = Print(inputs=ShuffleGrouping(count))
"""
    run = stormhost.run(source)
    assert sorted(run.stdout.splitlines()) == ["one\t5000", "two\t10000"]
    assert run.children() == []


@pytest.mark.error("SH0411")
def test_an_endless_loop_is_ended_with_its_story_and_its_tuple(stormhost: Stormhost) -> None:
    source = write(stormhost, odd("while true do end"))
    run = stormhost.start(source, settings={"stormhost.inside.budget.secs": 0.5, "topology.message.timeout.secs": 5})
    run.until(lambda: "was interrupted" in run.told, "the end of the loop")
    run.ends_with(3)
    assert re.search(
        r"odd\[\d\] \(inside the host\) was interrupted: its code went on for more than 0\.5 s .*stormhost\.inside\.budget\.secs",
        run.told,
    ), run.told
    assert "the tuple in hand was [3] from spout" in run.told
    assert re.search(r"\| .*odd\.lua:\d+: in .*execute", run.told), run.told
    assert all_of_fine(run)
    kinds = {kind for _, kind, _ in run.noted("failed")}
    assert kinds <= {"child_died"}, kinds


@pytest.mark.parametrize(
    "loop",
    [
        "while true do pcall(function() while true do end end) end",
        "coroutine.wrap(function() while true do end end)()",
        "while true do coroutine.resume(coroutine.create(function() while true do end end)) end",
        "while true do xpcall(function() while true do end end, function() while true do end end) end",
        "while true do pcall(error) end",
        "while true do local _ = ('x'):rep(1e4):gsub('x', 'yy') end",
    ],
)
def test_no_loop_hides_from_the_budget(stormhost: Stormhost, loop: str) -> None:
    source = write(stormhost, odd(loop))
    run = stormhost.start(source, settings={"stormhost.inside.budget.secs": 0.3, "topology.message.timeout.secs": 5})
    run.until(lambda: "was interrupted" in run.told, "the end of the loop", within=20)
    run.ends_with(3)
    assert all_of_fine(run)


@pytest.mark.error("SH0412")
def test_a_memory_hog_is_ended_and_said_so(stormhost: Stormhost) -> None:
    source = write(stormhost, odd("local kept = {} while true do kept[#kept + 1] = ('x'):rep(100000) .. #kept end"))
    run = stormhost.run(source, status=3, settings={"stormhost.inside.memory.bytes": "32 MiB"})
    assert "was ended: it needs more than its 32 MiB of memory (stormhost.inside.memory.bytes)" in run.told
    assert "the tuple in hand was [3] from spout" in run.told
    assert all_of_fine(run)
    assert {kind for _, kind, _ in run.noted("failed")} == {"child_died"}


def test_an_error_in_execute_fails_its_tuple_alone(stormhost: Stormhost) -> None:
    run = stormhost.run(write(stormhost, odd("error('no threes here')")), status=3)
    assert sorted(n for component, n in run.noted("seen") if component == "odd") == [n for n in range(10) if n != 3]
    assert [failed[:2] for failed in run.noted("failed")] == [(3, "failed")]
    assert re.search(r"odd\.lua:\d+: no threes here", run.told)
    assert "inside the host" not in run.told, "nobody was ended for it"


def test_what_a_finalizer_says_at_the_end_goes_to_the_log(stormhost: Stormhost) -> None:
    keeps = "Fine.kept = setmetatable({}, { __gc = function() print('the end') end })"
    run = stormhost.run(write(stormhost, odd("local _ = 3", keeps)))
    assert "the end" in run.lines_of("odd")
    assert "destroyed" not in run.told and "panicked" not in run.told


@pytest.mark.parametrize("method", ["execute", "next_tuple", "tuples"])
def test_a_loop_that_emits_for_ever_meets_the_budget(stormhost: Stormhost, method: str) -> None:
    kind, spout = ("AutoAckBolt", "") if method == "execute" else ("Spout", "spout=True, ")
    stormhost.write(
        f"""
local stormhost = require "stormhost"
local Odd = stormhost.{kind}:extend {{ fields = "n" }}
function Odd:{method}()
  while true do self:emit(3) end
end
return Odd
""",
        "odd.lua",
    )
    # Whoever listens is quick: what is waited for room does not count.
    source = f"""
class T(Topology):
    numbers = Numbers(1, 1)
    odd = Lua('odd.lua', {spout}fields='n')
    if {method == "execute"}:
        odd.inputs.append(ShuffleGrouping(numbers))
    show = Print(inputs=ShuffleGrouping(odd))
"""
    run = stormhost.start(source, settings={"stormhost.inside.budget.secs": 0.2})
    run.until(lambda: "was interrupted" in run.told, "the end of the loop")
    run.until(lambda: "\todd.lua:5: in " in run.told, "where it was")


def test_an_error_that_speaks_of_memory_fails_its_tuple_alone(stormhost: Stormhost) -> None:
    run = stormhost.run(write(stormhost, odd("error('printer: not enough memory on the device')")), status=3)
    assert [failed[:2] for failed in run.noted("failed")] == [(3, "failed")]
    assert "inside the host" not in run.told, "nobody was ended for it"


def test_a_spout_yields_through_pcall(stormhost: Stormhost) -> None:
    stormhost.write(
        """
local stormhost = require "stormhost"
local Lines = stormhost.ReliableSpout:extend { fields = "n" }
function Lines:tuples()
  for n = 1, 3 do
    assert(pcall(function() coroutine.yield(n) end))
  end
end
return Lines
""",
        "lines.lua",
    )
    run = stormhost.run("""
class T(Topology):
    lines = Lua('lines.lua', spout=True, fields='n')
    show = Print(inputs=ShuffleGrouping(lines))
""")
    assert run.stdout.split() == ["1", "2", "3"]


def test_prints_go_to_the_log_and_reads_give_nothing(stormhost: Stormhost) -> None:
    says = """
print("printed", 1, nil)
io.write("written ", 2, "\\n")
io.stdout:write("to stdout\\n"):write("twice\\n")
io.stderr:write("to stderr\\n")
print(io.read(), io.stdin:read("a"), io.type(io.stdout), (io.open("/dev/stdout", "w")))
for _ in io.lines() do print("a line") end
io.output():write("the end\\n")
"""
    run = stormhost.run(write(stormhost, odd("print('three')", says)))
    said = run.lines_of("odd")
    assert said[:7] == ["printed\t1\tnil", "written 2", "to stdout", "twice", "to stderr", "nil\tnil\tfile\tnil", "the end"]
    assert "three" in said
    assert run.stdout == ""
    assert len(run.noted("acked")) == 10


@pytest.mark.parametrize("call", ["os.exit(7)", "pcall(os.exit, 7)", "coroutine.wrap(os.exit)(7)"])
def test_os_exit_ends_the_component_alone(stormhost: Stormhost, call: str) -> None:
    run = stormhost.start(write(stormhost, odd(call)), settings={"topology.message.timeout.secs": 5})
    run.until(lambda: "left with status 7" in run.told, "the component's end")
    run.ends_with(3)
    assert re.search(r"odd\[\d\] \(inside the host\) left with status 7 after", run.told)
    assert all_of_fine(run)


@pytest.mark.parametrize(
    ("call", "said"),
    [
        ("os.execute('echo hello')", "inside the host no process can be started"),
        ("io.popen('echo hello')", "inside the host no process can be started"),
        ("debug.sethook()", "sethook"),
        ("assert(load(string.dump(function() end)))", "attempt to load a binary chunk"),
        ("require 'cjson'", "cjson"),
    ],
)
def test_what_is_not_to_be_had_inside_is_an_error_of_its_tuple(stormhost: Stormhost, call: str, said: str) -> None:
    run = stormhost.run(write(stormhost, odd(call)), status=3)
    assert said in run.told
    assert run.stdout == ""
    assert [failed[:2] for failed in run.noted("failed")] == [(3, "failed")]


def test_a_script_that_cannot_start_stops_the_run_with_the_whole_story(stormhost: Stormhost) -> None:
    for script, said in (
        ("return nonsense.field", r"odd\.lua:1: attempt to index a nil value"),
        ("local x = = 1", r"odd\.lua:1: unexpected symbol"),
        ("local x = 1", r"neither runs a component nor returns one"),
        ("require 'not.there'", r"module 'not\.there' not found"),
    ):
        began = time.monotonic()
        run = stormhost.run(write(stormhost, script), status=4)
        assert time.monotonic() - began < 10
        assert re.search(r"odd\[\d\] \(inside the host\) left with status 1 after .* before it had answered", run.told), run.told
        assert re.search(said, run.told), run.told
        assert "command: lua odd.lua" in run.told


def test_a_script_that_is_not_there_is_named(stormhost: Stormhost) -> None:
    (stormhost.folder / "odd.lua").unlink(missing_ok=True)
    stormhost.write(FINE, "fine.lua")
    run = stormhost.run(SEEN + ODD, status=4)
    assert re.search(r"odd\.lua: No such file", run.told), run.told


def test_a_killed_neighbour_does_not_disturb_who_is_inside(stormhost: Stormhost) -> None:
    stormhost.write(SPLIT, "split.lua")
    more = stormhost.write("sentences are wanted", "more")
    run = stormhost.start(COUNT_WORDS, args=["20000"])
    run.kills(["count"], 5)
    os.remove(more)
    run.ends_with(0)
    acked = run.noted("acked")
    assert len(acked) >= 20000 and sorted(acked) == list(range(len(acked)))
    words = Counter(run.noted("word"))
    assert all(words[word] >= len(acked) for word in ("some", "words", "come", "again"))
    assert "split[" not in run.told, "nobody inside was ended for it"


def test_the_working_folder_and_the_environment_are_its_own(stormhost: Stormhost) -> None:
    os.mkdir(stormhost.folder / "elsewhere")
    stormhost.write("the content", "elsewhere/file.txt")
    shows = 'print(io.open("file.txt"):read("a"), os.getenv("COLOUR"), os.getenv("JOURNAL") ~= nil)'
    stormhost.write(FINE.replace("function", f"{shows}\nfunction", 1), "elsewhere/odd.lua")
    source = """
class T(Topology):
    spout = Numbers(1, 3)
    odd = Lua('odd.lua', fields='n', cwd='elsewhere', env={'COLOUR': 'red'}, inputs=ShuffleGrouping(spout))
"""
    run = stormhost.run(source)
    assert run.lines_of("odd") == ["the content\tred\ttrue"]


def test_values_pass_as_they_are(stormhost: Stormhost) -> None:
    stormhost.write(
        """
local stormhost = require "stormhost"
local Echo = stormhost.AutoAckBolt:extend { fields = { "a", "b" } }
function Echo:execute(input)
  self:emit { input.a, input.b }
end
return Echo
""",
        "echo.lua",
    )
    source = """
ROWS = [
    (0, -1), (2**63 - 1, -2**63), (2**64 - 1, 1.0), (0.5, -0.0), (None, True), ('', 'é€😀'), ('x' * 300, 'y' * 70000),
    ([], {}), ([1, [None, {}]], {'a': {'b': []}}), (1, 'mixed'), (2.5, None),
]

class Rows(Spout):
    class Default(Stream):
        fields = 'a', 'b'
    def tuples(self):
        for n, row in enumerate(ROWS * 3):
            self.emit(row, id=n)
            yield None

class Back(AutoAckBolt):
    def execute(self, input):
        note('row', repr(input.a), repr(input.b))

class T(Topology):
    rows = Rows()
    echo = Lua('echo.lua', fields=('a', 'b'), inputs=ShuffleGrouping(rows))
    back = Back(inputs=ShuffleGrouping(echo))
    direct = Back(inputs=ShuffleGrouping(rows))
"""
    run = stormhost.run(source)
    rows = Counter(run.noted("row"))
    assert sum(rows.values()) == 66
    assert all(count == 6 for count in rows.values()), rows


def test_only_lua_can_be_inside(stormhost: Stormhost) -> None:
    source = """
class T(Topology):
    spout = Numbers(1, 3)
    here = Lua('odd.lua', where='beside', inputs=ShuffleGrouping(spout))
"""
    run = stormhost.run(source, status=1)
    assert 'error: "here" is to run "beside", which is no place' in run.told
    assert 'hint: where is "inside" or "outside"' in run.told


TOPOLOGY_LUA = """
local stormhost = require "stormhost"
local Lines = stormhost.ReliableSpout:extend { fields = "sentence" }
function Lines:init(count) self.count = count end
function Lines:tuples()
  for n = 1, self.count do coroutine.yield("to be or not to be") end
end
local Split = stormhost.AutoAckBolt:extend { fields = "word" }
function Split:execute(input)
  for word in input.sentence:gmatch("%S+") do self:emit(word) end
end
local Count = stormhost.AutoAckBolt:extend { fields = { "word", "n" } }
function Count:initialize() self.counts = {} end
function Count:execute(input) self.counts[input.word] = (self.counts[input.word] or 0) + 1 end
function Count:finish()
  for word, n in pairs(self.counts) do self:emit { word, n } end
end
return stormhost.Topology "Hamlet" {
  lines = Lines(1, 1000) { where = WHERE[1] },
  split = Split(2) { stormhost.ShuffleGrouping "lines", where = WHERE[2] },
  count = Count(2) { stormhost.FieldsGrouping("split", "word"), where = WHERE[3] },
  show = stormhost.Print() { stormhost.ShuffleGrouping "count" },
}
"""


@pytest.mark.parametrize("where", ["nnn", "nin", "ioi", "iii"])
def test_a_topology_in_lua_says_where_each_component_runs(stormhost: Stormhost, where: str) -> None:
    words = {"n": "nil", "i": '"inside"', "o": '"outside"'}
    head = f"local WHERE = {{ {', '.join(words[each] for each in where)} }}\n"
    run = stormhost.start(stormhost.write(head + TOPOLOGY_LUA, "hamlet.lua"), python=None)
    run.ends_with(0)
    assert sorted(run.stdout.split()) == sorted("be 2000 not 1000 or 1000 to 2000".split())
    insiders = {line.component for line in run.log if line.message == "final figures"}
    assert insiders == {"lines", "split", "count", "show"}


def test_the_same_script_runs_outside_too(stormhost: Stormhost) -> None:
    stormhost.write(SPLIT.replace("return Split", "Split:run()"), "split.lua")
    for where in ("inside", "outside"):
        run = stormhost.run(COUNT_WORDS.replace("'split.lua',", f"'split.lua', where='{where}',"), args=["100"])
        assert len(run.noted("word")) == 500
        assert len(run.noted("acked")) == 100


# A search that goes on for years within one call of a function in C, where nothing can be interrupted.
ENDLESS_IN_C = "(('a'):rep(60)):find(('a-'):rep(30) .. 'b')"


@pytest.mark.parametrize(
    ("code", "budget", "said"),
    [
        ("while true do end", 60, "interrupted\n"),
        ("while true do end", 0, "interrupted\n"),
        ("local _ = " + ENDLESS_IN_C, 0, "goes on all the same; it is given up"),
    ],
)
def test_one_that_does_not_come_to_its_end_does_not_hold_up_the_run(stormhost: Stormhost, code: str, budget: int, said: str) -> None:
    there = stormhost.folder / "there"
    source = write(stormhost, odd(f"io.open('{there}', 'w'):close() {code}"))
    patience = {"stormhost.shutdown.timeout.secs": 0.5, "stormhost.kill.timeout.secs": 0.5}
    run = stormhost.start(source, settings={**patience, "stormhost.inside.budget.secs": budget})
    run.until(lambda: there.exists() and ("fine", 3) in run.noted("seen"), "both to have come to the third number")
    run.signal(signal.SIGTERM)
    run.wait()
    assert re.search(r"odd\[\d\] does not leave at the end of its input; it is told to\n", run.told), run.told
    assert said in run.told
    assert ("fine", 3) in run.noted("seen"), "its neighbour goes on"
    run.nothing_is_left()


def test_one_that_hangs_in_c_is_abandoned_and_said_so(stormhost: Stormhost) -> None:
    source = write(stormhost, odd("local _ = " + ENDLESS_IN_C))
    settings = {"stormhost.inside.budget.secs": 0, "topology.subprocess.timeout.secs": 1, "topology.message.timeout.secs": 10}
    run = stormhost.start(source, settings={**settings, "stormhost.kill.timeout.secs": 0.3})
    run.until(lambda: "it hung" in run.told, "the hang to be noticed")
    assert re.search(r"odd\[\d\] \(inside the host\) was ended after .*: it hung", run.told)
    assert "such code is better run with where='outside'" in run.told
    run.signal(2)
    run.signal(2)
    run.wait(within=20)
    assert ("fine", 3) in run.noted("seen"), "its neighbour goes on"
    run.nothing_is_left()
