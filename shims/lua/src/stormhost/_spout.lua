--- `Spout`, where tuples come from, and `ReliableSpout`, which replays what failed.

local Component = require("stormhost._component")
local outputs_of = require("stormhost._outputs")
local traceback = require("stormhost._traceback")
local values_of = require("stormhost._values")

local _M = {}

--- Emits tuples: by `next_tuple`, which is called again and again, or by `tuples`.
--
-- A tuple that is emitted with an `id` is tracked: `ack(id)` or `fail(id)` is called once when its tree is complete or
-- lost. Without one nothing more is heard of it. An error out of `next_tuple` or `tuples` ends the process.
-- `replay = "host"`: the host keeps what is pending and emits it again when it fails.
-- Within `fail`, `self.failure` is the list of the kind (`failed`, `timeout`, `child_died`, `refused`, `dead_letter`) and the reason.
local Spout = Component:extend({ kind = "spout", failure = { "", "" } })
_M.Spout = Spout

--- Emits none, one or many tuples, and returns soon.
function Spout:next_tuple()
  error(("'%s' needs a method next_tuple(self), or tuples(self)"):format(self.component_id), 0)
end

--- Instead of `next_tuple`: yields rows or bare values by `coroutine.yield`, or returns an iterator of them, such as
-- `io.lines(path)`. Yield nothing while there is nothing: only then are acks and fails taken. When it ends, so does
-- the spout.
function Spout:tuples() end

--- The tuple with this id, and all that came of it, has been dealt with.
function Spout:ack() end

--- The tuple with this id, or something that came of it, failed or timed out.
function Spout:fail() end

--- Called when the topology goes on after a pause.
function Spout:activate() end

--- Called when the topology is paused.
function Spout:deactivate() end

--- Says that this spout has nothing more to emit. Acks and fails still arrive.
--
-- A spout with `next_tuple` that has a `fail` of its own is asked again after a fail, until it emits nothing.
function Spout:done()
  self._done = true
end

--- Emits one tuple.
--
-- `values`: a list is the row; anything else is a bare value, where the stream has one field. `options`, a table:
-- `id`: anything; given back to `ack` or `fail`; nil: not tracked; `stream`, `direct_task`, `need_task_ids`: as for
-- bolts. Raises an error for what cannot be sent.
function Spout:emit(values, options)
  return self:_emit(values, options)
end

function Spout:_emit()
  traceback.complain("emit is possible from initialize() on, in a running spout; see run_spout in stormhost.testing")
end

--- As `_emit`, for options that have been looked at, with the id beside them.
Spout._emit_tracked = Spout._emit

function Spout:_acked(id)
  self:ack(id)
end

function Spout:_failed(id, kind, reason)
  self.failure = { kind, reason }
  self:fail(id)
end

--- Emits one tuple that waits to be replayed; false when there is none.
function Spout:_again()
  return false
end

--- A spout that keeps what is pending and emits again what failed.
--
-- Every tuple is tracked; without an `id` it gets a number. `ack(id)` is called once, `fail(id)` after each failed try,
-- before the replay. After `max_tries` a tuple goes to `dead_letter`. A fail because a process died costs no try.
local ReliableSpout = Spout:extend({ max_tries = 3 })
_M.ReliableSpout = ReliableSpout

--- As `Spout:emit`, but always tracked.
function ReliableSpout:emit(values, options)
  local id = options and options.id
  if id == nil then
    self._number = (self._number or 0) + 1
    id = self._number
  end
  if type(values) == "table" then
    values = values_of.copy(values) -- kept for the replay, while the caller may go on changing it
  end
  local again -- the options of a replay: where it goes to, but nobody waits to hear of it
  if options then
    outputs_of.check_options(options, "spout")
    if options.stream or options.direct_task then
      again = { stream = options.stream, direct_task = options.direct_task }
    end
  end
  return self:_emit_tracked(values, { id = id, values = values, tries = 0, options = again }, options)
end

--- Called with what failed too often. Hands it to the host's dead letters; override it to keep the tuple elsewhere.
function ReliableSpout:dead_letter(id, values, reason)
  local shown = values_of.shown(values)
  self:report_error(
    ("given up after %d tries: %s (id %s): %s"):format(self.max_tries, shown, tostring(id), reason)
  )
  local link = self._link
  if link and link.dead_letter then -- Storm knows no such thing
    link:dead_letter(values, self._given_up_on, reason)
  end
end

function ReliableSpout:_acked(pending)
  self:ack(pending.id)
end

function ReliableSpout:_failed(pending, kind, reason)
  self.failure = { kind, reason }
  if kind ~= "child_died" then
    pending.tries = pending.tries + 1
  end
  local well, caught = traceback.try(self.fail, self, pending.id)
  self:_again_or_never(pending, kind, reason) -- whatever `fail` raised, the tuple is not to be lost
  if not well then
    traceback.raise_again(caught)
  end
end

function ReliableSpout:_again_or_never(pending, kind, reason)
  if kind == "dead_letter" then
    return -- the host has set it aside: it would kill its child again
  end
  if pending.tries >= self.max_tries then
    self._given_up_on = pending.options and pending.options.stream
    self:dead_letter(pending.id, pending.values, reason ~= "" and kind .. ": " .. reason or kind)
  else
    self._waiting = self._waiting or {}
    table.insert(self._waiting, pending)
  end
end

function ReliableSpout:_again()
  local waiting = self._waiting
  if not waiting or #waiting == 0 then
    return false
  end
  local pending = table.remove(waiting, 1)
  self:_emit_tracked(pending.values, pending, pending.options)
  return true
end

--- Whether something waits to be replayed.
function ReliableSpout:_replays()
  return self._waiting ~= nil and #self._waiting > 0
end

return _M
