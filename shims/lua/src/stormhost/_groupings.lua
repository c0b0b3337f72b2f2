--- The groupings: which tasks of a component get which tuples. Storm's words and meanings.

local declarations = require("stormhost._declaration")
local place = require("stormhost._place")
local streams_of = require("stormhost._stream")

local _M = {}

local Grouping = { __name = "grouping" }
_M.Grouping = Grouping

-- A subscription to one stream of a component. `source`: its name, or the declaration itself (the stream `default`), or
-- one of its streams: `"parser.late_ones"`, `parser.late_ones`.
-- What is wrong with it is not raised but described, so that `check` shows all mistakes at once.
local function grouping(name, title)
  return function(source, ...)
    local fields = {}
    if name == "fields" or name == "partial_key" then
      -- FieldsGrouping("x", { "a", "b" }) is as good as FieldsGrouping("x", "a", "b").
      fields = select("#", ...) == 1 and type((...)) == "table" and streams_of.field_names((...)) or { ... }
    end
    local made = { name = name, title = title, source = source, stream = "default", fields = fields, at = place.here() }
    if getmetatable(source) == declarations.StreamRef then
      made.source, made.stream = source.declaration, source.stream
    end
    return setmetatable(made, Grouping)
  end
end

_M.ShuffleGrouping = grouping("shuffle", "ShuffleGrouping") -- evenly over all tasks
_M.FieldsGrouping = grouping("fields", "FieldsGrouping") -- equal values of these fields go to the same task, always
-- As fields, but over two tasks a key, whichever has had less: for skewed keys.
_M.PartialKeyGrouping = grouping("partial_key", "PartialKeyGrouping")
_M.AllGrouping = grouping("all", "AllGrouping") -- a copy to every task
_M.GlobalGrouping = grouping("global", "GlobalGrouping") -- everything to the task with the lowest number
_M.DirectGrouping = grouping("direct", "DirectGrouping") -- to the task that the emitter names; for direct streams
_M.NoneGrouping = grouping("none", "NoneGrouping") -- no matter where; the same as shuffle
-- As shuffle: with one host, every task is local.
_M.LocalOrShuffleGrouping = grouping("local_or_shuffle", "LocalOrShuffleGrouping")

return _M
