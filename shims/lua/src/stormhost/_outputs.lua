--- What a running component knows of its output streams.

local complain = require("stormhost._traceback").complain
local values = require("stormhost._values")

local Outputs = {}
Outputs.__index = Outputs

--- One output stream: its number on the wire, its fields, and whether anybody listens.
local function output(index, name, fields, direct, listeners)
  return { index = index, name = name, fields = fields, width = #fields, direct = direct, listeners = listeners }
end
Outputs.output = output

--- All output streams of a component.
function Outputs.new(list)
  local self = setmetatable({ list = list, by_name = {} }, Outputs)
  for _, each in ipairs(list) do
    self.by_name[each.name] = each
  end
  return self
end

--- The output called `stream` (nil: `default`). Raises an error when it is not declared.
function Outputs:find(stream)
  local found = self.by_name[stream == nil and "default" or stream]
  if not found then
    local known = {}
    for position, each in ipairs(self.list) do
      known[position] = each.name
    end
    complain(values.unknown_stream(stream == nil and "default" or stream, known))
  end
  return found
end

--- Raises an error where a direct stream is emitted to without a task, or a normal one with a task.
function Outputs.check_direct(each, task)
  if each.direct and not task then
    complain(("stream '%s' is direct: say which task, with direct_task= [SH0603]"):format(each.name))
  elseif task and (type(task) ~= "number" or task < 1 or task % 1 ~= 0) then
    complain(("direct_task is the number of a task, not %s"):format(values.shown(task)))
  elseif task and not each.direct then
    complain(("stream '%s' is not direct; declare it with direct = true [SH0603]"):format(each.name))
  end
end

local function named(list)
  local set = {}
  for _, name in ipairs(list) do
    set[name] = true
  end
  return set
end

local OPTIONS = {
  bolt = named({ "stream", "anchors", "direct_task", "need_task_ids" }),
  spout = named({ "stream", "id", "direct_task", "need_task_ids" }),
}

--- Raises an error for options of `emit` that do not exist: a slip of the pen must not lose an anchor.
function Outputs.check_options(options, kind)
  if type(options) ~= "table" then
    complain('the options of emit are a table, as in emit(values, { stream = "late" })')
  end
  local known = OPTIONS[kind]
  for name in next, options do
    if not known[name] then
      local has = kind == "bolt" and "stream, anchors, direct_task, need_task_ids" or "id, stream, direct_task, need_task_ids"
      complain(("emit has no option '%s'; a %s has: %s"):format(tostring(name), kind, has))
    end
  end
end

return Outputs
