--- Counts words: how often each was seen is printed as it changes.
--
--     stormhost run topology.lua -- [FILE]

local stormhost = require "stormhost"
local components = require "components"
local ShuffleGrouping, FieldsGrouping, Print = stormhost.ShuffleGrouping, stormhost.FieldsGrouping, stormhost.Print

return stormhost.Topology "WordCount" {
  lines = components.Lines(1),
  split = components.Split(2) { ShuffleGrouping("lines") },
  count = components.Count(2) { FieldsGrouping("split", "word") },
  show = Print() { ShuffleGrouping("count") },
}
