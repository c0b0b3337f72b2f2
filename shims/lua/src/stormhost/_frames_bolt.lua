--- A bolt that speaks frames: takes `T`, sends `R`.

local bolts = require("stormhost._bolt")
local bytes = require("stormhost._bytes")
local class_of = require("stormhost._class")
local clock = require("stormhost._clock")
local emit_of = require("stormhost._emit")
local FramesLink = require("stormhost._frames")
local json = require("stormhost._json")
local outputs_of = require("stormhost._outputs")
local Results = require("stormhost._results")
local rows = require("stormhost._rows")
local traceback = require("stormhost._traceback")

local now = clock.now
local read_u16, read_u32 = bytes.read_u16, bytes.read_u32
local xpcall, caught_of = xpcall, traceback.caught

-- Finished work may wait this long (s) before it is written; looked at between executes.
local MAX_AGE = 0.001
-- The clock is read after every execute while one takes longer than this (s), and after up to `clock.pace` of them while
-- they are fast.
local SLOW = 0.0003
-- Seconds between two words about where the time went.
local TELL_SPENT = 0.5
-- Storm's -1, for what no task has sent.
local NO_TASK = 4294967295

local BoltLink = class_of.extend(FramesLink)

function BoltLink.new(channel, offer, component)
  local self = setmetatable({}, BoltLink)
  self:begin(channel, offer, component)
  self.auto = class_of.instance(component, bolts.AutoAckBolt)
  local blocks = {}
  for position, output in ipairs(self.outputs.list) do
    blocks[position] = { output = output }
  end
  self.results = Results.new(channel, self.codec, blocks, {
    marks = self.auto,
    anchored = not self.auto,
    max_frame = self.max_frame,
  })
  self.taken = 0 -- rows that have arrived so far: the id of the next one
  self.in_hand = false
  self.pace = 1
  self.in_code, self.in_codec, self.told_spent = 0, 0, 0
  self.inputs = {}
  for position, spec in ipairs(offer.inputs or {}) do
    local tick = spec.component == "__system" and spec.stream == "__tick"
    self.inputs[position - 1] = { spec = spec, tick = tick, metas = {} }
  end
  return self
end

function BoltLink:hello()
  local said = FramesLink.hello(self)
  said.acks = self.auto and "auto" or "hand"
  return said
end

function BoltLink:bind()
  local component, results = self.component, self.results
  self:bind_emit(self:make_emit(), bolts.Bolt)
  if self.auto then
    component._ack = function() end
  else
    local number = rows.number
    component._ack = function(_, input)
      local id = number(input)
      local count = results.ack_count + 1
      results.ack_count = count
      results.acks[count] = id
    end
  end
  component._fail = function(_, input, reason)
    local id = rows.number(input)
    if self.auto and id < results:in_hand() then
      traceback.complain("this input has been acked already; an AutoAckBolt can fail its current input only")
    end
    results:fail(id, reason == nil and "failed by the bolt" or require("stormhost._values").readable(tostring(reason)))
  end
end

function BoltLink:run()
  local component, results = self.component, self.results
  self:open()
  results:flush(true)
  while true do
    local kind, payload = self:next_frame()
    if not kind then
      break
    elseif kind == "T" then
      local begun, in_code = now(), self.in_code
      self:tuples(payload)
      results:flush()
      local ended = now()
      self.in_codec = self.in_codec + (ended - begun) - (self.in_code - in_code)
      if ended - self.told_spent > TELL_SPENT then
        self.told_spent = ended
        self:message({ command = "metrics", name = "__spent", params = { self.in_code, self.in_codec } })
      end
    elseif kind == "C" then
      local command = json.decode(payload).command
      if command == "finish" then
        self:guarded(component.finish)
        results:flush(true)
        self:message({ command = "finished" })
      elseif command == "heartbeat" then
        self:message({ command = "sync" })
      end
    else
      error("a bolt was sent a frame of kind " .. kind, 0)
    end
  end
  component:close()
  results:flush(true)
end

--- Sends what is finished, before the process ends for a reason of its own.
function BoltLink:stop()
  self.results:flush(self.auto and not self.in_hand)
end

function BoltLink:guarded(method)
  local well, caught = xpcall(method, caught_of, self.component)
  if not well then
    if caught.ended then
      error(caught.raised, 0)
    end
    self:report(caught)
  end
end

--- The metatable of the rows of an input that come from this task.
local function meta_of(input, task)
  local meta = input.metas[task]
  if not meta then
    local spec = input.spec
    meta = rows.metatable(spec.component, spec.stream, spec.fields, task == NO_TASK and -1 or task)
    input.metas[task] = meta
  end
  return meta
end

local function stepper_of(input, mixed, results)
  local name = mixed and "mixed" or "plain"
  local step = input[name]
  if not step then
    step = rows.stepper(input.spec.fields, mixed, results)
    input[name] = step
  end
  return step
end

--- Executes every row of a `T` frame, in order.
function BoltLink:tuples(payload)
  local at = 5
  local decode = self.codec.decode_column
  for _ = 1, read_u32(payload, 1) do
    local input = self.inputs[read_u16(payload, at)]
    local width, count, task = read_u16(payload, at + 2), read_u32(payload, at + 4), read_u32(payload, at + 8)
    at = at + 12
    local metas, step
    if not input.tick then
      if task ~= 0 then
        metas, step = meta_of(input, task), stepper_of(input, false, self.results)
      else
        metas, step = {}, stepper_of(input, true, self.results)
        for position = 1, count do
          metas[position] = meta_of(input, read_u32(payload, at + 4 * (position - 1)))
        end
      end
    end
    if task == 0 then
      at = at + 4 * count
    end
    local columns = {}
    for position = 1, width do
      local length = read_u32(payload, at)
      columns[position] = decode(payload, at + 4)
      at = at + 4 + length
    end
    local first = self.taken - 1
    self.taken = self.taken + count
    self.in_hand = true
    local begun = now()
    if input.tick then
      self:ticks(count)
    else
      self:execute(step, columns, count, first, metas)
    end
    self.in_code = self.in_code + now() - begun
    self.in_hand = false
  end
end

function BoltLink:ticks(count)
  local results = self.results
  for _ = 1, count do
    local id = results:in_hand()
    self:guarded(self.component.tick)
    results:mark()
    if not self.auto then
      results.ack_count = results.ack_count + 1
      results.acks[results.ack_count] = id
    end
  end
end

--- Executes `count` rows, of which the first has the id `first + 1`.
-- Goes by small groups, so that the clock is read rarely while executes are fast.
function BoltLink:execute(step, columns, count, first, metas)
  local component, results = self.component, self.results
  local execute = component.execute
  local pace, most = self.pace, clock.pace
  local flushed = now()
  local before = flushed
  local from = 1
  while from <= count do
    local to = from + pace - 1
    if to > count then
      to = count
    end
    local well, caught = xpcall(step, caught_of, execute, component, columns, from, to, first, metas, results)
    if well then
      from = to + 1
    else
      if caught.ended then
        error(caught.raised, 0)
      end
      local id = results:in_hand()
      self:report(caught)
      results:fail(id, caught.message)
      results:mark()
      from = id - first + 1
    end
    if from <= count then
      local time = now()
      if time - before > SLOW * pace then
        pace = 1
      elseif pace < most then
        pace = pace + pace
      end
      before = time
      if time - flushed > MAX_AGE then
        results:flush()
        flushed = time
      end
    end
  end
  self.pace = pace
end

--- The component's `emit`.
function BoltLink:make_emit()
  local results, encoder = self.results, self.encoder
  self.adders = {}
  for _, block in ipairs(results.blocks) do
    self.adders[block.output.name] = emit_of.adder(encoder, results, block)
  end
  local function special(_, values, options)
    return self:special_emit(values, options)
  end
  local function relieve()
    self:relieve()
  end
  for _, block in ipairs(results.blocks) do
    if block.output.name == "default" and not block.output.direct then
      return emit_of.emit(encoder, results, block, special, relieve)
    end
  end
  return function(_, values, options)
    return self:special_emit(values, options or {})
  end
end

function BoltLink:special_emit(values, options)
  local results = self.results
  outputs_of.check_options(options, "bolt")
  local task, ask = options.direct_task, options.need_task_ids
  local output = self.outputs:find(options.stream)
  outputs_of.check_direct(output, task)
  local numbers = not self.auto and options.anchors ~= nil and rows.numbers(options.anchors)
  if not self.adders[output.name](values) then
    return ask and {} or nil
  end
  if numbers then
    results:tie(numbers)
  end
  if task then
    results:direct(task)
  end
  if ask then
    return self:ask_task_ids(self.auto and not self.in_hand)
  end
  if results:is_full() then
    self:relieve()
  end
end

--- Sends what one `execute` has piled up, before it takes too much memory.
function BoltLink:relieve()
  self:open()
  self.results:flush(self.auto and not self.in_hand)
end

return BoltLink
