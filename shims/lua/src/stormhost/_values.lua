--- What a field may hold, and the checks that `emit` makes.
--
-- The wire carries null, booleans, integers of 64 bits, finite floats, text, lists, and maps with text keys, in JSON and
-- MessagePack alike. Whatever else is handed to `emit` is refused there and then, so that the error names the line that
-- made it. A value becomes bytes at once: so the caller may go on changing its tables.

local bytes = require("stormhost._bytes")

local find, format, concat = string.find, string.format, table.concat
local type, getmetatable, setmetatable, next, rawget = type, getmetatable, setmetatable, next, rawget
local math_type = math.type -- nil where all numbers are floats
local utf8_length = utf8 and utf8.len

local _M = {}

-- Text may have this many bytes; half of the smallest frame limit anybody is expected to set.
local LONG_TEXT = 32 * 1048576
-- The host refuses what is nested deeper than 128; the row and its column take two levels of that.
local MAX_DEPTH = 120
-- Whole floats up to this are integers where Lua has floats only.
local EXACT = 9007199254740992

-- Lists and maps ------------------------------------------------------------------------------------------------------

local List, Map = { __name = "stormhost.list" }, { __name = "stormhost.map" }

--- Marks a table as a list: needed where it is empty, or begins with nothing.
function _M.list(table)
  return setmetatable(table or {}, List)
end

--- Marks a table as a map: needed where it is empty.
function _M.map(table)
  return setmetatable(table or {}, Map)
end

--- The value that stands for null, since a table cannot hold nil.
_M.null = setmetatable({}, {
  __name = "stormhost.null",
  __tostring = function()
    return "null"
  end,
  __newindex = function()
    error("null cannot be changed", 2)
  end,
})
local null = _M.null

-- Integers that Lua has no number for ---------------------------------------------------------------------------------

local Integer = { __name = "stormhost.integer" }
Integer.__tostring = function(self)
  return self.digits
end
Integer.__index = Integer
-- One object for each number, so that it may be a key.
local integers = setmetatable({}, { __mode = "v" })

local function fits(text)
  local negative, digits = text:match("^(%-?)0*(%d+)$")
  local high, low = bytes.halves(digits)
  if not high then
    return false
  end
  return negative == "" or high < 2147483648 or (high == 2147483648 and low == 0)
end

--- An integer by its digits: a number where Lua can hold it exactly, else an object that `tostring` gives the digits of.
-- Two objects of the same number are the same object. Raises an error for what is no integer of 64 bits.
function _M.integer(text)
  if type(text) ~= "string" or not find(text, "^%-?%d+$") then
    error("integer takes decimal digits, got " .. tostring(text), 2)
  end
  local number = tonumber(text)
  if math_type then
    if math_type(number) == "integer" then
      return number
    end
  elseif number >= -EXACT and number <= EXACT and format("%.0f", number) == text:gsub("^(%-?)0+(%d)", "%1%2") then
    return number -- not one that was rounded to the last exact one
  end
  if not fits(text) then
    error("the integer does not fit into 64 bits; send it as text", 2)
  end
  text = text:gsub("^(%-?)0+", "%1")
  local known = integers[text]
  if not known then
    known = setmetatable({ digits = text }, Integer)
    integers[text] = known
  end
  return known
end

-- An extension of MessagePack, as another component may have sent it.
local Extension = { __name = "MessagePack extension" }

function _M.extension(kind, data)
  return setmetatable({ type = kind, data = data }, Extension)
end

_M.List, _M.Map = List, Map

-- Text ----------------------------------------------------------------------------------------------------------------

--- Where the first byte stands that no UTF-8 has there; nil when there is none.
local function first_bad_byte(text)
  if utf8_length then
    local length, at = utf8_length(text)
    if length == #text then
      return nil
    elseif length then
      return find(text, "\237[\160-\191]") -- half of a surrogate pair; Lua 5.3 lets it pass
    end
    return at
  end
  local at = find(text, "[\128-\255]")
  while at do
    local to = select(2, find(text, "^[\194-\223][\128-\191]", at))
      or select(2, find(text, "^\224[\160-\191][\128-\191]", at))
      or select(2, find(text, "^[\225-\236\238\239][\128-\191][\128-\191]", at))
      or select(2, find(text, "^\237[\128-\159][\128-\191]", at))
      or select(2, find(text, "^\240[\144-\191][\128-\191][\128-\191]", at))
      or select(2, find(text, "^[\241-\243][\128-\191][\128-\191][\128-\191]", at))
      or select(2, find(text, "^\244[\128-\143][\128-\191][\128-\191]", at))
    if not to then
      return at
    end
    at = find(text, "[\128-\255]", to + 1)
  end
  return nil
end

local function bad_text(text)
  if #text > LONG_TEXT then
    return format("the text has %d bytes, more than %d", #text, LONG_TEXT)
  end
  local at
  if utf8_length then
    at = first_bad_byte(text)
  else
    at = find(text, "[\128-\255]") and first_bad_byte(text)
  end
  if not at then
    return nil
  elseif find(text, "^\237[\160-\191][\128-\191]", at) then
    local _, second, third = text:byte(at, at + 2)
    local point = 0xd000 + (second - 128) * 64 + third - 128
    return format(
      "the text holds U+%04X at byte %d, half of a surrogate pair, which UTF-8 has no bytes for",
      point,
      at
    )
  end
  return format("the text is not UTF-8 from byte %d on; decode it, or use base64", at)
end

--- Whether text can be sent as it is.
function _M.is_text(text)
  return bad_text(text) == nil
end

--- The text with `?` for whatever is no UTF-8, for people to read.
function _M.readable(text)
  local at = find(text, "[\128-\255]") and first_bad_byte(text)
  while at do
    text = text:sub(1, at - 1) .. "?" .. text:sub(at + 1)
    at = first_bad_byte(text)
  end
  return text
end

-- Encoding ------------------------------------------------------------------------------------------------------------

local HINTS = {
  ["function"] = "call it, and send what it returns",
  thread = "send what it yields",
  ["nil"] = "send stormhost.null",
}

local function kind_of(value)
  local meta = getmetatable(value)
  return type(meta) == "table" and type(meta.__name) == "string" and meta.__name or type(value)
end

local function is_row(value)
  local meta = getmetatable(value)
  return type(meta) == "table" and rawget(meta, "stormhost_row") ~= nil
end
_M.is_row = is_row

--- Whether a table is to be sent as a list; nil when it is neither a list nor a map.
-- What is empty and not marked is a list.
local function is_list(value)
  local meta = getmetatable(value)
  if meta == List then
    return true
  elseif meta == Map then
    return false
  elseif meta == Integer or meta == Extension or value == null then
    return nil
  elseif is_row(value) then
    return true
  end
  return rawget(value, 1) ~= nil or next(value) == nil
end
_M.is_list = is_list

--- How many values a list has. Raises nothing: a list with holes is seen when its values are.
local function length_of(value)
  local meta = getmetatable(value)
  if is_row(value) then
    return #meta.fields
  end
  local last = #value
  for key in next, value do -- a hole may hide what stands behind it
    if type(key) == "number" and key > last and key % 1 == 0 then
      last = key
    end
  end
  return last
end
_M.length_of = length_of

--- A function from a value to its bytes, or nil and the reason why it cannot be sent.
-- `codec` has functions for each kind of value (see `_json` and `_msgpack`).
function _M.encoder(codec)
  local encode

  local function list(value, depth)
    local parts = {}
    local count = length_of(value)
    for position = 1, count do
      local part, reason = encode(value[position], depth + 1)
      if not part then
        if value[position] == nil then
          reason = format("item %d of the list is nil; send stormhost.null", position)
        end
        return nil, reason
      end
      parts[position] = part
    end
    return codec.list(parts, count)
  end

  local function map(value, depth)
    local parts, count = {}, 0
    for key, item in next, value do
      if type(key) ~= "string" then
        return nil, format("a map's keys must be text, %s is not; use tostring(…)", tostring(key))
      end
      local reason = bad_text(key)
      if reason then
        return nil, reason
      end
      local part
      part, reason = encode(item, depth + 1)
      if not part then
        return nil, reason
      end
      parts[count + 1] = codec.text(key)
      parts[count + 2] = part
      count = count + 2
    end
    return codec.map(parts, count / 2)
  end

  function encode(value, depth)
    local kind = type(value)
    if kind == "string" then
      local reason = bad_text(value)
      if reason then
        return nil, reason
      end
      return codec.text(value)
    elseif kind == "number" then
      if math_type then
        if math_type(value) == "integer" then
          return codec.integer(value)
        end
      elseif value % 1 == 0 and value >= -EXACT and value <= EXACT and (value ~= 0 or 1 / value > 0) then
        return codec.integer(value)
      end
      if value - value ~= 0 then
        return nil, format("%s is not a finite number; send stormhost.null instead", tostring(value):gsub("^%-nan", "nan"))
      end
      return codec.float(value)
    elseif kind == "boolean" then
      return value and codec.yes or codec.no
    elseif kind == "table" then
      if value == null then
        return codec.null
      end
      local listed = is_list(value)
      if listed == nil then
        if getmetatable(value) == Integer then
          return codec.digits(value.digits)
        end
        return nil, "a value of type " .. kind_of(value) .. " cannot be sent; send text or numbers"
      end
      depth = depth or 0
      if depth >= MAX_DEPTH then
        return nil, format("it is nested deeper than %d levels, or contains itself", MAX_DEPTH)
      end
      if listed then
        return list(value, depth)
      end
      return map(value, depth)
    elseif kind == "cdata" then
      -- LuaJIT's own integers of 64 bits.
      local digits = tostring(value):match("^(%-?%d+)U?LL$")
      if digits then
        return codec.digits(digits)
      end
    end
    local hint = HINTS[kind] or "send null, a boolean, number, string, list or map"
    return nil, format("a value of type %s cannot be sent; %s", kind_of(value), hint)
  end

  return encode
end

-- Rows ----------------------------------------------------------------------------------------------------------------

--- The same complaint, with the name of the field in front.
function _M.at_field(reason, field, stream)
  return format("field '%s' of stream '%s': %s [SH0604]", field, stream, reason)
end

--- The complaint about a row of the wrong length.
function _M.wrong_count(values, fields, stream)
  local names = #fields > 0 and concat(fields, ", ") or "no fields"
  local got
  if type(values) == "table" and is_list(values) then
    local count = length_of(values)
    got = format("%d value%s", count, count == 1 and "" or "s")
  else
    got = "a bare " .. (type(values) == "table" and is_list(values) == false and "map" or kind_of(values))
  end
  return format("stream '%s' has %d field%s (%s), got %s [SH0602]", stream, #fields, #fields == 1 and "" or "s", names, got)
end

--- Whether `values` is a row rather than a bare value.
function _M.is_whole_row(values)
  return type(values) == "table" and is_list(values) == true
end

--- The values of one emit, one a field, as bytes; else nil and the reason.
-- A list is always the row; anything else is a bare value, allowed where the stream has one field.
function _M.encode_row(encode, values, fields, stream)
  local width = #fields
  if not _M.is_whole_row(values) then
    if width == 0 and values == nil then
      return {}
    elseif width ~= 1 then
      return nil, _M.wrong_count(values, fields, stream)
    end
    local part, reason = encode(values)
    if not part then
      return nil, _M.at_field(reason, fields[1], stream)
    end
    return { part }
  end
  local length = length_of(values)
  if length ~= width then
    return nil, _M.wrong_count(values, fields, stream)
  end
  local parts = {}
  for position = 1, width do
    local part, reason = encode(values[position])
    if not part then
      return nil, _M.at_field(reason, fields[position], stream)
    end
    parts[position] = part
  end
  return parts
end

--- The complaint about a stream that the component has not declared.
function _M.unknown_stream(stream, known)
  local have = #known > 0 and concat(known, ", ") or "none; add fields or streams to its class"
  return format("stream '%s' is not declared by this component; declared: %s [SH0601]", tostring(stream), have)
end

--- A copy of plain data, as it would arrive: for tests, and for what is kept to be emitted again.
function _M.copy(value)
  if type(value) ~= "table" or is_list(value) == nil then
    return value
  end
  if is_row(value) then
    local copied = {}
    for position = 1, length_of(value) do
      copied[position] = value[position]
    end
    return copied
  end
  local copied = setmetatable({}, getmetatable(value))
  for key, item in next, value do
    copied[key] = _M.copy(item)
  end
  return copied
end

--- A value in words, for messages.
function _M.shown(value)
  local kind = type(value)
  if kind == "string" then
    return format("%q", _M.readable(value))
  elseif kind ~= "table" or is_list(value) == nil then
    return tostring(value)
  end
  local parts = {}
  if is_list(value) then
    for position = 1, math.min(length_of(value), 20) do
      parts[position] = _M.shown(value[position])
    end
  else
    for key, item in next, value do
      parts[#parts + 1] = tostring(key) .. " = " .. _M.shown(item)
    end
    table.sort(parts)
  end
  return "{" .. concat(parts, ", ") .. "}"
end

return _M
