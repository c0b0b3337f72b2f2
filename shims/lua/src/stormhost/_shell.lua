--- `Lines` and `Exec`: components that are commands of the shell, which speak no protocol (`docs/shell.md`).

local declarations = require("stormhost._declaration")
local streams_of = require("stormhost._stream")
local complain = require("stormhost._traceback").complain

local _M = {}

-- What a declaration of any kind takes, and what the description has of the command.
local COMMON = { fields = true, parallelism = true, env = true, cwd = true, conf = true, inputs = true }
local LINES = { json = true, separator = true, null = true, spout = true }
local EXEC = { json = true, separator = true, null = true, batch = true, linger = true, timeout = true }

local function declared(title, mode, known, given)
  if type(given) ~= "table" or type(given[1]) ~= "string" then
    complain(('%s takes a table that begins with a command: %s { "sort -u" }'):format(title, title))
  end
  local shell = { run = given[1], as = mode }
  for name, value in next, given do
    if known[name] then
      shell[name] = value
    elseif name ~= 1 and not COMMON[name] then
      complain(("%s has no option '%s'"):format(title, tostring(name)))
    end
  end
  shell.spout = nil
  local streams = {}
  if given.fields ~= nil then
    streams.default = streams_of.stream(given.fields)
  end
  local declaration = declarations.new(given.spout and "spout" or "bolt", given.parallelism or 1, {
    shell = shell,
    declared_streams = streams,
    cwd = given.cwd,
  })
  return declaration({ inputs = given.inputs or {}, env = given.env or {}, conf = given.conf or {} })
end

--- A command that is kept running: a line in for each tuple, a tuple for each line out.
--
-- `Lines { "grep -v bot", parallelism = 4 }` is a filter, at most once; `Lines { "tail -F access.log", spout = true }`
-- a spout, whose lines are kept and replayed until their trees are done. `fields`: what a line becomes, `"line"` if
-- nothing is said; several stand on it with `separator` (a tab) between them. `json`: lines are JSON objects by the
-- names of the fields. `null`: lines end with a NUL, as those of `find -print0`. `env`, `cwd`, `conf`, `inputs`: as for
-- any declaration; it runs where `stormhost` was typed.
function _M.Lines(given)
  if type(given) == "table" and given.fields == nil then
    given.fields = "line"
  end
  return declared("Lines", "lines", LINES, given)
end

--- A process for each tuple, or for a batch of them: its exit status 0 acks, anything else fails, with its stderr.
--
-- `Exec { "./notify", parallelism = 4, timeout = 10 }`. A single tuple's values are the command's last arguments, stand
-- in the environment under the names of their fields, and as a line on standard input; a `batch` has a line a tuple
-- there, and waits `linger` seconds for more. What it writes is emitted, anchored, as `fields`. As many processes run
-- at a time as there are tasks.
function _M.Exec(given)
  return declared("Exec", "exec", EXEC, given)
end

return _M
