--- The parts of the matrix in Lua, on our library, outside and inside. `words.lua ROLE [TEXT]`; what each role does stands
-- in the README above.

local stormhost = require "stormhost"
local json = require "stormhost._json"

--- Adds a line to the journal, in one piece whoever else writes.
local function note(...)
  local journal = assert(io.open(os.getenv "JOURNAL", "a"))
  journal:write(json.encode(stormhost.list { ... }) .. "\n")
  journal:close()
end

local roles = {}

roles.spout = stormhost.Spout:extend { fields = "line" }
function roles.spout:initialize()
  self.lines, self.next = {}, 1
  for line in io.lines(arg[2]) do
    self.lines[#self.lines + 1] = line
  end
end
function roles.spout:next_tuple()
  if self.next > #self.lines then
    return self:done()
  end
  self:emit(self.lines[self.next], { id = ("line %d"):format(self.next - 1) })
  self.next = self.next + 1
end
function roles.spout:ack(id) note("acked", id) end -- luacheck: no self
function roles.spout:fail(id) note("failed", id) end -- luacheck: no self

roles.split = stormhost.AutoAckBolt:extend { fields = "word" }
function roles.split:execute(input)
  for word in input[1]:gmatch "%S+" do
    self:emit(word)
  end
end

roles.count = stormhost.Bolt:extend {}
function roles.count:execute(input)
  note("word", input[1])
  self:ack(input)
end

roles.relay = stormhost.AutoAckBolt:extend { fields = { "at", "value" } }
function roles.relay:execute(input)
  self:emit { input[1], input[2] }
end

local REFUSED = {
  nan = 0 / 0,
  infinity = -math.huge,
  surrogate = "\237\160\128",
  bytes = "\255",
  object = print,
  key = { a = 1, [true] = 2 },
  inner = { { { a = math.huge } } },
}

roles.odd = stormhost.AutoAckBolt:extend { fields = "line" }
function roles.odd:execute(input)
  local order, word = input[1]:match "^(%S+) ?(%S*)"
  if order == "!raise" then
    error "odd on purpose"
  elseif order == "!exit" then
    os.exit(7)
  elseif order == "!wide" then
    self:emit { "one", "too many" }
  elseif order == "!nowhere" then
    self:emit("lost", { stream = "nowhere" })
  elseif order == "!refuse" then
    self:emit { REFUSED[word] }
  else
    if order == "!print" then
      print "printed by the odd one"
    end
    self:emit(input[1])
  end
end

-- Emits every line until it is acked, and says at its end how often each was.
roles.reliable = stormhost.ReliableSpout:extend { fields = "line", max_tries = 1000 }
function roles.reliable:initialize()
  self.acks = {}
end
function roles.reliable:tuples()
  for line in io.lines(arg[2]) do
    local id = #self.acks + 1
    self.acks[id] = 0
    self:emit(line, { id = id })
    coroutine.yield()
  end
end
function roles.reliable:ack(id)
  self.acks[id] = self.acks[id] + 1
end
function roles.reliable:fail()
  if self.failure[1] ~= "child_died" then
    note("failed otherwise", self.failure[1], self.failure[2])
  end
end
function roles.reliable:close()
  local least, most = math.huge, 0
  for _, count in ipairs(self.acks) do
    least, most = math.min(least, count), math.max(most, count)
  end
  note("acks", #self.acks, least, most)
end

-- Counts, and tells when its input has ended.
roles.tally = stormhost.AutoAckBolt:extend { fields = { "word", "n" } }
function roles.tally:initialize()
  self.counts = {}
end
function roles.tally:execute(input)
  self.counts[input[1]] = (self.counts[input[1]] or 0) + 1
end
function roles.tally:finish()
  for word, count in pairs(self.counts) do
    self:emit { word, count }
  end
end

-- Appends each word to a file before it acks.
roles.write = stormhost.AutoAckBolt:extend {}
function roles.write:initialize()
  self.file = assert(io.open(arg[2], "a"))
end
function roles.write:execute(input)
  self.file:write(input[1], "\n")
  self.file:flush()
end

roles[arg[1]]:run()
return roles[arg[1]]
