--- JSON: the setup object, messages, the Storm dialect, and columns where the host offers nothing else.

local bytes = require("stormhost._bytes")
local values = require("stormhost._values")

local find, sub, byte, format, gsub, concat = string.find, string.sub, string.byte, string.format, string.gsub, table.concat
local tonumber, setmetatable = tonumber, setmetatable
local List, Map, null = values.List, values.Map, values.null

local _M = { encoding = "json", null = "null", no = "false", yes = "true" }

-- Encoding ------------------------------------------------------------------------------------------------------------

local ESCAPES = { ['"'] = '\\"', ["\\"] = "\\\\", ["\b"] = "\\b", ["\f"] = "\\f", ["\n"] = "\\n", ["\r"] = "\\r", ["\t"] = "\\t" }
for code = 0, 31 do
  local letter = string.char(code)
  ESCAPES[letter] = ESCAPES[letter] or format("\\u%04x", code)
end

function _M.text(text)
  if find(text, '[%c"\\]') then
    text = gsub(text, '[%c"\\]', ESCAPES)
  end
  return '"' .. text .. '"'
end

function _M.integer(number)
  return format("%d", number)
end

function _M.float(number)
  local text = format("%.15g", number)
  if tonumber(text) ~= number then
    text = format("%.17g", number)
  end
  -- A float stays one, even if it is whole.
  return find(text, "[.e]") and text or text .. ".0"
end

function _M.digits(digits)
  return digits
end

function _M.list(parts, count)
  return "[" .. concat(parts, ",", 1, count) .. "]"
end

function _M.map(parts, count)
  local members = {}
  for position = 1, count do
    members[position] = parts[2 * position - 1] .. ":" .. parts[2 * position]
  end
  return "{" .. concat(members, ",") .. "}"
end

_M.column = _M.list
-- Where Lua has integers they stand in a column as they are, since `concat` writes them so.
_M.numeric = { most = math.maxinteger, offset = 0 }

local encode = values.encoder(_M)

--- A value as JSON on one line. Raises an error for what JSON cannot say.
function _M.encode(value)
  local text, reason = encode(value)
  if not text then
    error(reason, 2)
  end
  return text
end

-- Decoding ------------------------------------------------------------------------------------------------------------

local decode

local function wrong(data, at)
  error(format("not JSON from byte %d: %s", at, sub(data, at, at + 39)), 0)
end

local function utf8_of(point)
  local char = string.char
  if point < 0x80 then
    return char(point)
  elseif point < 0x800 then
    return char(0xc0 + bytes.shift(point, 6), 0x80 + point % 64)
  elseif point < 0x10000 then
    return char(0xe0 + bytes.shift(point, 12), 0x80 + bytes.shift(point, 6) % 64, 0x80 + point % 64)
  end
  return char(
    0xf0 + bytes.shift(point, 18),
    0x80 + bytes.shift(point, 12) % 64,
    0x80 + bytes.shift(point, 6) % 64,
    0x80 + point % 64
  )
end

local UNESCAPED = { b = "\b", f = "\f", n = "\n", r = "\r", t = "\t", ['"'] = '"', ["\\"] = "\\", ["/"] = "/" }

local function escaped_text(data, at)
  local parts = {}
  while true do
    local stop = find(data, '["\\]', at)
    if not stop then
      wrong(data, at)
    end
    parts[#parts + 1] = sub(data, at, stop - 1)
    if byte(data, stop) == 34 then
      return concat(parts), stop + 1
    end
    local letter = sub(data, stop + 1, stop + 1)
    if letter == "u" then
      local point = tonumber(data:match("^%x%x%x%x", stop + 2) or wrong(data, stop), 16)
      at = stop + 6
      if point >= 0xd800 and point < 0xdc00 then
        local second = data:match("^\\u([dD][c-fC-F]%x%x)", at)
        if second then
          point = 0x10000 + (point - 0xd800) * 1024 + tonumber(second, 16) - 0xdc00
          at = at + 6
        end
      end
      parts[#parts + 1] = utf8_of(point)
    else
      parts[#parts + 1] = UNESCAPED[letter] or wrong(data, stop)
      at = stop + 2
    end
  end
end

local function text_at(data, at)
  local stop = find(data, '["\\]', at)
  if not stop then
    wrong(data, at)
  elseif byte(data, stop) == 34 then
    return sub(data, at, stop - 1), stop + 1
  end
  return escaped_text(data, at)
end

local function number_at(data, at)
  local stop = select(2, find(data, "^-?%d[%d.eE+-]*", at))
  local text = stop and sub(data, at, stop) or wrong(data, at)
  if find(text, "[.eE]") then
    return (tonumber(text) or wrong(data, at)) * 1.0, stop + 1
  end
  if #text < 16 then
    return tonumber(text) or wrong(data, at), stop + 1
  end
  return values.integer(text), stop + 1
end

local function blank(data, at)
  return find(data, "[^ \t\r\n]", at) or #data + 1
end

--- Reads up to the closing bracket; returns the items and where it goes on.
local function items_at(data, at)
  local list, count = {}, 0
  at = blank(data, at)
  if byte(data, at) == 93 then
    return list, at + 1, 0
  end
  while true do
    count = count + 1
    if byte(data, at) == 34 then
      list[count], at = text_at(data, at + 1)
    else
      list[count], at = decode(data, at)
    end
    local next_byte = byte(data, at)
    if next_byte ~= 44 and next_byte ~= 93 then
      at = blank(data, at)
      next_byte = byte(data, at)
    end
    if next_byte == 93 then
      return list, at + 1, count
    elseif next_byte ~= 44 then
      wrong(data, at)
    end
    at = blank(data, at + 1)
  end
end

local function map_at(data, at)
  local map = setmetatable({}, Map)
  at = blank(data, at)
  if byte(data, at) == 125 then
    return map, at + 1
  end
  while true do
    if byte(data, at) ~= 34 then
      wrong(data, at)
    end
    local key
    key, at = text_at(data, at + 1)
    at = blank(data, at)
    if byte(data, at) ~= 58 then
      wrong(data, at)
    end
    map[key], at = decode(data, at + 1)
    at = blank(data, at)
    local next_byte = byte(data, at)
    if next_byte == 125 then
      return map, at + 1
    elseif next_byte ~= 44 then
      wrong(data, at)
    end
    at = blank(data, at + 1)
  end
end

local WORDS = { n = { "null", null }, t = { "true", true }, f = { "false", false } }

function decode(data, at)
  at = blank(data, at)
  local first = byte(data, at)
  if first == 34 then
    return text_at(data, at + 1)
  elseif first == 123 then
    return map_at(data, at + 1)
  elseif first == 91 then
    local list, after = items_at(data, at + 1)
    return setmetatable(list, List), after
  end
  local word = WORDS[sub(data, at, at)]
  if word and sub(data, at, at + #word[1] - 1) == word[1] then
    return word[2], at + #word[1]
  end
  return number_at(data, at)
end

--- The value of a complete JSON text. Raises an error when it is none.
function _M.decode(data)
  local value, at = decode(data, 1)
  if blank(data, at) <= #data then
    wrong(data, at)
  end
  return value
end

--- The values of the column that begins at `at`, and how many they are.
function _M.decode_column(data, at)
  if byte(data, at) ~= 91 then
    error("a column is no JSON array", 0)
  end
  local column, _, count = items_at(data, at + 1)
  return column, count
end

return _M
