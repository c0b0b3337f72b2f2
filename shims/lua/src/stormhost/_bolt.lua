--- `Bolt`, which acks by hand, and `AutoAckBolt`, which anchors and acks by itself.

local Component = require("stormhost._component")
local complain = require("stormhost._traceback").complain

local _M = {}

--- Takes tuples, emits others, and says itself what became of its input: `ack` or `fail`, each exactly once.
--
-- Inputs may be acked in any order, and later than in the `execute` that got them. What is never acked is failed by the
-- message timeout. An error out of `execute` is reported and fails that input; the bolt goes on.
-- `tick_interval`: seconds between calls of `tick`; nil: no ticks.
local Bolt = Component:extend({ kind = "bolt" })
_M.Bolt = Bolt

--- Called for each tuple: `input.word` by field, `input[1]` by position; see also `input.meta`.
function Bolt:execute()
  error(("'%s' needs a method execute(self, input)"):format(self.component_id), 0)
end

--- Called every `tick_interval` seconds.
function Bolt:tick() end

--- Called once when the input has ended, so that a last batch can be pushed.
function Bolt:finish() end

--- Emits one tuple.
--
-- `values`: a list is the row; anything else is a bare value, where the stream has one field. `options`, a table:
-- `stream`: by default `default`; `anchors`: the input, or a list of several, that fail if this tuple fails, none by
-- default; `direct_task`: the receiving task, for direct streams only; `need_task_ids`: wait, and return the numbers of
-- the tasks that the tuple went to. Raises an error for what cannot be sent.
function Bolt:emit(values, options)
  return self:_emit(values, options)
end

--- Says that this input has been dealt with.
function Bolt:ack(input)
  return self:_ack(input)
end

--- Says that this input could not be dealt with; its spout is told, with the reason.
function Bolt:fail(input, reason)
  return self:_fail(input, reason)
end

local function not_running(name)
  return function()
    complain(name .. " is possible in a running bolt only; see run_bolt in stormhost.testing")
  end
end

function Bolt:_emit()
  complain("emit is possible from initialize() on, in a running bolt; see run_bolt in stormhost.testing")
end
Bolt._ack = not_running("ack")
Bolt._fail = not_running("fail")

--- A bolt whose emits are anchored to the current input, which is acked when `execute` returns.
--
-- An error out of `execute` is reported and fails the input. `fail(input)` within `execute` fails it without an error;
-- `ack` does nothing.
_M.AutoAckBolt = Bolt:extend()

return _M
