--- The components of the topology, in a file of their own so that tests can load it.

local stormhost = require "stormhost"

local components = {}

local FILE = arg and arg[1]

--- The lines of a file. What fails on its way is emitted again.
components.Lines = stormhost.ReliableSpout:extend { fields = "line" }

function components.Lines:tuples()
  local folder = arg and arg[0] and arg[0]:match("^(.*/)") or "./"
  for line in io.lines(FILE or folder .. "words.txt") do
    coroutine.yield(line)
  end
end

--- Takes lines apart.
components.Split = stormhost.AutoAckBolt:extend { fields = "word" }

function components.Split:execute(input)
  for word in input.line:lower():gmatch("%a+") do
    self:emit(word)
  end
end

--- Counts words; the same word comes to the same task.
components.Count = stormhost.AutoAckBolt:extend { fields = { "word", "count" } }

function components.Count:initialize()
  self.counts = {}
end

function components.Count:execute(input)
  local count = (self.counts[input.word] or 0) + 1
  self.counts[input.word] = count
  self:emit { input.word, count }
end

return components
