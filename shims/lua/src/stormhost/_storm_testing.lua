--- Two classes of Storm's that its documents use throughout, as components of ours: `TestWordSpout` and `TestWordCounter`
-- of `org.apache.storm.testing`. A topology in Flux that names them is given this script, with the name of the class.

local stormhost = require("stormhost")

local classes = {}

--- Emits one of five names, ten times a second, and forgets it: no tuple of it is tracked.
classes.TestWordSpout = stormhost.Spout:extend({ fields = "word" })

local NAMES = { "nathan", "mike", "jackson", "golda", "bertels" }

function classes.TestWordSpout:next_tuple()
  -- The pause comes from the setting for spouts with nothing to emit, so every other call has nothing.
  self.due = not self.due
  if self.due then
    self:emit(NAMES[math.random(#NAMES)])
  end
end

--- Counts what comes in the first field.
classes.TestWordCounter = stormhost.AutoAckBolt:extend({ fields = { "word", "count" } })

function classes.TestWordCounter:initialize()
  self.counts = {}
end

function classes.TestWordCounter:execute(input)
  local word = input[1]
  self.counts[word] = (self.counts[word] or 0) + 1
  self:emit({ word, self.counts[word] })
end

return classes[arg[1]]
