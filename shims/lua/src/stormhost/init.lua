--- stormhost: spouts, bolts and topologies in Lua, for the stormhost host and for Apache Storm.
--
--     local stormhost = require "stormhost"
--     local Split = stormhost.AutoAckBolt:extend { fields = "word" }
--     function Split:execute(input)
--       for word in input.sentence:gmatch("%a+") do self:emit(word) end
--     end
--
-- A topology declares components and connects them; see the README for a first one.

local bolts = require("stormhost._bolt")
local groupings = require("stormhost._groupings")
local process = require("stormhost._process")
local rows = require("stormhost._rows")
local shell = require("stormhost._shell")
local spouts = require("stormhost._spout")
local values = require("stormhost._values")

return {
  AllGrouping = groupings.AllGrouping,
  AutoAckBolt = bolts.AutoAckBolt,
  Bolt = bolts.Bolt,
  DirectGrouping = groupings.DirectGrouping,
  Exec = shell.Exec,
  FieldsGrouping = groupings.FieldsGrouping,
  GlobalGrouping = groupings.GlobalGrouping,
  JVMBolt = process.JVMBolt,
  JVMSpout = process.JVMSpout,
  Lines = shell.Lines,
  LocalOrShuffleGrouping = groupings.LocalOrShuffleGrouping,
  NoneGrouping = groupings.NoneGrouping,
  PartialKeyGrouping = groupings.PartialKeyGrouping,
  Print = process.Print,
  Process = process.Process,
  RedisSink = process.RedisSink,
  RedisSpout = process.RedisSpout,
  ReliableSpout = spouts.ReliableSpout,
  ShuffleGrouping = groupings.ShuffleGrouping,
  Spout = spouts.Spout,
  TimeBatcher = require("stormhost._batcher"),
  Topology = require("stormhost._topology").Topology,
  integer = values.integer,
  list = values.list,
  map = values.map,
  null = values.null,
  unpack = rows.unpack,
  version = require("stormhost._version").number,
}
