--- `Topology`: what declares components and how they are connected.

local declarations = require("stormhost._declaration")
local place = require("stormhost._place")

local _M = {
  all = {}, -- every topology that was begun in this process
}

local Topology = {}
local state_of = setmetatable({}, { __mode = "k" }) -- apart, since every key of a topology is a component's name

--- A topology: `Topology "WordCount" { lines = Lines(1), … }`, or `local t = Topology "WordCount"; t.lines = Lines(1)`.
-- Components are its members. `conf`: settings of the whole topology, by Storm's names.
-- With a second argument it builds on that topology: it has that one's components too, and may replace them by name.
function _M.Topology(name, base)
  local topology = setmetatable({}, Topology)
  local state = { name = name, at = place.here(), conf = {}, components = {}, inherited = {}, mistakes = {} }
  if getmetatable(base) == Topology then
    for id, declaration in next, state_of[base].components do
      state.components[id], state.inherited[id] = declaration, declaration
    end
    for key, value in next, state_of[base].conf do
      state.conf[key] = value
    end
  end
  state_of[topology] = state
  table.insert(_M.all, topology)
  return topology
end

local function mistake(state, message, hint, at)
  table.insert(state.mistakes, { message = message, hint = hint, at = at or place.here() })
end

function Topology:__newindex(id, value)
  local state = state_of[self]
  if id == "conf" and not declarations.is(value) then
    if type(value) == "table" then
      state.conf = value
    else
      mistake(state, "conf of the topology is no table")
    end
  elseif not declarations.is(value) then
    mistake(
      state,
      ("'%s' is no component but a %s"):format(tostring(id), type(value)),
      "declare one by calling its class: " .. tostring(id) .. " = Split(2)"
    )
  elseif type(id) ~= "string" then
    mistake(state, "a " .. value.kind .. " is declared but has no name", "give it one: name = Class(…)", value.at)
  elseif rawget(value, "name") and rawget(value, "name") ~= id then
    mistake(
      state,
      ("'%s' and '%s' are the same declaration"):format(value.name, id),
      "declare each by a call of its own",
      value.at
    )
  else
    local before = state.components[id]
    if before and before ~= value and before ~= state.inherited[id] then
      mistake(
        state,
        ("component '%s' is declared twice%s"):format(id, before.at and ", first in line " .. before.at.line or ""),
        "give each its own name",
        value.at
      )
    end
    rawset(value, "name", id)
    state.components[id] = value
  end
end

function Topology:__index(id)
  return state_of[self].components[id]
end

function Topology:__call(members)
  for id, value in next, members do
    self[id] = value
  end
  return self
end

function Topology:__tostring()
  return ("<topology %s>"):format(tostring(state_of[self].name))
end

--- Name, conf, place and mistakes of a topology.
function _M.state(topology)
  return state_of[topology]
end

--- The components, in order of declaration.
function _M.declarations(topology)
  local list = {}
  for _, declaration in next, state_of[topology].components do
    list[#list + 1] = declaration
  end
  table.sort(list, function(a, b)
    return a.order < b.order
  end)
  return list
end

return _M
