--- MessagePack, as far as the wire needs it: each value to bytes, and columns of values back.

local bytes = require("stormhost._bytes")
local values = require("stormhost._values")

local char, byte, sub, concat = string.char, string.byte, string.sub, table.concat
local big_head, big_integer, read_big = bytes.big_head, bytes.big_integer, bytes.read_big
local setmetatable = setmetatable
local List, Map, null = values.List, values.Map, values.null

local _M = { encoding = "msgpack", null = "\192", no = "\194", yes = "\195" }

-- Encoding ------------------------------------------------------------------------------------------------------------

local function head(short, limit, medium, length)
  if length < limit then
    return char(short + length)
  elseif length < 65536 then
    return big_head(medium, length, 2)
  end
  return big_head(medium + 1, length, 4)
end

-- What texts of up to 255 bytes begin with, by their length.
local HEADS = {}
for length = 0, 255 do
  HEADS[length] = length < 32 and char(160 + length) or char(217, length)
end

function _M.text(text)
  local begin = HEADS[#text] or head(0, 0, 218, #text)
  return begin .. text
end

function _M.integer(number)
  if number >= -32 and number < 128 then
    return char(number % 256)
  end
  return big_integer(number)
end

function _M.float(number)
  return "\203" .. bytes.big_double(number)
end

--- An integer of 64 bits by its digits.
function _M.digits(digits)
  local negative, rest = digits:match("^(%-?)(%d+)$")
  local high, low = bytes.halves(rest)
  if negative == "" then
    return "\207" .. bytes.big_halves(high, low)
  end
  if low == 0 then
    high = 4294967296 - high
  else
    high, low = 4294967295 - high, 4294967296 - low
  end
  return "\211" .. bytes.big_halves(high, low)
end

function _M.list(parts, count)
  return head(144, 16, 220, count) .. concat(parts, "", 1, count)
end

function _M.map(parts, count)
  return head(128, 16, 222, count) .. concat(parts, "", 1, 2 * count)
end

-- Where Lua has integers, those of up to 32 bits stand in a column as the number that their five bytes are.
_M.numeric = bytes.fives and { most = 4294967295, offset = 206 * 4294967296 }

--- A column: the first `count` of `parts`, each a value's bytes, or a number as above. `numbers`: whether there may be such.
function _M.column(parts, count, numbers)
  if numbers then
    return head(144, 16, 220, count) .. bytes.fives(parts, count)
  end
  return _M.list(parts, count)
end

-- Decoding ------------------------------------------------------------------------------------------------------------

local decode

local function text_at(data, at, length)
  return sub(data, at, at + length - 1), at + length
end

local function list_at(data, at, count)
  local list = {}
  for position = 1, count do
    list[position], at = decode(data, at)
  end
  return setmetatable(list, List), at
end

local function map_at(data, at, count)
  local map = {}
  for _ = 1, count do
    local key, value
    key, at = decode(data, at)
    value, at = decode(data, at)
    map[key] = value
  end
  return setmetatable(map, Map), at
end

local function unsigned(high, low)
  if high < 2097152 then -- exact as a float, and as an integer where there are such
    return high * 4294967296 + low
  end
  return values.integer(bytes.digits(high, low))
end

local function unsigned_64(data, at)
  return unsigned(read_big(data, at, 4), read_big(data, at + 4, 4)), at + 8
end

local function signed_64(data, at)
  local high, low = read_big(data, at, 4), read_big(data, at + 4, 4)
  if high < 2147483648 then
    return unsigned(high, low), at + 8
  end
  if low == 0 then
    high = 4294967296 - high
  else
    high, low = 4294967295 - high, 4294967296 - low
  end
  if high < 2097152 then
    return -(high * 4294967296 + low), at + 8
  end
  return values.integer("-" .. bytes.digits(high, low)), at + 8
end

local function sized(read, size)
  return function(data, at)
    return read(data, at + size, read_big(data, at, size))
  end
end

local function extension_at(data, at, length)
  return values.extension(byte(data, at), sub(data, at + 1, at + length)), at + 1 + length
end

local function fixed(length)
  return function(data, at)
    return extension_at(data, at, length)
  end
end

local function natural(size)
  return function(data, at)
    return read_big(data, at, size), at + size
  end
end

local function whole(size)
  local half, all = 2 ^ (8 * size - 1), 2 ^ (8 * size)
  if math.type then
    half, all = math.tointeger(half), math.tointeger(all)
  end
  return function(data, at)
    local number = read_big(data, at, size)
    return number < half and number or number - all, at + size
  end
end

-- By head byte, for those that are no small integer, text, list or map.
local READERS = {
  [192] = function(_, at)
    return null, at
  end,
  [194] = function(_, at)
    return false, at
  end,
  [195] = function(_, at)
    return true, at
  end,
  [196] = sized(text_at, 1),
  [197] = sized(text_at, 2),
  [198] = sized(text_at, 4),
  [199] = sized(extension_at, 1),
  [200] = sized(extension_at, 2),
  [201] = sized(extension_at, 4),
  [202] = function(data, at)
    return bytes.read_big_float(data, at), at + 4
  end,
  [203] = function(data, at)
    return bytes.read_big_double(data, at), at + 8
  end,
  [204] = natural(1),
  [205] = natural(2),
  [206] = natural(4),
  [207] = unsigned_64,
  [208] = whole(1),
  [209] = whole(2),
  [210] = whole(4),
  [211] = signed_64,
  [212] = fixed(1),
  [213] = fixed(2),
  [214] = fixed(4),
  [215] = fixed(8),
  [216] = fixed(16),
  [217] = sized(text_at, 1),
  [218] = sized(text_at, 2),
  [219] = sized(text_at, 4),
  [220] = sized(list_at, 2),
  [221] = sized(list_at, 4),
  [222] = sized(map_at, 2),
  [223] = sized(map_at, 4),
}

--- The value that begins at `at`, and where the next one does.
function decode(data, at)
  local first = byte(data, at)
  if not first then
    error("the MessagePack text is cut short", 0)
  elseif first < 128 then
    return first, at + 1
  elseif first >= 224 then
    return first - 256, at + 1
  elseif first < 144 then
    return map_at(data, at + 1, first - 128)
  elseif first < 160 then
    return list_at(data, at + 1, first - 144)
  elseif first < 192 then
    return text_at(data, at + 1, first - 160)
  end
  local read = READERS[first]
  if not read then
    error("no MessagePack begins with byte " .. first, 0)
  end
  return read(data, at + 1)
end
_M.decode = decode

--- The values of the column that begins at `at`, and how many they are.
function _M.decode_column(data, at)
  local first = byte(data, at)
  local count
  if first == 220 then
    count, at = read_big(data, at + 1, 2), at + 3
  elseif first == 221 then
    count, at = read_big(data, at + 1, 4), at + 5
  elseif first and first >= 144 and first < 160 then
    count, at = first - 144, at + 1
  else
    error("a column is no MessagePack array", 0)
  end
  local column = {}
  for position = 1, count do
    first = byte(data, at)
    if first and first >= 160 and first < 192 then -- short text, which is what most columns hold
      local last = at + first - 160
      column[position] = sub(data, at + 1, last)
      at = last + 1
    else
      column[position], at = decode(data, at)
    end
  end
  return column, count
end

return _M
