--- The components that the conversations of `test_conversations.py` are with.

local stormhost = require("stormhost")

local Split = stormhost.AutoAckBolt:extend({ fields = "word" })
function Split:execute(input)
  for word in input.sentence:gmatch("%S+") do
    self:emit(word)
  end
end

local Echo = stormhost.AutoAckBolt:extend({
  fields = { "a", "b" },
  streams = { late = "late", empty = {}, chosen = { "value", direct = true } },
})
function Echo:execute(input)
  local how, what = input.how, input.what
  if how == "both" then
    self:emit({ "first", what })
    self:emit({ what }, { stream = "late" })
    self:emit({ "third", what })
  elseif how == "late" then
    self:emit(what, { stream = "late" })
  elseif how == "empty" then
    self:emit({}, { stream = "empty" })
  elseif how == "direct" then
    self:emit({ what }, { stream = "chosen", direct_task = input.meta.task })
  elseif how == "where" then
    self:emit({ what, stormhost.list(self:emit({ how, what }, { need_task_ids = true })) })
  elseif how == "raise" then
    self:emit({ how, what })
    error("cannot do " .. tostring(what))
  elseif how == "raise a table" then
    error(setmetatable({}, {
      __tostring = function()
        error("nor can it be told")
      end,
      __index = function(_, name)
        error("no field " .. name)
      end,
    }))
  elseif how == "fail" then
    self:fail(input, "it is " .. tostring(what))
  elseif how == "wrong" then
    self:emit({ "x", print })
  elseif how == "long" then
    for number = 1, what do
      self:emit({ ("x"):rep(1000), number })
    end
  elseif how == "exit" then
    self:emit({ how, what })
    os.exit(what)
  else
    self:emit({ how, what })
  end
end
function Echo:tick()
  self:emit({ "tick", 1 })
end
function Echo:finish()
  self:emit({ "finish", 1 })
end
function Echo:initialize()
  if self.conf.early then
    self:emit({ "early", self.conf.early })
  end
  if self.conf.broken then
    error("no database")
  end
end
function Echo.close()
  print("closed")
end

local Relay = stormhost.AutoAckBolt:extend({ fields = "value" })
function Relay:execute(input)
  self:emit({ input.value })
end

-- Each value twice by the quick way, twice by the slow one, and once alone.
local Ways = stormhost.AutoAckBolt:extend({ fields = { "a", "b" }, streams = { bare = "value" } })
function Ways:execute(input)
  local value = input.value
  self:emit({ value, value })
  self:emit(stormhost.list({ value, value }))
  self:emit(value, { stream = "bare" })
end

local Hand = stormhost.Bolt:extend({ fields = "value" })
function Hand:execute(input)
  self.held = self.held or {}
  table.insert(self.held, input)
  local value = input.value
  if value == "push" then
    self:emit({ #self.held }, { anchors = self.held })
    self:emit("loose")
    self:emit("tied", { anchors = input })
    for position = #self.held, 1, -1 do
      self:ack(self.held[position])
    end
    self.held = {}
  elseif value == "fail" then
    self:fail(input, "as told")
  elseif value == "raise" then
    error("as told")
  end
end

local Noisy = stormhost.AutoAckBolt:extend()
function Noisy.execute()
  print("by print")
  io.write("by io.write\n")
  io.stdout:write("by io.stdout\n")
  os.execute("echo by a shell")
  io.stderr:write("by stderr\n")
  assert(io.read("*l") == nil, "standard input is empty")
end

local Slow = stormhost.AutoAckBolt:extend({ fields = "value" })
function Slow:execute(input)
  os.execute("sleep 0.05") -- time that the processor's clock does not see
  self:emit(input.value)
end

local Numbers = stormhost.Spout:extend({ fields = "n", streams = { other = { "a", "b" } } })
function Numbers:next_tuple()
  self.n = (self.n or 0) + 1
  if self.n <= self.conf.count then
    if self.n % 3 == 0 and self.conf.mixed then
      return self:emit({ self.n, "b" }, { stream = "other" })
    end
    self:emit(self.n, { id = "id" .. self.n })
  elseif self.conf["end"] ~= false then
    self:done()
  end
end
function Numbers:ack(id)
  self:log("ack " .. id)
end
function Numbers:fail(id)
  self:log("fail " .. id .. " " .. table.concat(self.failure, ": "))
end

-- Emits again what has failed, once it is done with all else.
local Again = stormhost.Spout:extend({ fields = "n" })
function Again:next_tuple()
  self.queue = self.queue or { 1, 2 }
  local n = table.remove(self.queue, 1)
  if not n then
    return self:done()
  end
  self:emit(n, { id = n })
end
function Again:fail(id)
  table.insert(self.queue, id)
end

local Reliable = stormhost.ReliableSpout:extend({ fields = "n", max_tries = 2 })
function Reliable.tuples()
  for number = 10, 12 do
    coroutine.yield(number)
  end
end

-- Its own code fails at every fail.
local Fumbling = Reliable:extend()
function Fumbling.fail()
  error("cannot even fail")
end

local Broken = stormhost.Spout:extend({ fields = "n" })
function Broken:tuples()
  coroutine.yield(1)
  self:explode()
end

return stormhost.Topology("Components")({
  split = Split(1),
  echo = Echo(1),
  ways = Ways(1),
  relay = Relay(1),
  hand = Hand(1),
  noisy = Noisy(1),
  slow = Slow(1),
  numbers = Numbers(1),
  again = Again(1),
  reliable = Reliable(1),
  fumbling = Fumbling(1),
  broken = Broken(1),
})
