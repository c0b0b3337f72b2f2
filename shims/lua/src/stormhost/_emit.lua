--- The `emit` of a component that speaks frames. It runs once a tuple, so it is compiled to measure.
--
-- From one template come the component's `emit`, whose fast way is a row for the stream `default` without options, and
-- an *adder* for each stream, which the slower ways end in. Short text is found in a table together with its bytes, so
-- a word that comes again is neither checked nor encoded again.

local complain = require("stormhost._traceback").complain
local values_of = require("stormhost._values")

local load = loadstring or load
local format, concat = string.format, table.concat

local _M = {}

-- Text up to this length is remembered with its bytes; so many texts at a time.
local SHORT = 24
local REMEMBERED = 16384
-- So are integers from 1 up to this one. Not 0: as a key it would be taken for -0.0, which is a float.
local LOW = 16384
-- Functions of LuaJIT have 60 upvalues at most; wider rows go a slower way.
local MOST_COLUMNS = 30

--- What turns values into bytes for one child: `texts` by short text, `encode` for everything.
function _M.encoder(codec)
  local encode = values_of.encoder(codec)
  local texts, count = {}, 0

  local function remember(value, part)
    if count >= REMEMBERED then
      for text in next, texts do
        texts[text] = nil
      end
      count = 0
    end
    count = count + 1
    texts[value] = part
  end

  local function remembering(value)
    local part, reason = encode(value)
    if part and type(value) == "string" and #value <= SHORT then
      remember(value, part)
    end
    return part, reason
  end

  -- The bytes of what is text for sure; nil for text that cannot be sent.
  local text_of, is_text = codec.text, values_of.is_text
  local function text(value)
    if not is_text(value) then
      return nil
    end
    local part = text_of(value)
    if #value <= SHORT then
      remember(value, part)
    end
    return part
  end

  -- The bytes of what is an integer for sure; nil for all else.
  local math_type, integer_of, low = math.type, codec.integer, {}
  local function integer(value)
    -- Where Lua tells 5 from 5.0, both are one key all the same.
    if math_type and math_type(value) ~= "integer" then
      return nil
    end
    local part = low[value]
    if part then
      return part
    elseif value > 0 and value <= LOW and value % 1 == 0 then
      part = integer_of(value)
      low[value] = part
      return part
    end
    return math_type and integer_of(value)
  end

  return {
    texts = texts,
    low = low,
    integer = integer,
    text = text,
    encode = remembering,
    numeric = math_type and codec.numeric,
  }
end

-- Small integers are looked up in place; 5.0, where Lua tells that from 5, is not meant.
local LOW_INTEGER = math.type and "low[V] and math_type(V) == 'integer' and low[V]" or "low[V]"

-- Lines that put the row into the columns; `add` and `emit` have them in common.
local function core(width, numeric)
  local list = {}
  local function line(text, ...)
    list[#list + 1] = format(text, ...)
  end
  if width == 1 then
    line("local e1 = texts[values]")
    if numeric then
      line("if not e1 and math_type(values) == 'integer' and values >= 0 and values <= %d then", numeric.most)
      line("  e1, numbers[1] = values + %d, true", numeric.offset)
      line("end")
    end
    line("e1 = e1 or type(values) == 'string' and text(values) or slow(values)")
  else
    local parts, nils = {}, {}
    for position = 1, width do
      parts[position], nils[position] = "e" .. position, "e" .. position .. " == nil"
    end
    line("local %s", concat(parts, ", "))
    line("if type(values) == 'table' and values[%d] == nil then", width + 1)
    for position = 1, width do
      local value, part = "v" .. position, "e" .. position
      local slower = ("type(V) == 'string' and text(V) or encode(V)"):gsub("V", value)
      line("  local %s = values[%d]", value, position)
      line("  %s = texts[%s]", part, value)
      line("  if not %s then", part)
      if numeric then
        line("    if math_type(%s) == 'integer' and %s >= 0 and %s <= %d then", value, value, value, numeric.most)
        line("      %s, numbers[%d] = %s + %d, true", part, position, value, numeric.offset)
        line("    else")
        line("      %s = %s", part, slower)
        line("    end")
      else
        line("    %s = %s or %s", part, LOW_INTEGER:gsub("V", value), slower)
      end
      line("  end")
    end
    line("end")
    line("if %s then", concat(nils, " or "))
    line("  %s = slow(values)", concat(parts, ", "))
    line("end")
  end
  line("local row = block.rows + 1")
  line("block.rows = row")
  for position = 1, width do
    line("c%d[row] = e%d", position, position)
  end
  line("local count = results.count + 1")
  line("results.count = count")
  return list
end

local function compile(context, signature, before, after)
  local results, block = context.results, context.block
  local width = block.output.width
  local lines = { "local texts, low, numbers, math_type, encode, text, slow, block, results, order, ends, special, flush, type = ..." }
  local function line(text, ...)
    lines[#lines + 1] = format(text, ...)
  end
  for position = 1, width do
    line("local c%d = block.columns[%d]", position, position)
  end
  line("return function(%s)", signature)
  lines[#lines + 1] = before
  for _, each in ipairs(core(width, context.encoder.numeric)) do
    lines[#lines + 1] = each
  end
  if results.order then
    line("order[count] = %d", block.number)
  end
  if results.anchors then
    line("ends[count] = results.anchor_count")
  end
  lines[#lines + 1] = after
  line("end")
  local make = assert(load(concat(lines, "\n"), "=stormhost"))
  return make(
    context.encoder.texts,
    context.encoder.low,
    block.numbers,
    math.type,
    context.encode,
    context.text,
    context.slow,
    block,
    results,
    results.order,
    results.ends,
    context.special,
    context.flush,
    type
  )
end

function _M.compiled_adder(context)
  return compile(context, "values", "", "return true")
end

function _M.compiled_emit(context)
  return compile(
    context,
    "self, values, options",
    "if options ~= nil then local answer = special(self, values, options) return answer end",
    "if count >= results.limit then flush() end"
  )
end

--- For rows that are too wide, or that nobody listens to: by plain calls.
local function plain_adder(context)
  local results, block = context.results, context.block
  local output = block.output
  if not context.heard then
    local width, type, getmetatable = output.width, type, getmetatable
    return function(values)
      if type(values) == "table" then
        if #values == width and getmetatable(values) == nil and width > 0 then
          return false
        end
      elseif width == 1 and values ~= nil then
        return false
      end
      local whole = values_of.is_whole_row(values)
      local count = whole and values_of.length_of(values) or (values == nil and width == 0 and 0) or 1
      if count ~= width then
        complain(values_of.wrong_count(values, output.fields, output.name))
      end
      return false
    end
  end
  return function(values)
    local parts, reason = values_of.encode_row(context.encode, values, output.fields, output.name)
    if not parts then
      complain(reason)
    end
    results:add(block, parts)
    return true
  end
end

local function prepare(encoder, results, block, special, flush, always)
  local output = block.output
  local context = { encoder = encoder, results = results, block = block, special = special, flush = flush }
  context.heard = always or output.listeners
  context.simple = context.heard and output.width > 0 and output.width <= MOST_COLUMNS

  local integer, numeric = encoder.integer, block.numbers and encoder.numeric
  local math_type = math.type

  -- A number that stands in a column as a number. Nobody knows in which one, so all are looked at.
  local function numeric_part(value)
    if math_type(value) == "integer" and value >= 0 and value <= numeric.most then
      for position = 1, output.width do
        block.numbers[position] = true
      end
      return value + numeric.offset
    end
    return nil
  end

  function context.encode(value)
    if type(value) == "number" then
      local known = numeric and numeric_part(value) or integer(value)
      if known then
        return known
      end
    end
    local part, reason = encoder.encode(value)
    if part and #part > SHORT then
      if not results:fits(#part) then
        return nil,
          format("with this value the row does not fit into a frame of at most %d bytes", results.max_frame)
      end
      results:grown(#part)
    end
    return part, reason
  end

  -- As `encode`, for text; nil for what `encode` has to complain about.
  local text = encoder.text
  function context.text(value)
    local part = text(value)
    if part and #part > SHORT then
      if not results:fits(#part) then
        return nil
      end
      results:grown(#part)
    end
    return part
  end

  function context.slow(values)
    local parts, reason = values_of.encode_row(context.encode, values, output.fields, output.name)
    if not parts then
      complain(reason)
    end
    return (table.unpack or unpack)(parts, 1, output.width)
  end

  return context
end

--- A function that checks one row for this block and puts it into the results; false when nobody listens.
-- Rows of a stream without listeners are dropped unless `always`. Does not flush.
function _M.adder(encoder, results, block, always)
  local context = prepare(encoder, results, block, nil, nil, always)
  if not context.simple then
    return plain_adder(context)
  end
  return _M.compiled_adder(context)
end

--- The `emit` itself: `special(self, values, options)` takes what is not simple, `flush()` sends when much has gathered.
-- `tracked`: a spout's block for rows of the same stream with an id.
function _M.emit(encoder, results, block, special, flush, tracked)
  local context = prepare(encoder, results, block, special, flush, false)
  if not context.simple then
    local add = plain_adder(context)
    local width, type, getmetatable = block.output.width, type, getmetatable
    if not context.heard and width > 1 then
      return function(self, values, options)
        -- A row as it should be, which nobody listens to: nothing is left to do.
        if options == nil and type(values) == "table" and #values == width and getmetatable(values) == nil then
          return
        elseif options ~= nil then
          return special(self, values, options)
        end
        add(values)
      end
    end
    return function(self, values, options)
      if options ~= nil then
        return special(self, values, options)
      end
      add(values)
      if results:is_full() then
        flush()
      end
    end
  end
  context.tracked = tracked
  return _M.compiled_emit(context)
end

return _M
