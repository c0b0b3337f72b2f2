--- Classes, streams, rows: the pieces that components are made of.

local class_of = require("stormhost._class")
local expect = require("expect")
local rows = require("stormhost._rows")
local stormhost = require("stormhost")
local streams = require("stormhost._stream")

local tests = {}

function tests.the_export_list_is_true()
  local names = {}
  for name in next, stormhost do
    names[#names + 1] = name
  end
  table.sort(names)
  expect.equal(table.concat(names, " "), "AllGrouping AutoAckBolt Bolt DirectGrouping Exec FieldsGrouping GlobalGrouping "
    .. "JVMBolt JVMSpout Lines LocalOrShuffleGrouping NoneGrouping PartialKeyGrouping Print Process RedisSink "
    .. "RedisSpout ReliableSpout ShuffleGrouping Spout "
    .. "TimeBatcher Topology integer list map null unpack version")
end

function tests.nothing_becomes_global()
  local allowed = {}
  for name in next, _G do
    allowed[name] = true
  end
  for _, module in ipairs({ "testing", "_describe", "_frames_bolt", "_frames_spout", "_storm", "_child" }) do
    require("stormhost." .. module)
  end
  for name in next, _G do
    assert(allowed[name], "global variable " .. name)
  end
end

function tests.classes_inherit()
  local Base = stormhost.Bolt:extend({ fields = "a", color = "red" })
  function Base:execute() end
  local Derived = Base:extend()
  local object = Derived:new()
  expect.equal(object.color, "red")
  expect.equal(object.execute, Base.execute)
  assert(class_of.instance(object, Base) and class_of.instance(object, stormhost.Bolt))
  assert(not class_of.instance(object, stormhost.AutoAckBolt) and not class_of.instance(Derived, Base))
end

function tests.init_gets_what_new_was_given()
  local Bolt = stormhost.Bolt:extend()
  function Bolt:init(...)
    self.given = { ... }
  end
  expect.equal(Bolt:new(1, "b").given, { 1, "b" })
end

function tests.streams_are_inherited()
  local Base = stormhost.Bolt:extend({ fields = { "a", "b" }, streams = { late = "x", told = { "y", direct = true } } })
  local Derived = Base:extend({ streams = { late = false, more = { fields = { "z" } } } })
  expect.equal(streams.declared(Base), {
    default = { fields = { "a", "b" }, direct = false },
    late = { fields = { "x" }, direct = false },
    told = { fields = { "y" }, direct = true },
  })
  expect.equal(streams.names(streams.declared(Derived)), { "default", "more", "told" })
  expect.equal(streams.declared(Derived:extend({ fields = false })).default, nil)
end

local function row_of(fields, values)
  return rows.row(rows.metatable("words", "default", fields, 7), 42, values)
end

function tests.a_row_is_read_by_name_and_by_position()
  local row = row_of({ "word", "n" }, { "cow", 3 })
  expect.equal({ row.word, row.n, row[1], row[2], row[3] }, { "cow", 3, "cow", 3 })
  expect.equal({ stormhost.unpack(row) }, { "cow", 3 })
  expect.equal(row.meta, { id = 42, component = "words", stream = "default", task = 7 })
  expect.equal(tostring(row), "words.default(word=cow, n=3)")
end

function tests.a_field_wins_over_what_the_tuple_has()
  local row = row_of({ "meta", "end" }, { "mine", 2 })
  expect.equal({ row.meta, row["end"] }, { "mine", 2 })
end

function tests.a_field_that_is_not_there_is_told()
  local row = row_of({ "word" }, { "cow" })
  local told = expect.raises("a tuple of words.default has no field 'wrod'; it has: word", function()
    return row.wrod
  end)
  assert(told:find("test_classes.lua", 1, true), told)
end

function tests.rows_of_odd_fields_are_executed()
  for _, fields in ipairs({ {}, { 'a "b"\n', "end", "1" }, { "é" } }) do
    local seen = {}
    local columns = {}
    for position in ipairs(fields) do
      columns[position] = { "first", "second" }
    end
    local results = { marks = {}, marked = 0, count = 0 }
    local meta = rows.metatable("c", "s", fields, 1)
    rows.stepper(fields, false)(function(_, row)
      seen[#seen + 1] = { row.meta.id, row[fields[1] or 1] }
    end, nil, columns, 1, 2, 9, meta, results)
    local shown = #fields > 0
    expect.equal(seen, { { 10, shown and "first" or nil }, { 11, shown and "second" or nil } })
    expect.equal(results.marked, 2)
  end
end

function tests.wide_rows_are_executed()
  local fields, columns = {}, {}
  for position = 1, 300 do
    fields[position], columns[position] = "f" .. position, { position }
  end
  local seen
  local metas = { rows.metatable("c", "s", fields, 1) }
  rows.stepper(fields, true)(function(_, row)
    seen = row
  end, nil, columns, 1, 1, -1, metas, { marks = {}, marked = 0, count = 0 })
  expect.equal({ seen.f1, seen.f300, seen.meta.id }, { 1, 300, 0 })
end

return tests
