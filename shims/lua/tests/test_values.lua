--- Values to bytes and back, in both encodings; and what is refused.

local bytes = require("stormhost._bytes")
local expect = require("expect")
local json = require("stormhost._json")
local msgpack = require("stormhost._msgpack")
local values = require("stormhost._values")

local list, map, null, integer = values.list, values.map, values.null, values.integer
local CODECS = { json, msgpack }

local tests = {}

local function there_and_back(codec, value)
  local part, reason = values.encoder(codec)(value)
  if not part then
    error(codec.encoding .. ": " .. reason, 2)
  end
  local column, count = codec.decode_column(codec.column({ part, part }, 2), 1)
  expect.equal(count, 2)
  expect.equal(column[1], column[2])
  return column[1]
end

local function exact(value)
  for _, codec in ipairs(CODECS) do
    expect.equal(there_and_back(codec, value), value, codec.encoding)
  end
end

-- A generator with a fixed seed, the same in every Lua.
local function random(seed)
  return function(count)
    seed = (seed * 16807) % 2147483647
    return seed % count
  end
end

local function character(next_random)
  local kinds = {
    function()
      return string.char(next_random(128))
    end,
    function()
      return string.char(194 + next_random(30), 128 + next_random(64))
    end,
    function()
      return string.char(225 + next_random(12), 128 + next_random(64), 128 + next_random(64))
    end,
    function()
      return string.char(241 + next_random(3), 128 + next_random(64), 128 + next_random(64), 128 + next_random(64))
    end,
  }
  return kinds[next_random(4) + 1]()
end

local function text(next_random, length)
  local parts = {}
  for position = 1, next_random(length) do
    parts[position] = character(next_random)
  end
  return table.concat(parts)
end

local function value_of(next_random, depth)
  local kind = next_random(depth > 3 and 6 or 8)
  if kind == 0 then
    return null
  elseif kind == 1 then
    return next_random(2) == 0
  elseif kind == 2 then
    return next_random(1000) - 500
  elseif kind == 3 then
    local digits = ("%d%09d"):format(next_random(1000000000), next_random(1000000000))
    return integer((next_random(2) == 0 and "-" or "") .. digits)
  elseif kind == 4 then
    return (next_random(2147483647) + 0.5) * 2.0 ^ (next_random(1800) - 900)
  elseif kind == 5 then
    return text(next_random, 60)
  elseif kind == 6 then
    local made = list({})
    for position = 1, next_random(20) do
      made[position] = value_of(next_random, depth + 1)
    end
    return made
  end
  local made = map({})
  for _ = 1, next_random(20) do
    made[text(next_random, 20)] = value_of(next_random, depth + 1)
  end
  return made
end

function tests.any_value_comes_back()
  local next_random = random(tonumber(os.getenv("STORMHOST_SEED") or 7))
  for _ = 1, 500 do
    exact(value_of(next_random, 0))
  end
end

function tests.edges_come_back()
  for _, value in ipairs({
    0, 1, -1, 23, 31, 32, -32, -33, 127, 128, -128, -129, 255, 256, 32767, -32768, -32769, 65535, 65536,
    2147483647, -2147483648, -2147483649, 4294967295, 4294967296, 9007199254740992, -9007199254740992,
    integer("9007199254740993"), integer("-9007199254740993"), integer("9223372036854775807"),
    integer("-9223372036854775808"), integer("9223372036854775808"), integer("18446744073709551615"),
    0.5, -0.5, 0.1, 1 / 3, 1e300, -1e-300, 5e-324, 2.2250738585072014e-308, 1.7976931348623157e308, 2.0 ^ 70,
    true, false, null, "", "word", "é€😀", 'quote " back \\ slash /', "tab\t nul \0 line\n \127",
    ("x"):rep(31), ("x"):rep(32), ("x"):rep(255), ("x"):rep(256), ("x"):rep(65535), ("x"):rep(65536),
  }) do
    exact(value)
  end
end

function tests.columns_of_every_length_come_back()
  for _, codec in ipairs(CODECS) do
    for _, count in ipairs({ 0, 1, 15, 16, 17, 255, 256, 4096, 65535, 65536 }) do
      local parts = {}
      for position = 1, count do
        parts[position] = codec.text("w" .. position)
      end
      local column, length = codec.decode_column(codec.column(parts, count), 1)
      expect.equal(length, count)
      expect.equal(column[count], count > 0 and "w" .. count or nil)
    end
  end
end

function tests.a_float_stays_a_float()
  if math.type then
    exact(1.0)
    exact(-0.0)
    exact(1e15)
  end
  for _, codec in ipairs(CODECS) do
    local zero = there_and_back(codec, -0.0)
    assert(1 / zero < 0, codec.encoding .. ": the sign of zero is lost")
  end
end

function tests.whole_numbers_are_integers_on_the_wire_where_all_numbers_are_floats()
  expect.equal(json.encode(3), "3")
  expect.equal(json.encode(2.5), "2.5")
  if not math.type then
    expect.equal(json.encode(9007199254740992), "9007199254740992")
  else
    expect.equal(json.encode(3.0), "3.0")
  end
end

function tests.lists_and_maps_keep_their_kind()
  for _, codec in ipairs(CODECS) do
    for _, made in ipairs({ list({}), map({}), list({ map({}), list({}) }), map({ a = list({}), b = map({}) }) }) do
      local back = there_and_back(codec, made)
      expect.equal(values.is_list(back), values.is_list(made))
      expect.equal(json.encode(back), json.encode(made))
    end
    expect.equal(values.is_list(there_and_back(codec, {})), true)
    expect.equal(there_and_back(codec, { a = 1 }), { a = 1 })
  end
end

function tests.equal_integers_are_one_object()
  assert(integer("18446744073709551615") == integer("0018446744073709551615"))
  expect.equal(tostring(integer("18446744073709551615")), "18446744073709551615")
  local counts = { [integer("18446744073709551615")] = 1 }
  expect.equal(counts[integer("18446744073709551615")], 1)
  expect.equal(integer("12"), 12)
end

function tests.what_integer_refuses()
  expect.raises("does not fit into 64 bits; send it as text", integer, "18446744073709551616")
  expect.raises("does not fit into 64 bits", integer, "-9223372036854775809")
  expect.raises("takes decimal digits", integer, "1.5")
  expect.raises("takes decimal digits", integer, 5)
end

function tests.what_is_refused()
  local deep = {}
  deep.again = deep
  local holed = { 1, nil, 3 }
  for reason, value in next, {
    ["nan is not a finite number; send stormhost.null instead"] = 0 / 0,
    ["inf is not a finite number; send stormhost.null instead"] = math.huge,
    ["the text is not UTF-8 from byte 3 on; decode it, or use base64"] = "ok\255",
    ["the text holds U+D800 at byte 2, half of a surrogate pair, which UTF-8 has no bytes for"] = "a\237\160\128",
    ["a value of type function cannot be sent; call it, and send what it returns"] = print,
    ["a value of type thread cannot be sent; send what it yields"] = coroutine.create(print),
    [("a value of type %s cannot be sent; send null, a boolean, number, string, list or map"):format(
      math.type and "FILE*" or "userdata"
    )] = io.stderr,
    ["a value of type MessagePack extension cannot be sent; send text or numbers"] = values.extension(5, "ab"),
    ["a map's keys must be text, 7 is not; use tostring(…)"] = { [7] = 1, a = 2 },
    ["a map's keys must be text, true is not; use tostring(…)"] = map({ [true] = 1 }),
    ["item 2 of the list is nil; send stormhost.null"] = holed,
    ["it is nested deeper than 120 levels, or contains itself"] = deep,
    ["the text has 33554433 bytes, more than 33554432"] = ("x"):rep(33554433),
  } do
    for _, codec in ipairs(CODECS) do
      local part, got = values.encoder(codec)(value)
      expect.equal(part, nil)
      expect.equal((got:gsub("^%-", "")), reason)
    end
  end
end

function tests.every_wrong_utf8_is_found()
  local encode = values.encoder(json)
  for _, wrong in ipairs({
    "\128", "\191", "\192\128", "\193\191", "\194", "\194\65", "\224\128\128", "\224\160", "\237\160\128",
    "\237\191\191", "\240\128\128\128", "\240\144\128", "\244\144\128\128", "\245\128\128\128", "\255", "\254",
  }) do
    for _, text_around in ipairs({ wrong, "é" .. wrong, wrong .. "é", "a" .. wrong .. "b" }) do
      expect.equal(encode(text_around), nil)
      assert(encode(values.readable(text_around)), "what is readable can be sent")
    end
  end
end

function tests.messagepack_of_others_is_read()
  for text_of, wanted in next, {
    ["\204\200"] = 200,
    ["\205\1\0"] = 256,
    ["\206\0\1\0\0"] = 65536,
    ["\207\0\0\0\0\0\0\0\5"] = 5,
    ["\208\128"] = -128,
    ["\209\255\127"] = -129,
    ["\210\255\255\127\255"] = -32769,
    ["\211\255\255\255\255\255\255\255\255"] = -1,
    ["\202\63\192\0\0"] = 1.5,
    ["\217\2ab"] = "ab",
    ["\218\0\2ab"] = "ab",
    ["\219\0\0\0\2ab"] = "ab",
    ["\196\2ab"] = "ab",
    ["\220\0\1\5"] = { 5 },
    ["\221\0\0\0\1\5"] = { 5 },
    ["\222\0\1\161a\5"] = { a = 5 },
    ["\223\0\0\0\1\161a\5"] = { a = 5 },
    ["\213\5ab"] = { type = 5, data = "ab" },
    ["\199\3\5abc"] = { type = 5, data = "abc" },
  } do
    local value, at = msgpack.decode(text_of, 1)
    expect.equal(value, wanted)
    expect.equal(at, #text_of + 1)
  end
  expect.raises("cut short", msgpack.decode, "\146\1", 1)
  expect.raises("no MessagePack begins with byte 193", msgpack.decode, "\193", 1)
end

function tests.json_of_others_is_read()
  for text_of, wanted in next, {
    [' { "a" : [ 1 , 2.5 , null , true , false , "\\u00e9\\ud83d\\ude00\\n\\/" ] , "b" : { } } '] = {
      a = { 1, 2.5, null, true, false, "é😀\n/" },
      b = {},
    },
    ["[]"] = {},
    ["-12"] = -12,
    ["1e2"] = 100.0,
    ["123456789012345678"] = integer("123456789012345678"),
  } do
    expect.equal(json.decode(text_of), wanted)
  end
  for _, wrong in ipairs({ "", "[1", "[1,]", "{1:2}", '"a', '"\\x"', "nul", "[1] 2", "{'a':1}", "-", "+1", '"\\u12"' }) do
    expect.raises("not JSON from byte", json.decode, wrong)
  end
end

function tests.numbers_of_frames()
  for _, number in ipairs({ 0, 1, 255, 256, 65535 }) do
    expect.equal(bytes.read_u16(bytes.u16(number), 1), number)
  end
  for _, number in ipairs({ 0, 65536, 4294967295 }) do
    expect.equal(bytes.read_u32("xx" .. bytes.u32(number), 3), number)
  end
  for _, number in ipairs({ 0, 4294967296, 9007199254740991 }) do
    expect.equal(bytes.read_u64(bytes.u64(number), 1), number)
  end
  local numbers = {}
  for position = 1, 1000 do
    numbers[position] = position * 3
  end
  local packed = bytes.u32s(numbers, 777)
  expect.equal(#packed, 4 * 777)
  expect.equal(bytes.read_u32(packed, 4 * 776 + 1), 777 * 3)
  expect.equal(#bytes.u64s(numbers, 0), 0)
end

return tests
