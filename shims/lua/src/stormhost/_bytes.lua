--- Numbers as bytes: little-endian for frames, big-endian for MessagePack.
-- Lua 5.3 and newer have `string.pack`; for LuaJIT the same is done by arithmetic, which its compiler is good at.

local char, byte, sub, rep, concat = string.char, string.byte, string.sub, string.rep, table.concat
local floor, huge = math.floor, math.huge
local unpack = table.unpack or unpack

local _M = {}

-- As many numbers go through one call; more would not fit on the stack of an old Lua.
local CHUNK = 100

--- The digits of an unsigned number of 64 bits, given in halves.
function _M.digits(high, low)
  local groups = {}
  repeat
    local rest = (high % 1000000) * 4294967296 + low
    high = floor(high / 1000000)
    low = floor(rest / 1000000)
    local group = rest % 1000000
    local last = high == 0 and low == 0
    table.insert(groups, 1, string.format(last and "%d" or "%06d", group))
  until last
  return concat(groups)
end

--- The halves of an unsigned number of 64 bits, given as decimal digits; nil when it does not fit.
function _M.halves(digits)
  local high, low = 0, 0
  for position = 1, #digits do
    low = low * 10 + (byte(digits, position) - 48)
    local carried = floor(low / 4294967296)
    low = low % 4294967296
    high = high * 10 + carried
    if high >= 4294967296 then
      return nil
    end
  end
  return high, low
end

if string.pack then
  local pack, unpack_one = string.pack, string.unpack

  function _M.u16(number)
    return pack("<I2", number)
  end

  function _M.u32(number)
    return pack("<I4", number)
  end

  function _M.u64(number)
    return pack("<I8", number)
  end

  function _M.read_u16(data, at)
    return (unpack_one("<I2", data, at))
  end

  function _M.read_u32(data, at)
    return (unpack_one("<I4", data, at))
  end

  function _M.read_u64(data, at)
    return (unpack_one("<i8", data, at))
  end

  -- A function that packs the first `count` numbers of a list; `other(list, from, to)` packs a stretch that holds something else.
  local function many(order, format, other)
    local formats = {}
    return function(list, count)
      local pieces = {}
      for from = 1, count, CHUNK do
        local to = from + CHUNK - 1
        if to > count then
          to = count
        end
        local size = to - from + 1
        local whole = formats[size]
        if not whole then
          whole = order .. rep(format, size)
          formats[size] = whole
        end
        if other then
          local well, packed = pcall(pack, whole, unpack(list, from, to))
          pieces[#pieces + 1] = well and packed or other(list, from, to)
        else
          pieces[#pieces + 1] = pack(whole, unpack(list, from, to))
        end
      end
      return concat(pieces)
    end
  end

  _M.u32s = many("<", "I4")
  _M.u64s = many("<", "I8")

  --- Numbers of five bytes, big-endian, among text that stays as it is. No text may be what Lua takes for a number.
  _M.fives = many(">", "I5", function(list, from, to)
    local pieces = {}
    for position = from, to do
      local each = list[position]
      pieces[position - from + 1] = math.type(each) and pack(">I5", each) or each
    end
    return concat(pieces)
  end)

  --- Bytes of an integer for MessagePack, shortest form first.
  function _M.big_integer(number)
    if number >= 0 then
      if number < 0x100 then
        return pack(">BB", 0xcc, number)
      elseif number < 0x10000 then
        return pack(">BI2", 0xcd, number)
      elseif number < 0x100000000 then
        return pack(">BI4", 0xce, number)
      end
      return pack(">BI8", 0xcf, number)
    elseif number >= -0x80 then
      return pack(">Bi1", 0xd0, number)
    elseif number >= -0x8000 then
      return pack(">Bi2", 0xd1, number)
    elseif number >= -0x80000000 then
      return pack(">Bi4", 0xd2, number)
    end
    return pack(">Bi8", 0xd3, number)
  end

  function _M.big_double(number)
    return pack(">d", number)
  end

  function _M.read_big_double(data, at)
    return (unpack_one(">d", data, at))
  end

  function _M.read_big_float(data, at)
    return (unpack_one(">f", data, at))
  end
else
  local function low_bytes(number, count)
    local bytes = {}
    for position = 1, count do
      bytes[position] = number % 256
      number = floor(number / 256)
    end
    return unpack(bytes)
  end

  function _M.u16(number)
    return char(number % 256, floor(number / 256))
  end

  local function u32(number)
    return char(
      number % 256,
      floor(number / 256) % 256,
      floor(number / 65536) % 256,
      floor(number / 16777216)
    )
  end
  _M.u32 = u32

  local function u64(number)
    return u32(number % 4294967296) .. u32(floor(number / 4294967296))
  end
  _M.u64 = u64

  function _M.read_u16(data, at)
    local a, b = byte(data, at, at + 1)
    return a + b * 256
  end

  local function read_u32(data, at)
    local a, b, c, d = byte(data, at, at + 3)
    return a + b * 256 + c * 65536 + d * 16777216
  end
  _M.read_u32 = read_u32

  function _M.read_u64(data, at)
    return read_u32(data, at) + read_u32(data, at + 4) * 4294967296
  end

  local function many(one)
    return function(list, count)
      local pieces = {}
      for position = 1, count do
        pieces[position] = one(list[position])
      end
      return concat(pieces)
    end
  end

  _M.u32s = many(u32)
  _M.u64s = many(u64)

  local function big(number, count)
    return string.reverse(char(low_bytes(number, count)))
  end

  function _M.big_integer(number)
    if number >= 0 then
      if number < 0x100 then
        return char(204, number)
      elseif number < 0x10000 then
        return char(205, floor(number / 256), number % 256)
      elseif number < 0x100000000 then
        return "\206" .. big(number, 4)
      end
      return "\207" .. big(floor(number / 4294967296), 4) .. big(number % 4294967296, 4)
    elseif number >= -0x80 then
      return "\208" .. big(number + 0x100, 1)
    elseif number >= -0x8000 then
      return "\209" .. big(number + 0x10000, 2)
    elseif number >= -0x80000000 then
      return "\210" .. big(number + 0x100000000, 4)
    end
    return "\211" .. big(floor(number / 4294967296) + 4294967296, 4) .. big(number % 4294967296, 4)
  end

  function _M.big_double(number)
    local sign = 0
    if number < 0 or 1 / number < 0 then
      sign, number = 128, -number
    end
    if number == 0 then
      return char(sign, 0, 0, 0, 0, 0, 0, 0)
    end
    local fraction, exponent = math.frexp(number)
    local biased = exponent + 1022
    if biased <= 0 then -- too small for a leading one
      fraction, biased = math.ldexp(fraction, biased - 1), 0
    end
    -- 53 bits, of which the first is implied unless the number is that small.
    local bits = biased == 0 and fraction * 9007199254740992 or (fraction * 2 - 1) * 4503599627370496
    local high, low = floor(bits / 4294967296), bits % 4294967296
    local top = biased * 16 + floor(high / 65536)
    return char(sign + floor(top / 256), top % 256, floor(high / 256) % 256, high % 256) .. big(low, 4)
  end

  local function read_big_u32(data, at)
    local a, b, c, d = byte(data, at, at + 3)
    return a * 16777216 + b * 65536 + c * 256 + d
  end

  local function assemble(sign, exponent, fraction, bias, bits)
    local number
    if exponent == 2 * bias + 1 then
      number = fraction == 0 and huge or 0 / 0
    elseif exponent == 0 then
      number = math.ldexp(fraction, 1 - bias - bits)
    else
      number = math.ldexp(fraction + 2 ^ bits, exponent - bias - bits)
    end
    return sign == 1 and -number or number
  end

  function _M.read_big_double(data, at)
    local high, low = read_big_u32(data, at), read_big_u32(data, at + 4)
    local sign, exponent = floor(high / 2147483648), floor(high / 1048576) % 2048
    return assemble(sign, exponent, high % 1048576 * 4294967296 + low, 1023, 52)
  end

  function _M.read_big_float(data, at)
    local all = read_big_u32(data, at)
    return assemble(floor(all / 2147483648), floor(all / 8388608) % 256, all % 8388608, 127, 23)
  end
end

--- The number without its lowest `bits` bits.
function _M.shift(number, bits)
  return floor(number / 2 ^ bits)
end

--- An unsigned number of 8, 16 or 32 bits, big-endian.
function _M.read_big(data, at, size)
  local number = 0
  for position = at, at + size - 1 do
    number = number * 256 + byte(data, position)
  end
  return number
end

--- A length of 16 or 32 bits after its head byte, big-endian.
function _M.big_head(head, length, size)
  local bytes = {}
  for position = size, 1, -1 do
    bytes[position] = length % 256
    length = floor(length / 256)
  end
  return char(head, unpack(bytes))
end

--- Four bytes of each half, big-endian.
function _M.big_halves(high, low)
  return sub(_M.big_head(0, high, 4), 2) .. sub(_M.big_head(0, low, 4), 2)
end

return _M
