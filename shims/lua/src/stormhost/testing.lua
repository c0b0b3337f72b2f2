--- Trying a component out as a plain object: a list in, a list out, no host and no process.
--
--     local testing = require "stormhost.testing"
--     local result = testing.run_bolt(Split:new(), { "the cow", "jumped" }, { fields = "sentence" })
--     assert(table.concat(result.emitted, " ") == "the cow jumped")

local bolts = require("stormhost._bolt")
local class_of = require("stormhost._class")
local json = require("stormhost._json")
local outputs_of = require("stormhost._outputs")
local PlainLink = require("stormhost._plain")
local pull_of = require("stormhost._pull")
local spouts = require("stormhost._spout")
local streams_of = require("stormhost._stream")
local traceback = require("stormhost._traceback")
local values_of = require("stormhost._values")

local _M = {}

local LEVELS = { [0] = "trace", "debug", "info", "warn", "error" }
-- A spout that emits nothing this many times in a row is taken to have nothing.
local EMPTY_CALLS = 100

--- Among the inputs of `run_bolt`: a tick.
_M.TICK = setmetatable({}, { __tostring = function()
  return "TICK"
end })

-- Writes down what a component does.
local Recorder = class_of.extend(PlainLink, { opened = true })

local function record(component, options)
  if rawget(component, "__index") == component then
    component = component:new()
  end
  local self = setmetatable({}, Recorder)
  local declared = streams_of.declared(getmetatable(component))
  local list = {}
  for position, name in ipairs(streams_of.names(declared)) do
    list[position] =
      outputs_of.output(position - 1, name, declared[name].fields, declared[name].direct, true)
  end
  self:begin(component, outputs_of.new(list))
  self.auto = class_of.instance(component, bolts.AutoAckBolt)
  self.result = {
    emitted = {},
    streams = {},
    acked = {},
    failed = {},
    pending = {},
    logged = {},
    errors = {},
    anchors = {},
    ids = {},
    metrics = {},
  }
  self.given, self.open_inputs, self.unanswered = {}, {}, {}
  local conf = {}
  for _, each in ipairs({ component.conf, options.conf or {} }) do
    for name, value in next, each do
      conf[name] = value
    end
  end
  component.conf, component.task_id, component.component_id = conf, 1, component.kind
  self:bind()
  return self, component
end

function Recorder:answer(command, number, reason)
  if not self.open_inputs[number] then
    return
  end
  self.open_inputs[number] = nil
  local given = self.given[number]
  if command == "ack" then
    table.insert(self.result.acked, given)
  else
    table.insert(self.result.failed, { given, reason == nil and "" or tostring(reason) })
  end
end

function Recorder:send(output, parts, of, options)
  local result = self.result
  local row = {}
  for position, part in ipairs(parts) do
    row[position] = json.decode(part) -- as it would arrive
  end
  local shown = row
  if #row == 1 then
    shown = row[1]
  end
  table.insert(result.emitted, shown)
  result.streams[output.name] = result.streams[output.name] or {}
  table.insert(result.streams[output.name], shown)
  if self.component.kind == "bolt" then
    local tied = {}
    for position, number in ipairs(of) do
      tied[position] = self.given[number]
    end
    table.insert(result.anchors, tied)
  else
    local id = of
    local own = id
    if class_of.instance(self.component, spouts.ReliableSpout) then
      own = id and id.id
    end
    table.insert(result.ids, own == nil and values_of.null or own)
    if id ~= nil then
      table.insert(self.unanswered, { id, shown, own })
    end
  end
  return options.need_task_ids and { options.direct_task or 1 } or nil
end

function Recorder:message(message)
  if message.command == "log" then
    table.insert(self.result.logged, { LEVELS[message.level], message.msg })
  elseif message.command == "error" then
    table.insert(self.result.errors, message.msg)
  elseif message.command == "metrics" then
    table.insert(self.result.metrics, { message.name, message.params })
  end
end

--- Everything goes at once.
function Recorder.stop() end

--- Executes one input.
function Recorder:take(given, options)
  local bolt = self.component
  if given == _M.TICK then
    return bolt:tick()
  end
  local names, values = {}, {}
  if type(given) == "table" and values_of.is_list(given) == false then
    for name in next, given do
      names[#names + 1] = name
    end
    table.sort(names)
    for position, name in ipairs(names) do
      values[position] = given[name]
    end
  else
    values = type(given) == "table" and values_of.is_list(given) and given or { given }
    names = options.fields and streams_of.field_names(options.fields) or {}
    for position = #names + 1, #values do
      names[position] = "field_" .. position
    end
  end
  local input = self:row(options.component or "source", options.stream or "default", names, values, 1)
  local number = input[0]
  self.given[number], self.open_inputs[number] = given, true
  self.current = self.auto and { number } or {}
  local well, caught = traceback.try(bolt.execute, bolt, input)
  if not well then
    bolt:report_error(caught.story)
    self:answer("fail", number, caught.message)
  elseif self.auto then
    self:answer("ack", number)
  end
  self.current = {}
end

--- Runs a bolt over `inputs` as a host would, from `initialize` to `finish` and `close`.
--
-- An input is a table of fields, a list with one value a field, a bare value, or `TICK`. `options`, a table: `fields` of
-- inputs that come without names, `component` and `stream` they come from, `conf`, and `finish = false` for a bolt whose
-- input does not end. The result is a table of `emitted` (a bare value where the stream has one field, else a list),
-- `streams` (the same by stream), `anchors` (for each emit, the inputs it is tied to), `acked`, `failed` (lists of input
-- and reason), `pending`, `logged` (lists of level and message), `errors`, `metrics`.
function _M.run_bolt(bolt, inputs, options)
  options = options or {}
  local link
  link, bolt = record(bolt, options)
  bolt:initialize()
  for _, given in ipairs(inputs) do
    link:take(given, options)
  end
  if options.finish ~= false then
    bolt:finish()
  end
  bolt:close()
  for number = 0, link.arrived - 1 do
    if link.open_inputs[number] then
      table.insert(link.result.pending, link.given[number])
    end
  end
  return link.result
end

-- So often a spout is asked again after fails, in all: a `verdict` may never have enough.
local WAKES = 1000

-- Asks the spout until it emits nothing, `left` times at the most; returns how often that leaves.
local function exhaust(spout, pull, emitted, left)
  spout._done = false
  while left > 0 and not spout._done do
    left = left - 1
    local before = #emitted
    pull()
    spout._done = spout._done or #emitted == before
  end
  spout._done = true
  return left
end

--- Asks a spout for tuples until it has emitted `count` of them, is done, or seems to have nothing.
--
-- Each tracked tuple is then acked, or failed if `options.verdict(values)` returns a reason; replays are judged again. After
-- a fail a spout that has nothing more, but a `fail` of its own, is asked again until it emits nothing.
-- The result has `ids` (`stormhost.null` for what is not tracked) and what is said at `run_bolt`.
function _M.run_spout(spout, count, options)
  options = options or {}
  local link
  link, spout = record(spout, options)
  local result = link.result
  spout:initialize()
  local pull = pull_of.puller(spout)
  local empty = 0
  while #result.emitted < (count or 1) and not spout._done and empty < EMPTY_CALLS do
    local before = #result.emitted
    pull()
    empty = #result.emitted == before and empty + 1 or 0
  end
  local has_more = #result.emitted >= (count or 1) and not spout._done
  local asked_again, wakes = not has_more and pull_of.wakes(spout), WAKES
  while #link.unanswered > 0 do
    local id, values, shown = (table.unpack or unpack)(table.remove(link.unanswered, 1))
    local reason = options.verdict and options.verdict(values)
    table.insert(reason and result.failed or result.acked, shown)
    if reason then
      spout:_failed(id, "failed", tostring(reason))
      if asked_again then
        wakes = exhaust(spout, pull, result.emitted, wakes)
      end
    else
      spout:_acked(id)
    end
    while spout:_again() do -- luacheck: ignore 542
    end
  end
  spout:close()
  return result
end

return _M
