--- Topologies as their files are written, described in a process of their own.

local expect = require("expect")
local json = require("stormhost._json")

local tests = {}

local here = arg[0]:match("^(.*/)") or "./"
local interpreter = arg[-1] or "lua"

local function described(source, name, args)
  local path = os.tmpname()
  local file = assert(io.open(path, "w"))
  file:write(source)
  file:close()
  local target = path .. (name and ":" .. name or "")
  local command = ("%s %s../src/stormhost/main.lua describe %s -- %s 2>/dev/null"):format(interpreter, here, target, args or "")
  local pipe = assert(io.popen(command))
  local text = pipe:read("*a")
  pipe:close()
  os.remove(path)
  return json.decode(text), path
end

local HEAD = [[
local stormhost = require "stormhost"
local Shuffle, Fields = stormhost.ShuffleGrouping, stormhost.FieldsGrouping
local Lines = stormhost.Spout:extend { fields = "line" }
function Lines:next_tuple() end
local Split = stormhost.AutoAckBolt:extend { fields = "word", streams = { late_ones = { "word", "n", direct = true } },
  tick_interval = 2.5, conf = { ["topology.max.spout.pending"] = 7 } }
function Split:execute() end
]]

local function component(ir, id)
  for _, each in ipairs(ir.components) do
    if each.id == id then
      return each
    end
  end
  error("no component " .. id)
end

function tests.a_number_in_the_environment_is_meant_as_its_digits()
  local ir = described(HEAD .. [[
return stormhost.Topology "T" { split = Split(1) { env = { PORT = 8080, NAME = "x" } } }
]])
  expect.equal(ir.mistakes, {})
  expect.equal(component(ir, "split").env, { PORT = "8080", NAME = "x" })
end

function tests.a_topology_in_one_table()
  local ir, path = described(HEAD .. [[
return stormhost.Topology "WordCount" {
  conf = { ["topology.debug"] = true },
  lines = Lines(1),
  split = Split(2) { Shuffle "lines", env = { LANG = "C" }, cwd = "/tmp" },
  count = Split(3) { Fields("split", "word"), Shuffle "split.late_ones" },
  show = stormhost.Print() { Shuffle "count" },
}
]])
  expect.equal(ir.mistakes, {})
  expect.equal({ ir.version, ir.name, ir.file, ir.language }, { 1, "WordCount", path, "lua" })
  expect.equal(ir.conf, { ["topology.debug"] = true })
  local ids = {}
  for position, each in ipairs(ir.components) do
    ids[position] = each.id
  end
  expect.equal(ids, { "lines", "split", "count", "show" })
  local split = component(ir, "split")
  expect.equal({ split.kind, split.parallelism, split.cwd, split.env }, { "bolt", 2, "/tmp", { LANG = "C" } })
  expect.equal(split.conf, { ["topology.tick.tuple.freq.secs"] = 2.5, ["topology.max.spout.pending"] = 7 })
  expect.equal(split.streams, {
    default = { fields = { "word" }, direct = false },
    late_ones = { fields = { "word", "n" }, direct = true },
  })
  expect.equal(split.at, { file = path, line = 11 })
  expect.equal(component(ir, "show").builtin, "print")
  expect.equal(ir.subscriptions[2], {
    to = "count",
    from = "split",
    stream = "default",
    grouping = "fields",
    fields = { "word" },
    at = { file = path, line = 12 },
  })
  expect.equal({ ir.subscriptions[3].from, ir.subscriptions[3].stream }, { "split", "late_ones" })
end

function tests.a_topology_by_assignments()
  local ir = described(HEAD .. [[
local t = stormhost.Topology "Plumbed"
t.lines = Lines(1)
t.split = Split(2)
t.split.inputs:append(Shuffle(t.lines))
t.split.conf["topology.debug"] = true
t.other = Split(1)
t.other.inputs = { Shuffle(t.split.late_ones) }
t.other.replay = "host"
t.conf = { ["topology.workers"] = 1 }
]])
  expect.equal(ir.mistakes, {})
  expect.equal(#ir.subscriptions, 2)
  expect.equal(ir.subscriptions[2].stream, "late_ones")
  expect.equal(component(ir, "split").conf["topology.debug"], true)
  expect.equal(component(ir, "other").replay, "host")
  expect.equal(ir.conf, { ["topology.workers"] = 1 })
end

function tests.a_program_of_another_language()
  local ir = described(HEAD .. [[
return stormhost.Topology "Mixed" {
  lines = Lines(1),
  ruby = stormhost.Process { "ruby", "split.rb", fields = "word", parallelism = 2, serializer = "msgpack",
    streams = { late = { "a", "b" } }, inputs = Shuffle "lines" },
  own = stormhost.Process { "lua", "x.lua", spout = true },
}
]])
  expect.equal(ir.mistakes, {})
  local ruby = component(ir, "ruby")
  expect.equal({ ruby.command, ruby.serializer, ruby.kind }, { { "ruby", "split.rb" }, "msgpack", "bolt" })
  expect.equal(ruby.streams.late.fields, { "a", "b" })
  local own = component(ir, "own")
  expect.equal({ own.kind, own.command }, { "spout", { interpreter, "x.lua" } })
  expect.equal(#ir.subscriptions, 1)
end

function tests.commands_of_the_shell()
  local ir = described(HEAD .. [[
return stormhost.Topology "Shell" {
  tail = stormhost.Lines { "tail -F x.log", spout = true },
  sort = stormhost.Lines { "sort -u", parallelism = 2, fields = { "a", "b" }, separator = ",", null = true, inputs = Shuffle "tail" },
  told = stormhost.Exec { "./notify", batch = 10, timeout = 5, cwd = "/tmp" } { Fields("sort", "a") },
}
]])
  expect.equal(ir.mistakes, {})
  local tail, sort, told = component(ir, "tail"), component(ir, "sort"), component(ir, "told")
  expect.equal({ tail.kind, tail.shell }, { "spout", { run = "tail -F x.log", as = "lines" } })
  expect.equal(sort.shell, { run = "sort -u", as = "lines", separator = ",", null = true })
  expect.equal({ sort.parallelism, sort.streams.default.fields }, { 2, { "a", "b" } })
  expect.equal({ told.shell, told.cwd }, { { run = "./notify", as = "exec", batch = 10, timeout = 5 }, "/tmp" })
  expect.equal({ told.command == nil, #ir.subscriptions }, { true, 2 })
end

function tests.arguments_are_seen_and_passed_on()
  local ir = described(HEAD .. [[
assert(arg[1] == "one" and arg[2] == "two words" and select("#", ...) == 2)
assert(arg[0]:find("^/"))
return stormhost.Topology "Args" { lines = Lines(1) }
]], nil, "one 'two words'")
  expect.equal(ir.mistakes, {})
  local command = component(ir, "lines").command
  expect.equal({ command[#command - 1], command[#command] }, { "one", "two words" })
end

function tests.one_of_several_is_chosen_by_its_name()
  local two = HEAD .. [[
local A = stormhost.Topology "A" { lines = Lines(1) }
local B = stormhost.Topology("B", A) { split = Split(1) { Shuffle "lines" } }
]]
  expect.equal(described(two, "B").mistakes, {})
  expect.equal(#described(two, "B").components, 2)
  local none = described(two, "C").mistakes[1]
  expect.equal({ none.message, none.hint }, { "topology 'C' is not there", "topologies in this file: A, B" })
  local which = described(two).mistakes[1]
  expect.equal(which.message, "several topologies: A, B")
  assert(which.hint:find("say which: ", 1, true))
end

function tests.mistakes_are_told_with_their_places()
  for wanted, body in next, {
    ["'split': an input must be a grouping, not \"lines\"|9"] = [[
stormhost.Topology "T" { lines = Lines(1),
  split = Split(1) { "lines" } }
]],
    ["'split': ShuffleGrouping is not given a component|9"] = [[
stormhost.Topology "T" { lines = Lines(1),
  split = Split(1) { Shuffle(nil) } }
]],
    ["'split' listens to a component without a name|8"] = [[
stormhost.Topology "T" { split = Split(1) { Shuffle(Lines(1)) } }
]],
    ["component 'a' is declared twice, first in line 9|10"] = [[
local t = stormhost.Topology "T"
t.a = Lines(1)
t.a = Lines(2)
]],
    ["'a' and 'b' are the same declaration|8"] = [[
local t, x = stormhost.Topology "T", Lines(1)
t.a = x
t.b = x
]],
    ["a spout is declared but has no name|8"] = [[
stormhost.Topology "T" { Lines(1) }
]],
    ["'split' is no component but a table|8"] = [[
stormhost.Topology "T" { split = Split }
]],
    ["the class of 'idle' has no method execute(self, input)|8"] = [[
stormhost.Topology "T" { idle = stormhost.Bolt:extend {} (1) }
]],
    ["the class of 'idle' has no method next_tuple(self), nor tuples(self)|8"] = [[
stormhost.Topology "T" { idle = stormhost.Spout:extend {} (1) }
]],
    ["conf of 'split': a value of type function cannot be sent; call it, and send what it returns|8"] = [[
stormhost.Topology "T" { split = Split(1) { conf = { x = print } } }
]],
    ["the parallelism of 'split' is \"a\", and no whole number|8"] = [[
stormhost.Topology "T" { split = Split("a") }
]],
    ["stream 'default' of 'odd' has the field 5, which is no text|8"] = [[
stormhost.Topology "T" { odd = Split:extend { fields = { "a", 5 } } (1) }
]],
    ["'split': its class takes no arguments beside the parallelism, not 2|8"] = [[
stormhost.Topology "T" { split = Split(1, "a", "b") }
]],
    ["no Topology in this file|1"] = "",
    ["the file calls os.exit(3) when it is loaded|8"] = "os.exit(3)",
    ["the file cannot be loaded: %s:8: a declared component has no 'late'; its streams: default, late_ones; "
      .. "the object itself is made in the child|8"] = "local x = Split(1).late",
    ["the file cannot be loaded: %s:8: Process has no option 'field'|8"] = "stormhost.Process { 'x', field = 'a' }",
    ["the file cannot be loaded: %s:8: Exec has no option 'spout'|8"] = "stormhost.Exec { 'x', spout = true }",
    ['the file cannot be loaded: %s:8: Lines takes a table that begins with a command: Lines { "sort -u" }|8'] = "stormhost.Lines('x')",
    ["the file cannot be loaded: %s:8: '=' expected near '<eof>'|8"] = "oops",
  } do
    local ir, path = described(HEAD .. body)
    local mistake = ir.mistakes[1] or { message = "none", at = { line = 0 } }
    local got = ("%s|%d"):format(mistake.message:gsub("syntax error near", "'=' expected near"), mistake.at.line)
    got = got:gsub("near <eof>", "near '<eof>'")
    expect.equal(got, (wanted:gsub("%%s", (path:gsub("%%", "%%%%")))))
  end
end

function tests.a_module_that_is_missing_is_told_with_a_hint()
  local mistake = described('require "nowhere.to.be.found"').mistakes[1]
  assert(mistake.message:find("module 'nowhere.to.be.found' not found", 1, true), mistake.message)
  assert(mistake.hint:find("is that the right Lua? See --lua", 1, true), mistake.hint)
  assert(mistake.traceback:find("in main chunk", 1, true), mistake.traceback)
end

function tests.prints_do_not_disturb_the_description()
  local ir = described(HEAD .. [[
print("hello") io.write("there") io.stdout:write("too")
os.execute("echo from a shell") local p = io.popen("echo x") assert(p:read("*l") == "x")
return stormhost.Topology "Loud" { lines = Lines(1) }
]])
  expect.equal({ ir.name, ir.mistakes }, { "Loud", {} })
end

return tests
