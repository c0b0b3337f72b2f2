--- What a component's class says of its streams.

local class_of = require("stormhost._class")

local _M = {}

--- What was written for fields, as a list; one name may stand alone.
function _M.field_names(fields)
  if type(fields) ~= "table" then
    return { fields }
  end
  local names = {}
  for position, name in ipairs(fields) do
    names[position] = name
  end
  return names
end

--- A stream as it was written: a name, a list of names, or a list with `direct = true`, or `fields = …` in such a table.
function _M.stream(given)
  if type(given) ~= "table" then
    return { fields = { given }, direct = false }
  end
  return { fields = _M.field_names(given.fields or given), direct = given.direct == true }
end

--- The streams of a class by their names, those of its bases with it: `fields` are those of `default`.
-- A subclass that sets one to false does away with it.
function _M.declared(class)
  local streams = {}
  local chain = {}
  while class do
    table.insert(chain, 1, class)
    class = class_of.base(class)
  end
  for _, each in ipairs(chain) do
    local fields = rawget(each, "fields")
    if fields == false then
      streams.default = nil
    elseif fields ~= nil then
      streams.default = _M.stream(fields)
    end
    for name, given in next, rawget(each, "streams") or {} do
      streams[name] = given and _M.stream(given) or nil
    end
  end
  return streams
end

--- The names of streams in a fixed order: `default` first.
function _M.names(streams)
  local names = {}
  for name in next, streams do
    names[#names + 1] = name
  end
  table.sort(names, function(a, b)
    if (a == "default") ~= (b == "default") then
      return a == "default"
    end
    return tostring(a) < tostring(b)
  end)
  return names
end

return _M
