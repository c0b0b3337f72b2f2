--- `Process`: a component that is any program. `Print`: a sink inside the host.

local declarations = require("stormhost._declaration")
local streams_of = require("stormhost._stream")
local complain = require("stormhost._traceback").complain

local _M = {}

local WORDS = {
  fields = true,
  streams = true,
  parallelism = true,
  spout = true,
  serializer = true,
  env = true,
  cwd = true,
  conf = true,
  inputs = true,
  where = true,
}

-- What stands in the list part of the options of a component without a child, and which members are no options.
local ARGUMENTS = { "host", "port", "key" }
local HOSTED = { fields = true, conf = true, inputs = true }

--- The path or name of the interpreter that runs us.
function _M.interpreter()
  local lowest = 0
  while arg and arg[lowest - 1] do
    lowest = lowest - 1
  end
  return lowest < 0 and arg[lowest] or "lua"
end

--- A spout or bolt that is a program of its own, speaking Storm's protocol or ours:
-- `Process { "ruby", "split.rb", fields = "word", parallelism = 2 }`.
--
-- The list part is the program and its arguments, as a shell would split them. A first word `lua` is the Lua that reads
-- this file. `fields`: those of its stream `default`. `streams`: further ones, as in a class. `spout`: whether it is
-- one. `serializer`: `json` or `msgpack`, what it speaks at first. `cwd`: its working folder; by default `resources/`
-- beside the topology's file if there is one, else that file's folder. `env`, `conf`, `inputs`, `where`: as for any
-- declaration; a program begins with `lua` if it is to run inside.
function _M.Process(given)
  if type(given) ~= "table" then
    complain('Process takes a table: Process { "ruby", "split.rb", fields = "word" }')
  end
  local command, streams = {}, {}
  for position, word in ipairs(given) do
    command[position] = word
  end
  for name in next, given do
    if type(name) ~= "number" and not WORDS[name] then
      complain(("Process has no option '%s'"):format(tostring(name)))
    end
  end
  if command[1] == "lua" then
    command[1] = _M.interpreter()
  end
  if given.fields ~= nil then
    streams.default = streams_of.stream(given.fields)
  end
  for name, stream in next, given.streams or {} do
    streams[name] = streams_of.stream(stream)
  end
  local declared = declarations.new(given.spout and "spout" or "bolt", given.parallelism or 1, {
    command = command,
    declared_streams = streams,
    serializer = given.serializer or "json",
    cwd = given.cwd,
  })
  return declared({ inputs = given.inputs or {}, env = given.env or {}, conf = given.conf or {}, where = given.where })
end

--- A sink inside the host: each tuple becomes a line on the standard output of `stormhost run`, its values separated by
-- tabs. Text stands as it is, anything else as JSON. Nothing else is ever written there.
function _M.Print(parallelism)
  return declarations.new("bolt", parallelism or 1, { builtin = "print", serializer = "json", declared_streams = {} })
end

--- A component without a child: the host itself does its work. `given`: in its list part host, port and key, as in the
-- constructors of the field's Java classes; `fields`, `conf`, `inputs`; everything else is an option.
local function hosted(kind, described)
  return function(parallelism, given)
    if type(parallelism) == "table" then
      parallelism, given = 1, parallelism
    end
    local options, streams = {}, {}
    given = given or {}
    for name, value in next, given do
      if ARGUMENTS[name] then
        options[ARGUMENTS[name]] = value
      elseif type(name) == "string" and not HOSTED[name] then
        options[name:gsub("_", ".")] = value
      end
    end
    if given.fields ~= nil then
      streams.default = streams_of.stream(given.fields)
    end
    local declared = declarations.new(kind, parallelism or 1, {
      builtin = described.builtin,
      java_class = described.java_class,
      options = options,
      declared_streams = streams,
      serializer = "json",
    })
    return declared({ inputs = given.inputs or {}, conf = given.conf or {} })
  end
end

--- Reads Redis: `RedisSpout(1, { key = "lines" })`. Its options: see `docs/redis.md`.
_M.RedisSpout = hosted("spout", { builtin = "redis" })

--- Writes to Redis: `RedisSink { mode = "hash", key = "counts" }`. Its options: see `docs/redis.md`.
_M.RedisSink = hosted("bolt", { builtin = "redis" })

--- A spout that is a Java class: `JVMSpout("com.example.RedisSpout")(1, { key = "lines" })`. stormhost runs no JVM;
-- `RedisSpout` and its like have a counterpart in the host, and `stormhost check` says of all others that they have none.
function _M.JVMSpout(java_class)
  return hosted("spout", { java_class = java_class })
end

--- A bolt that is a Java class, as `JVMSpout` is a spout.
function _M.JVMBolt(java_class)
  return hosted("bolt", { java_class = java_class })
end

return _M
