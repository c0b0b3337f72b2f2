--- The tuples that `execute` is given.
--
-- A row is a table with its values under the names of their fields; all rows of one input and source share a metatable.
-- A field's name wins over everything: what the tuple itself has (`input.meta`, `input[1]`) is only looked for where no
-- field is called so. The tuple's number stands under the key 0, which no field can be called.

local complain = require("stormhost._traceback").complain

local load = loadstring or load
local format, concat, rawget = string.format, table.concat, rawget

local _M = {}

--- The metatable of the rows of one stream that come from one task.
function _M.metatable(component, stream, fields, task)
  local title = component .. "." .. stream
  local meta = { stormhost_row = true, fields = fields, __name = title }

  function meta.__index(row, key)
    local name = fields[key]
    if name then
      return rawget(row, name)
    elseif key == "meta" then
      return { id = rawget(row, 0), component = component, stream = stream, task = task }
    elseif type(key) == "number" then
      return nil -- so that ipairs ends
    end
    local have = #fields > 0 and concat(fields, ", ") or "none"
    complain(format("a tuple of %s has no field '%s'; it has: %s", title, tostring(key), have))
  end

  function meta.__len()
    return #fields
  end

  function meta.__tostring(row)
    local parts = {}
    for position, name in ipairs(fields) do
      parts[position] = name .. "=" .. tostring(rawget(row, name))
    end
    return format("%s(%s)", title, concat(parts, ", "))
  end

  return meta
end

local function constructor(fields)
  local members = { "[0] = number" }
  for position, name in ipairs(fields) do
    members[position + 1] = format("[%q] = c%d[i]", name, position)
  end
  return "setmetatable({ " .. concat(members, ", ") .. " }, meta)"
end

local function columns(fields)
  local names, values = {}, {}
  for position = 1, #fields do
    names[position], values[position] = "c" .. position, format("columns[%d]", position)
  end
  return #fields > 0 and format("local %s = %s", concat(names, ", "), concat(values, ", ")) or ""
end

-- A Lua function has 200 local variables at most; wider rows are made by a loop.
local MOST_COLUMNS = 150

--- A function that executes a stretch of rows, compiled for these fields: it runs once a tuple.
-- `metas` is the metatable of all rows, or where `mixed` a list of one a row. After each row its mark is set.
function _M.stepper(fields, mixed)
  local wide = #fields > MOST_COLUMNS
  local source = format(
    [[
local setmetatable, fields = ...
return function(execute, component, columns, from, to, first, metas, results)
  local marks = results.marks
  local meta = metas
  %s
  for i = from, to do
    local number = first + i
    %s
    execute(component, %s)
    local marked = results.marked + 1
    results.marked = marked
    marks[marked] = results.count
  end
end]],
    wide and "" or columns(fields),
    mixed and "meta = metas[i]" or "",
    wide and "row" or constructor(fields)
  )
  if wide then
    source = source:gsub("execute%(component, row%)", [==[
local row = setmetatable({ [0] = number }, meta)
    for position = 1, #fields do
      row[fields[position]] = columns[position][i]
    end
    execute(component, row)]==])
  end
  return assert(load(source, "=stormhost"))(setmetatable, fields)
end

--- One row, for the slow ways.
function _M.row(meta, number, values)
  local row = { [0] = number }
  for position, name in ipairs(meta.fields) do
    row[name] = values[position]
  end
  return setmetatable(row, meta)
end

--- Whether something is an input tuple.
function _M.is_row(value)
  local meta = type(value) == "table" and getmetatable(value)
  return type(meta) == "table" and rawget(meta, "stormhost_row") == true
end

--- The number of an input tuple. Raises an error for what is none.
function _M.number(value)
  if not _M.is_row(value) then
    complain("expected an input tuple, got a " .. type(value))
  end
  return rawget(value, 0)
end

--- The numbers of one input tuple, or of a list of them; none for nil.
function _M.numbers(anchors)
  if anchors == nil then
    return {}
  elseif _M.is_row(anchors) then
    return { rawget(anchors, 0) }
  elseif type(anchors) ~= "table" then
    complain("anchors are an input tuple or a list of them, not a " .. type(anchors))
  end
  local numbers = {}
  for position, anchor in ipairs(anchors) do
    numbers[position] = _M.number(anchor)
  end
  return numbers
end

--- The values of an input tuple, one after the other.
function _M.unpack(row)
  local values = {}
  for position, name in ipairs(getmetatable(row).fields) do
    values[position] = rawget(row, name)
  end
  return (table.unpack or unpack)(values, 1, #getmetatable(row).fields)
end

return _M
