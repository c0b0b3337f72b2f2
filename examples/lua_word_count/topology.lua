--- Counts words. Texts go in line by line, four tasks count, the twenty most frequent words come out.
--
--     stormhost run examples/lua_word_count/topology.lua -- [TEXT …]

local stormhost = require "stormhost"
local ShuffleGrouping, FieldsGrouping = stormhost.ShuffleGrouping, stormhost.FieldsGrouping

local SHOWN = 20
local TEXTS = { ... } -- what stands behind `--`; every child sees the same words as the declaring process
if #TEXTS == 0 then
  local folder = arg[0]:match("^(.*/)") or "./"
  for _, name in ipairs { "a_weather_notebook", "on_rivers", "the_ferry", "the_sluice" } do
    TEXTS[#TEXTS + 1] = folder .. "../word_count/texts/" .. name .. ".txt"
  end
end

--- Emits the lines of all texts. Each is tracked, and emitted again should a bolt fail it.
local Lines = stormhost.ReliableSpout:extend { fields = "line" }

function Lines:initialize()
  -- Opened before the first line is read: what goes wrong in `initialize` ends the run at once, with the story.
  self.files = {}
  for position, path in ipairs(TEXTS) do
    self.files[position] = assert(io.open(path, "rb"))
  end
end

function Lines:tuples()
  for _, file in ipairs(self.files) do
    for line in file:lines() do
      -- What is not ASCII is no letter here, and parts words, as in `tr`: so bytes of any encoding do.
      coroutine.yield((line:gsub("[\128-\255]", " ")))
    end
    file:close()
  end
end

--- Takes a line apart into words, in small letters.
local Split = stormhost.AutoAckBolt:extend { fields = "word" }

function Split:execute(input)
  for word in input.line:gmatch("%a+") do
    self:emit(word:lower())
  end
end

--- Counts the words that come to this task. All of one kind do: that is what the fields grouping is for.
local Count = stormhost.AutoAckBolt:extend { fields = { "word", "count" } }

function Count:initialize()
  self.counts = {}
end

function Count:execute(input)
  self.counts[input.word] = (self.counts[input.word] or 0) + 1
end

function Count:finish()
  for word, count in pairs(self.counts) do
    self:emit { word, count }
  end
end

--- Puts the counts of all tasks in order, and shows the first few.
local Top = stormhost.AutoAckBolt:extend { fields = "line" }

function Top:initialize()
  self.ranking = {}
end

function Top:execute(input)
  table.insert(self.ranking, { word = input.word, count = input.count })
end

function Top:finish()
  table.sort(self.ranking, function(a, b)
    if a.count ~= b.count then
      return a.count > b.count
    end
    return a.word < b.word
  end)
  self:log(("%d different words"):format(#self.ranking))
  for position = 1, math.min(SHOWN, #self.ranking) do
    local entry = self.ranking[position]
    self:emit(("%7d %s"):format(entry.count, entry.word))
  end
end

return stormhost.Topology "WordCount" {
  lines = Lines(1),
  split = Split(2) { ShuffleGrouping "lines" },
  count = Count(4) { FieldsGrouping("split", "word") },
  top = Top(1) { stormhost.GlobalGrouping "count" },
  show = stormhost.Print() { ShuffleGrouping "top" },
}
