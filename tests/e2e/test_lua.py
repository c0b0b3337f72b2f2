"""Topologies in Lua, with the real host: whole runs, killed children, wrong values, and errors told with their places."""

from __future__ import annotations

import signal
import subprocess
from collections import Counter
from pathlib import Path

import pytest

from harness import Run, Stormhost, binary
from texts import counted, write_text

# Those that are installed, and the one that stormhost is itself.
LUAS = ["lua5.4", "luajit", "built-in"]

HEAD = """
local stormhost = require "stormhost"
local Shuffle, Fields = stormhost.ShuffleGrouping, stormhost.FieldsGrouping
local json = require "stormhost._json"
function note(...)
  local file = assert(io.open(os.getenv("JOURNAL"), "a"))
  file:write(json.encode(stormhost.list { ... }), "\\n")
  file:close()
end
"""

WORD_COUNT = """
local Lines = stormhost.ReliableSpout:extend { fields = "sentence", max_tries = 1000 }
function Lines:initialize()
  self.acked, self.fails = 0, 0
end
function Lines:tuples()
  local id = 0
  for line in io.lines(arg[1]) do
    id = id + 1
    self:emit(line, { id = id })
    coroutine.yield()
  end
end
function Lines:ack() self.acked = self.acked + 1 end
function Lines:fail()
  self.fails = self.fails + 1
  if self.failure[1] ~= "child_died" then note("failed otherwise", self.failure[1], self.failure[2]) end
end
function Lines:close() note("acks", self.acked) note("fails", self.fails) end

local Split = stormhost.AutoAckBolt:extend { fields = "word" }
function Split:execute(input)
  for word in input.sentence:gmatch("%S+") do self:emit(word) end
end

local Write = stormhost.AutoAckBolt:extend {}
function Write:initialize() self.sink = assert(io.open(arg[2], "a")) end
function Write:execute(input)
  self.sink:write(input.word, "\\n")
  self.sink:flush()
end

return stormhost.Topology "KilledWordCount" {
  lines = Lines(1),
  split = Split(2) { Shuffle "lines" },
  write = Write(2) { Fields("split", "word") },
}
"""


@pytest.fixture(params=LUAS)
def lua(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def run_lua(stormhost: Stormhost, lua: str, source: str, **others: object) -> Run:
    file = stormhost.write(HEAD + source, "topology.lua")
    return stormhost.run(file, "--lua", lua, python=None, **others)  # type: ignore[arg-type]


def start_lua(stormhost: Stormhost, lua: str, source: str, **others: object) -> Run:
    file = stormhost.write(HEAD + source, "topology.lua")
    return stormhost.start(file, "--lua", lua, python=None, **others)  # type: ignore[arg-type]


def test_every_word_is_counted(stormhost: Stormhost, lua: str, tmp_path: Path) -> None:
    text, sink = tmp_path / "text", tmp_path / "sink"
    expected = counted(write_text(text, 5_000))
    run = run_lua(stormhost, lua, WORD_COUNT, args=[str(text), str(sink)])
    assert Counter(sink.read_text().split()) == expected
    assert (run.noted("acks"), run.noted("fails")) == ([5_000], [0])


def test_killed_children_lose_nothing(stormhost: Stormhost, lua: str, tmp_path: Path) -> None:
    text, sink = tmp_path / "text", tmp_path / "sink"
    expected = counted(write_text(text, 40_000))
    run = start_lua(stormhost, lua, WORD_COUNT, args=[str(text), str(sink)])
    killed = 0
    for share in (0.05, 0.12, 0.25):
        enough = text.stat().st_size * share
        run.until(lambda enough=enough: sink.exists() and sink.stat().st_size > enough, "some words")  # type: ignore[misc]
        killed += run.kill_some(["split", "write"]) is not None
    run.ends_with(0, 120)
    assert killed == 3
    written = Counter(sink.read_text().split())
    assert all(written[word] >= count for word, count in expected.items())
    assert run.noted("acks") == [40_000]
    assert run.noted("failed otherwise") == []


def test_wrong_values_fail_their_tuple_with_the_line_that_made_them(stormhost: Stormhost, lua: str) -> None:
    run = run_lua(
        stormhost,
        lua,
        """
local Numbers = stormhost.Spout:extend { fields = "n" }
function Numbers:tuples()
  for n = 1, 5 do self:emit(n, { id = n }) coroutine.yield() end
end
function Numbers:ack(id) note("acked", id) end
function Numbers:fail(id) note("failed", id, self.failure[1], self.failure[2]) end
local WRONG = { [2] = print, [3] = "\\255", [4] = 0 / 0 }
local Picky = stormhost.AutoAckBolt:extend { fields = "value" }
function Picky:execute(input)
  local value = WRONG[input.n]
  self:emit(value == nil and input.n or value)
end
return stormhost.Topology "T" {
  numbers = Numbers(1),
  picky = Picky(1) { Shuffle "numbers" },
  show = stormhost.Print() { Shuffle "picky" },
}
""",
        status=3,
    )
    assert sorted(run.noted("acked")) == [1, 5]
    reasons = {id: reason for id, kind, reason in run.noted("failed")}
    assert sorted(reasons) == [2, 3, 4]
    assert "topology.lua:" in reasons[2] and "field 'value' of stream 'default': a value of type function" in reasons[2]
    assert "not UTF-8" in reasons[3] and "not a finite number" in reasons[4]
    assert sorted(run.stdout.split()) == ["1", "5"]


def test_ticks_batches_direct_streams_and_finish(stormhost: Stormhost, lua: str) -> None:
    run = run_lua(
        stormhost,
        lua,
        """
local Numbers = stormhost.Spout:extend { fields = "n" }
function Numbers:next_tuple()
  self.n = (self.n or 0) + 1
  if self.n > 100 then return self:done() end
  self:emit(self.n, { id = self.n })
end
function Numbers:ack(id) note("acked", id) end
local Batcher = stormhost.TimeBatcher:extend { streams = { told = { "sum", direct = true } }, max_size = 30, interval = 60 }
function Batcher:initialize()
  self.tasks = {}
  for task, component in pairs(self.context["task->component"]) do
    if component == "sums" then self.tasks[#self.tasks + 1] = tonumber(task) end
  end
  table.sort(self.tasks)
end
function Batcher:batch(inputs)
  local sum = 0
  for _, input in ipairs(inputs) do sum = sum + input.n end
  self:emit({ sum }, { stream = "told", direct_task = self.tasks[2] })
end
local Sums = stormhost.Bolt:extend {}
function Sums:execute(input)
  note("sum", self.task_id, input.sum)
  self:ack(input)
end
return stormhost.Topology "T" {
  numbers = Numbers(1),
  batcher = Batcher(1) { Shuffle "numbers" },
  sums = Sums(2) { stormhost.DirectGrouping "batcher.told" },
}
""",
    )
    sums = run.noted("sum")
    assert sum(value for _, value in sums) == 5050 and len(sums) == 4
    assert len({task for task, _ in sums}) == 1
    assert sorted(run.noted("acked")) == list(range(1, 101))


def test_a_typo_in_initialize_stops_the_run_with_the_story(stormhost: Stormhost, lua: str) -> None:
    run = run_lua(
        stormhost,
        lua,
        """
local Idle = stormhost.Spout:extend { fields = "n" }
function Idle:next_tuple() end
local Bolt = stormhost.AutoAckBolt:extend {}
function Bolt:initialize() require "redis_that_is_not_there" end
function Bolt:execute() end
return stormhost.Topology "T" { idle = Idle(1), bolt = Bolt(1) { Shuffle "idle" } }
""",
        status=4,
    )
    assert "module 'redis_that_is_not_there' not found" in run.told
    assert "--lua" in run.told and "topology.lua:" in run.told


def test_check_tells_all_mistakes_with_their_places(stormhost: Stormhost, lua: str) -> None:
    source = """
local Idle = stormhost.Spout:extend { fields = "n" }
local Bolt = stormhost.AutoAckBolt:extend {}
function Bolt:execute() end
return stormhost.Topology "T" {
  idle = Idle(1),
  bolt = Bolt(1) { Fields("idle", "m") },
  other = Bolt(1) { Shuffle "nobody" },
}
"""
    file = stormhost.write(HEAD + source, "topology.lua")
    told = checked(stormhost, file, lua)
    assert "the class of 'idle' has no method next_tuple(self), nor tuples(self)" in told
    assert "topology.lua:15" in told and "topology.lua:16" in told and "topology.lua:17" in told
    assert '"nobody"' in told and '"m"' in told


def checked(stormhost: Stormhost, file: Path, lua: str) -> str:
    """What `stormhost check` says of a file that has mistakes."""
    words = [binary(), "check", str(file), "--lua", lua]
    ran = subprocess.run(words, capture_output=True, text=True, env=stormhost.environment("x", file), timeout=60)
    assert ran.returncode != 0
    return ran.stdout + ran.stderr


@pytest.mark.parametrize("lua", ["lua5.4", "luajit"])
def test_languages_talk_to_each_other(stormhost: Stormhost, lua: str) -> None:
    """Values of every kind through a Lua bolt between two Python components, and back as they were."""
    bolt = stormhost.write(
        "local stormhost = require 'stormhost'\n"
        "local Relay = stormhost.AutoAckBolt:extend { fields = { 'at', 'value' } }\n"
        "function Relay:execute(input) self:emit { input.at, input.value } end\n"
        "Relay:run()\n",
        "relay.lua",
    )
    run = stormhost.run(
        f"""
VALUES = [None, True, 0, -1, 2**53 + 1, 2**63 - 1, -2**63, 2**64 - 1, 0.5, 1e300, '', 'é€😀', [], {{}}, [[], {{}}],
          {{'a': [None, {{'b': 1.5}}]}}, 'x' * 100_000]

class Values(Spout):
    class Default(Stream):
        fields = 'at', 'value'
    def tuples(self):
        for at, value in enumerate(VALUES):
            self.emit((at, value), id=at)
            yield None

class Compare(AutoAckBolt):
    def execute(self, input):
        sent = VALUES[input.at]
        note('compared', input.at, input.value == sent and type(input.value) is type(sent))

class T(Topology):
    values = Values()
    relay = Process({lua!r}, {str(bolt)!r}, fields=('at', 'value'))
    compare = Compare()
    relay.inputs.append(ShuffleGrouping(values))
    compare.inputs.append(FieldsGrouping(relay, 'value'))
"""
    )
    compared = run.noted("compared")
    assert [at for at, same in compared if not same] == [] and len(compared) == 17


def test_an_endless_spout_ends_by_a_signal(stormhost: Stormhost, lua: str) -> None:
    run = start_lua(
        stormhost,
        lua,
        """
local Slow = stormhost.Spout:extend { fields = "n" }
function Slow:next_tuple()
  self.calls = (self.calls or 0) + 1
  if self.calls % 3 == 0 then self:emit(self.calls, { id = self.calls }) end
end
function Slow:ack(id) note("acked", id) end
function Slow:close() note("closed") end
local Sink = stormhost.AutoAckBolt:extend {}
function Sink:execute() end
return stormhost.Topology "T" { slow = Slow(1), sink = Sink(1) { Shuffle "slow" } }
""",
    )
    run.until(lambda: len(run.noted("acked")) > 20, "acks of an idle spout")
    run.signal(signal.SIGTERM)
    run.wait()
    assert run.noted("closed") == [()]
    run.nothing_is_left()


WHERE = """
local Once = stormhost.ReliableSpout:extend { fields = "n" }
function Once:tuples() coroutine.yield(1) end
function Once:initialize() note("spout", arg[-1] or "inside", _VERSION) end
local Sink = stormhost.AutoAckBolt:extend {}
function Sink:initialize() note("sink", arg[-1] or "inside", _VERSION) end
function Sink:execute() note("got", arg[1]) end
return stormhost.Topology "T" {
  once = Once(1),
  outside = Sink(1) { Shuffle "once" },
  inside = Sink(1) { Shuffle "once", where = "inside" },
  other = stormhost.Process { "lua", "other.lua", inputs = { Shuffle "once" }, cwd = "." },
}
"""


def test_without_a_lua_installed_stormhost_is_one(stormhost: Stormhost, tmp_path: Path) -> None:
    """Describing, components in processes of their own, those inside, and scripts of one's own: all in the Lua that travels along."""
    stormhost.write(
        HEAD
        + """
local Other = stormhost.AutoAckBolt:extend {}
function Other:execute() note("other", arg[-1]) end
Other:run()
""",
        "other.lua",
    )
    topology = stormhost.write(HEAD + WHERE, "topology.lua")
    run = stormhost.run(topology, python=None, env={"PATH": str(tmp_path)}, args=["word"])
    assert run.noted("got") == ["word", "word"]
    (program, version), *others = run.noted("spout") + run.noted("sink")
    assert Path(program).name == "stormhost-lua" and version == "Lua 5.4"
    assert sorted(others) == sorted([(program, version), ("inside", version)])
    assert run.noted("other") == [program]
    run.nothing_is_left()


def test_a_lua_that_is_installed_comes_first(stormhost: Stormhost) -> None:
    topology = stormhost.write(HEAD + WHERE.replace("  other = ", "  -- other = "), "topology.lua")
    run = stormhost.run(topology, python=None, args=["word"])
    assert Path(run.noted("spout")[0][0]).name in ("lua5.4", "lua")


def test_a_lua_that_was_asked_for_is_never_replaced(stormhost: Stormhost, tmp_path: Path) -> None:
    file = stormhost.write(HEAD + WHERE, "topology.lua")
    words = [binary(), "check", str(file), "--lua", "lua9.9"]
    environment = stormhost.environment("x", file) | {"PATH": str(tmp_path)}
    ran = subprocess.run(words, capture_output=True, text=True, env=environment, timeout=60)
    assert ran.returncode != 0 and "no Lua was found" in ran.stderr + ran.stdout and "lua9.9" in ran.stderr + ran.stdout


def test_the_built_in_lua_is_a_lua(tmp_path: Path) -> None:
    """What one expects of the program `lua`: arguments, code in the command line, status, errors with their stack, processes of its own."""
    lua = tmp_path / "stormhost-lua"
    lua.symlink_to(binary())
    script = tmp_path / "script.lua"

    def says(*words: str) -> tuple[int, str, str]:
        ran = subprocess.run([lua, *words], cwd=tmp_path, capture_output=True, text=True, timeout=60)
        return ran.returncode, ran.stdout, ran.stderr

    script.write_text("print(arg[-1], arg[0], #arg, ...) print(io.popen('echo sub'):read()) os.exit(tonumber(arg[2]))")
    assert says(script.name, "one", "7") == (7, f"{lua}\tscript.lua\t2\tone\t7\nsub\n", "")
    assert says("-e", "x = 1", "-e", "print(x, debug.sethook ~= nil)") == (0, "1\ttrue\n", "")
    assert says("-v") == (0, "Lua 5.4, of stormhost\n", "")
    script.write_text("local function f()\n error('oh no')\nend\nf()")
    status, out, told = says(script.name)
    assert (status, out) == (1, "")
    assert told.startswith("lua: script.lua:2: oh no\nstack traceback:") and "\tscript.lua:4: in main chunk" in told
    script.write_text("error(setmetatable({}, { __tostring = function() return 'shown' end }))")
    assert says(script.name)[2].startswith("lua: shown\n")
    assert says("-e", "error({})")[2].startswith("lua: (error object is a table value)\n")
    assert says("-e", "x =")[0] == 1
    assert "cannot open" in says("nowhere.lua")[2]
    assert says("-x") == (1, "", "lua: runtime error: usage: stormhost-lua [-v] [-e code] [script [args]]\n")
