--- A spout that speaks frames: takes `N`, `A`, `F` and `C`, sends `R`.
--
-- Between two bursts of tuples a spout takes what the host has to say. LuaJIT can see whether there is anything. Plain
-- Lua can only read, which waits. So it asks the host for a word and reads up to that: a spout that has tuples to emit asks
-- where no row went (flag `ASK`, answered at once), one that has none sends the message `wait`.

local bytes = require("stormhost._bytes")
local class_of = require("stormhost._class")
local clock = require("stormhost._clock")
local emit_of = require("stormhost._emit")
local FramesLink = require("stormhost._frames")
local json = require("stormhost._json")
local outputs_of = require("stormhost._outputs")
local pull_of = require("stormhost._pull")
local Results = require("stormhost._results")
local spouts = require("stormhost._spout")
local traceback = require("stormhost._traceback")
local values_of = require("stormhost._values")

local now = clock.now
local read_u64 = bytes.read_u64
local Spout, ReliableSpout = spouts.Spout, spouts.ReliableSpout

-- A batch is written when it has this many rows, or when its first row is this old (s).
local MAX_ROWS = 1024
local MAX_AGE = 0.0003
-- Plain Lua asks for the host's word this often (s) while it has something to emit.
local ASK_EVERY = 0.005

local NONE = {}

local SpoutLink = class_of.extend(FramesLink)

function SpoutLink.new(channel, offer, component)
  local self = setmetatable({}, SpoutLink)
  self:begin(channel, offer, component)
  -- Each stream makes two blocks: rows without an id, and rows with one.
  local blocks = {}
  self.plain, self.tracked = {}, {}
  for _, output in ipairs(self.outputs.list) do
    for tracked = 0, 1 do
      local block = { output = output, tracked = tracked }
      blocks[#blocks + 1] = block
      local kind = tracked == 1 and self.tracked or self.plain
      kind[output.name] = block
    end
  end
  self.results = Results.new(channel, self.codec, blocks, { max_frame = self.max_frame })
  self.credit = 0
  self.active = true
  self.pending = self.results.pending
  self.reliable = class_of.instance(component, ReliableSpout)
  self.tells_acks = class_of.overrides(component, Spout, "ack")
  self.wakes = pull_of.wakes(component)
  local idle = component.conf["topology.sleep.spout.wait.strategy.time.ms"]
  self.idle = type(idle) == "number" and idle >= 0 and idle or 1
  return self
end

function SpoutLink:bind()
  self:bind_emit(self:make_emit(), Spout)
  local add, results = self.adders[2].default, self.results
  local default = self.plain.default
  local simple = default and not default.output.direct
  function self.component._emit_tracked(_, values, id, options)
    if options or not simple then
      return self:add(values, id, options or NONE)
    end
    add(values)
    results:track(id)
    if results:is_full() then
      self:relieve()
    end
  end
end

function SpoutLink:run()
  self:open()
  self.pull = pull_of.puller(self.component)
  self.asked = now()
  while self:control() do
    self:burst()
  end
  self.component:close()
  self.results:flush()
end

--- Sends what is finished, before the process ends for a reason of its own.
function SpoutLink:stop()
  self.results:flush()
end

function SpoutLink:may_emit()
  local results = self.results
  return self.active and results.sent + results:emitted() < self.credit
end

local function is_waited(kind, payload)
  return kind == "C" and json.decode(payload).command == "waited"
end

--- Waits a little for something to take. More credit alone is nothing: what it had was not used up.
function SpoutLink:wait()
  local left, till = self.idle, now() + self.idle / 1000
  while left > 0 and #self.buffered == 0 do
    local readable = self.channel:waiting(left)
    if readable == nil then
      self:message({ command = "wait" })
      local payload = self:await(is_waited)
      self.buffered[#self.buffered + 1] = { "C", payload }
      self.asked = now()
    elseif not readable then
      return
    else
      local kind, payload = self:next_frame()
      if kind == "N" then
        self:take(kind, payload)
        left = (till - now()) * 1000
      else
        self.buffered[#self.buffered + 1] = { kind, payload }
      end
    end
  end
end

--- Takes what can be read into the buffer, where that cannot be seen.
function SpoutLink:look()
  if self.channel:waiting() == nil and self:may_emit() and now() - self.asked > ASK_EVERY then
    self:ask_task_ids(false)
    self.asked = now()
  end
end

--- Takes what the host has to say; waits for it while there is nothing else to do. False at the end.
function SpoutLink:control()
  local component = self.component
  self:look()
  while true do
    while #self.buffered > 0 or self.channel:waiting() do
      if not self:take(self:next_frame()) then
        return false
      end
    end
    while self:may_emit() and component:_again() do
      self.said_done = false
    end
    if self:may_emit() and not component._done then
      return true
    end
    self:settle()
    if not self:take(self:next_frame()) then
      return false
    end
  end
end

--- Writes what is there, then `done` if that is news.
function SpoutLink:settle()
  local results = self.results
  if results:emitted() > 0 then
    results:flush()
  end
  if self:through() and not self.said_done then
    self.said_done = true
    self:message({ command = "done" })
  end
  if (self.said_done or not self.active) and results.said ~= results.consumed then
    results:flush() -- or the host would go on waiting to hear of the last acks
  end
end

--- Hands a tuple that is given up to the host's dead letters.
function SpoutLink:dead_letter(values, stream, reason)
  local output = self.outputs:find(stream)
  local row = values_of.is_whole_row(values) and values or { values }
  self:message({ command = "dead_letter", tuple = row, stream = output.name, msg = reason })
end

function SpoutLink:through()
  return self.component._done and not (self.reliable and self.component:_replays())
end

--- Takes one frame; false when there is none any more.
function SpoutLink:take(kind, payload)
  if not kind then
    return false
  elseif kind == "N" then
    self.credit = read_u64(payload, 1)
    return true
  elseif kind == "A" then
    self:acked(payload)
  elseif kind == "F" then
    self:failed(payload)
  elseif kind == "C" then
    self:command(json.decode(payload).command)
  else
    error("a spout was sent a frame of kind " .. kind, 0)
  end
  self.results.consumed = self.results.consumed + 1
  if self.said_done then
    self:answer_when_done()
  end
  return true
end

--- While done, each control frame is answered: rows first, then `done` again if that is still so.
function SpoutLink:answer_when_done()
  local component, results = self.component, self.results
  while self:may_emit() and component:_again() do -- luacheck: ignore 542
  end
  if results:emitted() > 0 then
    results:flush()
  end
  self.said_done = false
  results.said = -1 -- even if there is nothing else to say
  self:settle()
  if results.said ~= results.consumed then
    results:flush()
  end
end

function SpoutLink:acked(payload)
  for at = 1, #payload, 16 do
    local number, count = read_u64(payload, at), read_u64(payload, at + 8)
    local last = number + count - 1
    if self.tells_acks then
      self.telling = number
      while self.telling <= last do -- once, unless `ack` raises an error
        self:guarded(self.tell_acks, self, last)
      end
    else
      for each = number, last do
        self.pending[each] = nil
      end
    end
  end
end

--- Tells the component of each ack up to `last`.
function SpoutLink.tell_acks(component, self, last)
  local pending, acked = self.pending, component._acked
  if acked == Spout._acked then
    acked = component.ack -- which is all that it does
  end
  for number = self.telling, last do
    self.telling = number + 1
    local id = pending[number]
    if id ~= nil then
      pending[number] = nil
      acked(component, id)
    end
  end
end

function SpoutLink:failed(payload)
  local component = self.component
  for _, fail in ipairs(json.decode(payload)) do
    local number = fail[1]
    local id = self.pending[number]
    if id ~= nil then
      self.pending[number] = nil
      self:guarded(component._failed, id, fail[2], fail[3])
    end
  end
  if self.wakes and component._done then
    -- What it emits now it may have queued in `fail`; it is done again as soon as it emits nothing.
    component._done = false
    self.woken = true
  end
end

function SpoutLink:command(command)
  if command == "heartbeat" then
    self:message({ command = "sync" })
  elseif command == "activate" then
    self.active = true
    self:guarded(self.component.activate)
  elseif command == "deactivate" then
    self.active = false
    self:guarded(self.component.deactivate)
  end
end

function SpoutLink:guarded(method, ...)
  local well, caught = traceback.try(method, self.component, ...)
  if not well then
    if caught.ended then
      error(caught.raised, 0)
    end
    self:report(caught)
  end
end

--- Lets the spout emit until a batch is full or old, the credit is used up, or it has nothing.
function SpoutLink:burst()
  local component, results, pull = self.component, self.results, self.pull
  local room = math.min(self.credit - results.sent, MAX_ROWS)
  local pace = 1
  local begun = now()
  local before = begun
  local emitted = results.emitted
  local count = emitted(results)
  while count < room do
    for _ = 1, pace do
      local sent, have = results.sent, count
      pull()
      count = emitted(results)
      if count == have and results.sent == sent then
        return self:nothing_emitted()
      elseif component._done or count >= room or results.sent ~= sent then
        return results:flush()
      end
    end
    local time = now()
    -- A slow call is likely followed by another: what it emitted must not wait for that.
    if time - begun > MAX_AGE or time - before > MAX_AGE then
      break
    end
    before = time
    if pace < clock.pace then
      pace = pace + pace
    end
  end
  if results:emitted() > 0 then
    results:flush()
  end
end

function SpoutLink:nothing_emitted()
  if self.results:emitted() > 0 then
    self.results:flush()
  end
  if self.woken then
    self.woken = false
    self.component._done = true
  elseif not self.component._done then
    self:wait()
  end
end

--- The component's `emit`.
function SpoutLink:make_emit()
  local results, encoder = self.results, self.encoder
  self.adders = { {}, {} }
  for _, output in ipairs(self.outputs.list) do
    self.adders[1][output.name] = emit_of.adder(encoder, results, self.plain[output.name])
    -- What is tracked is sent even if nobody listens: the spout waits for its ack.
    self.adders[2][output.name] = emit_of.adder(encoder, results, self.tracked[output.name], true)
  end
  local add = self.adders[2].default
  local function special(_, values, options)
    -- Nothing but an id is what nearly all have.
    local id = type(options) == "table" and options.id
    if id == nil or id == false or next(options, (next(options))) ~= nil then
      return self:special_emit(values, options)
    end
    add(values)
    results:track(id)
    if results:is_full() then
      self:relieve()
    end
  end
  local function relieve()
    self:relieve()
  end
  local default = self.plain.default
  if default and not default.output.direct then
    return emit_of.emit(encoder, results, default, special, relieve, self.tracked.default)
  end
  return function(_, values, options)
    return self:special_emit(values, options or {})
  end
end

function SpoutLink:special_emit(values, options)
  outputs_of.check_options(options, "spout")
  return self:add(values, options.id, options)
end

function SpoutLink:add(values, id, options)
  local results = self.results
  local task, ask = options.direct_task, options.need_task_ids
  local output = self.outputs:find(options.stream)
  outputs_of.check_direct(output, task)
  if not self.adders[id == nil and 1 or 2][output.name](values) then
    return ask and {} or nil
  end
  if id ~= nil then
    results:track(id)
  end
  if task then
    results:direct(task)
  end
  if ask then
    return self:ask_task_ids(false)
  end
  if results:is_full() then
    self:relieve()
  end
end

--- Sends what has piled up while user code still runs.
function SpoutLink:relieve()
  self:open()
  self.results:flush()
end

return SpoutLink
