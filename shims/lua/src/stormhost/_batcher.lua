--- `TimeBatcher`: a bolt that gathers its inputs and deals with them together.

local Bolt = require("stormhost._bolt").Bolt
local class_of = require("stormhost._class")
local traceback = require("stormhost._traceback")

--- Calls `batch` with what has come in, every `interval` seconds, or as soon as `max_size` inputs are there.
--
-- When `batch` returns, all its inputs are acked; when it raises an error, all are failed. What it emits is anchored to
-- all of them. The last batch is pushed when the input ends.
local TimeBatcher = Bolt:extend({ interval = 1, tick_interval = 1 })

function TimeBatcher:extend(attributes)
  local class = class_of.extend(self, attributes)
  if rawget(class, "interval") and not rawget(class, "tick_interval") then
    class.tick_interval = class.interval
  end
  return class
end

--- Called with the inputs of one batch, in order of arrival; never with an empty list.
function TimeBatcher:batch()
  error(("'%s' needs a method batch(self, inputs)"):format(self.component_id), 0)
end

--- Gathers.
function TimeBatcher:execute(input)
  local gathered = self._gathered
  if not gathered then
    gathered = {}
    self._gathered = gathered
  end
  gathered[#gathered + 1] = input
  if self.max_size and #gathered >= self.max_size then
    self:push()
  end
end

--- Pushes what is there.
function TimeBatcher:tick()
  self:push()
end

--- Pushes the last batch.
function TimeBatcher:finish()
  self:push()
end

--- Deals with what has been gathered, now.
function TimeBatcher:push()
  local inputs = self._gathered
  if not inputs or #inputs == 0 then
    return
  end
  self._gathered, self._current = nil, inputs
  local well, caught = traceback.try(self.batch, self, inputs)
  self._current = nil
  if not well then
    self:report_error(caught.story)
  end
  for _, input in ipairs(inputs) do
    if well then
      self:ack(input)
    else
      self:fail(input, caught.message)
    end
  end
end

--- As `Bolt:emit`; within `batch` anchored to all of its inputs unless `anchors` says otherwise.
function TimeBatcher:emit(values, options)
  if self._current and (options == nil or options.anchors == nil) then
    local own = { anchors = self._current }
    for name, value in next, options or {} do
      own[name] = value
    end
    options = own
  end
  return self:_emit(values, options)
end

return TimeBatcher
