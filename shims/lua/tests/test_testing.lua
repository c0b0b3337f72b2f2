--- The helper by which users try out their components; with it the behaviour of spouts and bolts themselves.

local expect = require("expect")
local stormhost = require("stormhost")
local testing = require("stormhost.testing")

local run_bolt, run_spout, TICK = testing.run_bolt, testing.run_spout, testing.TICK

local tests = {}

local Split = stormhost.AutoAckBolt:extend({ fields = "word" })
function Split:execute(input)
  for word in input.sentence:gmatch("%a+") do
    self:emit(word)
  end
end

function tests.a_list_in_and_a_list_out()
  local result = run_bolt(Split:new(), { "the cow", "jumped" }, { fields = "sentence" })
  expect.equal(result.emitted, { "the", "cow", "jumped" })
  expect.equal(result.acked, { "the cow", "jumped" })
  expect.equal(result.anchors, { { "the cow" }, { "the cow" }, { "jumped" } })
  expect.equal(result.streams, { default = { "the", "cow", "jumped" } })
end

function tests.inputs_are_tables_of_fields_lists_or_bare_values()
  local Shown = stormhost.AutoAckBolt:extend({ fields = { "a", "b" } })
  function Shown:execute(input)
    self:emit({ input.a, input.b })
  end
  local result = run_bolt(Shown, { { a = 1, b = "x" }, { 2, "y" } }, { fields = { "a", "b" } })
  expect.equal(result.emitted, { { 1, "x" }, { 2, "y" } })
end

function tests.an_error_fails_the_input_and_the_bolt_goes_on()
  local Picky = stormhost.AutoAckBolt:extend()
  function Picky:execute(input)
    if input[1] == "bad" then
      error("not this one")
    end
  end
  local result = run_bolt(Picky, { "good", "bad", "better" })
  expect.equal(result.acked, { "good", "better" })
  expect.equal(#result.failed, 1)
  expect.equal(result.failed[1][1], "bad")
  assert(result.failed[1][2]:find("test_testing.lua:%d+: not this one"), result.failed[1][2])
  assert(result.errors[1]:find("not this one", 1, true) and not result.errors[1]:find("_plain.lua", 1, true))
end

function tests.a_bolt_by_hand_says_itself_what_became_of_its_inputs()
  local Joiner = stormhost.Bolt:extend({ fields = "both" })
  function Joiner:execute(input)
    if self.held then
      self:emit(self.held[1] .. input[1], { anchors = { self.held, input } })
      self:ack(self.held)
      self:fail(input, "tired")
      self.held = nil
    else
      self.held = input
    end
  end
  local result = run_bolt(Joiner, { "a", "b", "c" })
  expect.equal(result.emitted, { "ab" })
  expect.equal(result.anchors, { { "a", "b" } })
  expect.equal({ result.acked, result.failed, result.pending }, { { "a" }, { { "b", "tired" } }, { "c" } })
end

function tests.emit_refuses_at_the_users_line()
  local Bolt = stormhost.AutoAckBolt:extend({ fields = { "word", "n" }, streams = { told = { "x", direct = true } } })
  local given
  function Bolt:execute()
    self:emit(given[1], given[2])
  end
  for reason, case in next, {
    ["stream 'default' has 2 fields (word, n), got 1 value"] = { { "a" } },
    ["stream 'default' has 2 fields (word, n), got 3 values"] = { { "a", 1, 2 } },
    ["stream 'default' has 2 fields (word, n), got a bare string"] = { "a" },
    ["stream 'default' has 2 fields (word, n), got a bare map"] = { { word = "a", n = 1 } },
    ["stream 'default' has 2 fields (word, n), got a bare nil"] = {},
    ["field 'n' of stream 'default': a value of type function cannot be sent"] = { { "a", print } },
    ["field 'word' of stream 'default': the text is not UTF-8 from byte 1 on"] = { { "\255", 1 } },
    ["stream 'late' is not declared by this component; declared: default, told"] = { { 1, 2 }, { stream = "late" } },
    ["stream 'told' is direct: say which task, with direct_task="] = { { 1 }, { stream = "told" } },
    ["stream 'default' is not direct; declare it with direct = true"] = { { 1, 2 }, { direct_task = 3 } },
    ["direct_task is the number of a task, not \"3\""] = { { 1 }, { stream = "told", direct_task = "3" } },
    ["emit has no option 'anchor'; a bolt has: stream, anchors"] = { { 1, 2 }, { anchor = 1 } },
    ["the options of emit are a table"] = { { 1, 2 }, "late" },
  } do
    given = case
    local result = run_bolt(Bolt, { "x" })
    expect.equal(result.emitted, {})
    assert(result.failed[1][2]:find(reason, 1, true), result.failed[1][2])
    assert(result.failed[1][2]:find("test_testing.lua:", 1, true), result.failed[1][2])
  end
end

function tests.a_bare_map_and_a_list_in_a_row()
  local Bolt = stormhost.AutoAckBolt:extend({ fields = "value" })
  function Bolt:execute()
    self:emit({ a = 1 })
    self:emit({ { 1, 2 } })
    self:emit(stormhost.null)
    self:emit(false)
  end
  expect.equal(run_bolt(Bolt, { 1 }).emitted, { { a = 1 }, { 1, 2 }, stormhost.null, false })
end

function tests.what_was_emitted_does_not_change_with_its_table()
  local Bolt = stormhost.AutoAckBolt:extend({ fields = "list" })
  function Bolt:execute()
    local list = { 1 }
    self:emit({ list })
    list[1] = 2
  end
  expect.equal(run_bolt(Bolt, { 1 }).emitted, { { 1 } })
end

function tests.ticks_and_finish()
  local Counter = stormhost.AutoAckBolt:extend({ fields = "n", tick_interval = 1 })
  function Counter:initialize()
    self.n = 0
  end
  function Counter:execute()
    self.n = self.n + 1
  end
  function Counter:tick()
    self:emit(self.n)
  end
  Counter.finish = Counter.tick
  expect.equal(run_bolt(Counter, { 1, TICK, 2 }).emitted, { 1, 2 })
  expect.equal(run_bolt(Counter, { 1, TICK, 2 }, { finish = false }).emitted, { 1 })
end

function tests.a_batcher_gathers_and_anchors_to_all()
  local Batcher = stormhost.TimeBatcher:extend({ fields = "sum", max_size = 2, interval = 5 })
  function Batcher:batch(inputs)
    local sum = 0
    for _, input in ipairs(inputs) do
      sum = sum + input.n
    end
    if sum > 100 then
      error("too much")
    end
    self:emit(sum)
  end
  local result = run_bolt(Batcher, { 1, 2, 3, TICK, 99, 98, 4 }, { fields = "n" })
  expect.equal(result.emitted, { 3, 3, 4 })
  expect.equal(result.anchors, { { 1, 2 }, { 3 }, { 4 } })
  expect.equal(result.acked, { 1, 2, 3, 4 })
  expect.equal({ result.failed[1][1], result.failed[2][1] }, { 99, 98 })
  expect.equal(Batcher.tick_interval, 5)
end

function tests.logs_metrics_and_errors()
  local Talker = stormhost.AutoAckBolt:extend()
  function Talker:execute()
    self:log("hello")
    self:log("look out", "warn")
    self:report_error("it went wrong")
    self:metric("size", { 1, 2 })
  end
  local result = run_bolt(Talker, { 1 })
  expect.equal(result.logged, { { "info", "hello" }, { "warn", "look out" } })
  expect.equal(result.errors, { "it went wrong" })
  expect.equal(result.metrics, { { "size", { 1, 2 } } })
  expect.raises("unknown log level 'loud'", Talker.log, Talker:new(), "x", "loud")
end

function tests.emit_outside_a_running_bolt_says_what_to_do()
  expect.raises("see run_bolt in stormhost.testing", Split.emit, Split:new(), "x")
  expect.raises("ack is possible in a running bolt only", stormhost.Bolt.ack, Split:new(), "x")
end

-- Spouts --------------------------------------------------------------------------------------------------------------

function tests.next_tuple_and_done()
  local Numbers = stormhost.Spout:extend({ fields = "n" })
  function Numbers:next_tuple()
    self.n = (self.n or 0) + 1
    if self.n > 3 then
      return self:done()
    end
    self:emit(self.n, { id = "id" .. self.n })
  end
  local acked = {}
  function Numbers.ack(_, id)
    acked[#acked + 1] = id
  end
  local result = run_spout(Numbers, 10)
  expect.equal(result.emitted, { 1, 2, 3 })
  expect.equal(result.ids, { "id1", "id2", "id3" })
  expect.equal(acked, { "id1", "id2", "id3" })
end

local function again()
  local Again = stormhost.Spout:extend({ fields = "n" })
  function Again:next_tuple()
    self.queue = self.queue or { 1, 2, 3 }
    local n = table.remove(self.queue, 1)
    if not n then
      return self:done()
    end
    self:emit(n, { id = n })
  end
  function Again:fail(id)
    table.insert(self.queue, id)
  end
  return Again
end

function tests.a_spout_that_is_done_is_asked_again_after_a_fail()
  local once = { [1] = "no", [3] = "no" }
  local result = run_spout(again(), 9, {
    verdict = function(n)
      local reason = once[n]
      once[n] = nil
      return reason
    end,
  })
  expect.equal(result.emitted, { 1, 2, 3, 1, 3 })
  expect.equal({ result.acked, result.failed }, { { 2, 1, 3 }, { 1, 3 } })
end

function tests.a_spout_that_has_more_is_not_asked_beyond_the_count()
  local result = run_spout(again(), 2, {
    verdict = function()
      return "no"
    end,
  })
  expect.equal({ result.emitted, result.failed }, { { 1, 2 }, { 1, 2 } })
end

function tests.coroutines_and_iterators()
  for _, tuples in ipairs({
    function()
      coroutine.yield("a")
      coroutine.yield()
      coroutine.yield("b")
    end,
    function()
      return ("a b"):gmatch("%a")
    end,
    function()
      coroutine.yield("a")
      return ("b"):gmatch("%a")
    end,
    function(self)
      self:emit("a")
      coroutine.yield()
      self:emit("b")
    end,
  }) do
    local Letters = stormhost.Spout:extend({ fields = "letter", tuples = tuples })
    expect.equal(run_spout(Letters, 10).emitted, { "a", "b" })
  end
end

function tests.an_iterator_of_several_values_makes_rows()
  local Pairs = stormhost.Spout:extend({ fields = { "i", "word" } })
  function Pairs.tuples()
    return ipairs({ "a", "b" })
  end
  expect.equal(run_spout(Pairs, 10).emitted, { { 1, "a" }, { 2, "b" } })
end

function tests.an_error_in_a_coroutine_tells_where()
  local Broken = stormhost.Spout:extend({ fields = "n" })
  function Broken.tuples()
    error("no more luck")
  end
  expect.raises("no more luck", run_spout, Broken, 1)
end

function tests.a_reliable_spout_replays_and_gives_up()
  local Numbers = stormhost.ReliableSpout:extend({ fields = "n", max_tries = 3 })
  function Numbers.tuples()
    return ipairs({ 10 })
  end
  Numbers.fields = { "i", "n" }
  local tries = 0
  local dead
  function Numbers.dead_letter(_, id, values, reason)
    dead = { id, values, reason }
  end
  local result = run_spout(Numbers, 5, {
    verdict = function()
      tries = tries + 1
      return "no"
    end,
  })
  expect.equal(tries, 3)
  expect.equal(dead, { 1, { 1, 10 }, "failed: no" })
  expect.equal(result.failed, { 1, 1, 1 })
end

function tests.a_replay_has_the_values_of_its_time()
  local Reuser = stormhost.ReliableSpout:extend({ fields = "list", streams = { odd = "list" } })
  function Reuser:next_tuple()
    local list = { 1 }
    self:emit({ list }, { id = "x", stream = "odd" })
    list[1] = 2
    self:done()
  end
  local first = true
  local result = run_spout(Reuser, 1, {
    verdict = function()
      local reason = first and "again" or nil
      first = false
      return reason
    end,
  })
  expect.equal(result.streams, { odd = { { 1 }, { 1 } } })
  expect.equal({ result.failed, result.acked }, { { "x" }, { "x" } })
end

return tests
