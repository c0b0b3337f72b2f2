--- A component as a topology declares it: what to make, and what it listens to.

local place = require("stormhost._place")
local streams_of = require("stormhost._stream")
local complain = require("stormhost._traceback").complain

local _M = {}

-- What may be said of a declaration, by assignment or in the table it is called with.
local SETTINGS = { inputs = true, conf = true, env = true, cwd = true, replay = true, parallelism = true, where = true }

--- The subscriptions of one component.
local Inputs = {}
Inputs.__index = Inputs

--- Adds one more.
function Inputs:append(grouping)
  self[#self + 1] = grouping
end
_M.Inputs = Inputs

--- A component of a topology, not yet a process.
--
-- `inputs` (groupings), `conf` (settings of this component), `env` (added to the child's environment), `cwd` (working
-- folder of the child; nil: where the command was typed), `replay` (`"host"` or nil), `where` (`"inside"` the host, or
-- `"outside"` in a process) may be assigned, or given in a table that the declaration is called with, where the groupings
-- stand in the list part:
-- `Count(4) { FieldsGrouping("split", "word"), env = { LANG = "C" } }`.
-- Streams are attributes, by their names: `parser.late_ones`.
local Declaration = {}
_M.Declaration = Declaration

--- One stream of a declared component, as a source for groupings.
local StreamRef = { __name = "stream" }
_M.StreamRef = StreamRef

-- In order of declaration, which the keys of a table are not.
local declared = 0

function _M.new(kind, parallelism, fields)
  declared = declared + 1
  fields.kind = kind
  fields.parallelism = parallelism
  fields.order = declared
  fields.at = place.here()
  fields.inputs = setmetatable({}, Inputs)
  fields.conf = fields.conf or {}
  fields.env = fields.env or {}
  return setmetatable(fields, Declaration)
end

--- What a call of a component's class gives: its parallelism, and what reaches `init`.
function _M.component(class, parallelism, ...)
  if parallelism == nil then
    parallelism = 1
  end
  local conf = {}
  for name, value in next, type(class.conf) == "table" and class.conf or {} do
    conf[name] = value
  end
  if class.tick_interval ~= nil and conf["topology.tick.tuple.freq.secs"] == nil then
    conf["topology.tick.tuple.freq.secs"] = class.tick_interval
  end
  return _M.new(class.kind, parallelism, {
    class = class,
    arguments = { n = select("#", ...), ... },
    conf = conf,
    replay = class.replay,
    declared_streams = streams_of.declared(class),
  })
end

--- The real object, for the child.
function _M.build(declaration)
  local arguments = declaration.arguments
  return declaration.class:new((table.unpack or unpack)(arguments, 1, arguments.n))
end

function Declaration:__index(name)
  if SETTINGS[name] or name == "name" or type(name) ~= "string" then
    return nil
  end
  local streams = rawget(self, "declared_streams")
  if streams and streams[name] then
    return setmetatable({ declaration = self, stream = name }, StreamRef)
  elseif rawget(self, "order") and not _M.optional[name] then
    local have = table.concat(streams_of.names(streams or {}), ", ")
    complain(
      ("a declared component has no '%s'; its streams: %s; the object itself is made in the child"):format(
        name,
        have == "" and "none" or have
      )
    )
  end
  return nil
end

-- Members that only some declarations have.
_M.optional = {
  java_class = true,
  options = true,
  class = true,
  command = true,
  builtin = true,
  shell = true,
  serializer = true,
  at = true,
  arguments = true,
}

function Declaration:__call(given)
  if type(given) ~= "table" or getmetatable(given) ~= nil then
    given = { given }
  end
  for _, grouping in ipairs(given) do
    self.inputs[#self.inputs + 1] = grouping
  end
  for name, value in next, given do
    if name == "inputs" then
      for _, grouping in ipairs(getmetatable(value) == nil and value or { value }) do
        self.inputs[#self.inputs + 1] = grouping
      end
    elseif name == "conf" or name == "env" then
      for key, each in next, value do
        self[name][key] = each
      end
    elseif SETTINGS[name] then
      rawset(self, name, value)
    elseif type(name) ~= "number" then
      complain(("a declaration takes groupings and conf, cwd, env, parallelism, replay, where; not '%s'"):format(tostring(name)))
    end
  end
  return self
end

function Declaration:__tostring()
  return ("<%s %s>"):format(self.kind, rawget(self, "name") or "(no name yet)")
end

--- Whether something is a declaration.
function _M.is(value)
  return getmetatable(value) == Declaration
end

return _M
