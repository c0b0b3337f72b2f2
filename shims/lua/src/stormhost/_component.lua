--- What spouts and bolts have in common: life cycle, log, settings.

local class_of = require("stormhost._class")
local json = require("stormhost._json")
local values = require("stormhost._values")

local LEVELS = { trace = 0, debug = 1, info = 2, warn = 3, warning = 3, error = 4 }

--- Base of `Spout` and `Bolt`.
--
-- A class is made by `extend`, with its attributes: `fields` (of the stream `default`: one name or a list), `streams`
-- (further ones: name → fields, with `direct = true` among them for a direct stream), `conf` (settings of its own).
-- Calling a class *declares* it, for a topology: the first argument is the parallelism, the others are kept for `init`,
-- which runs in the child only. `new` makes the real object, for trying it out.
local Component = class_of.extend(nil, {
  conf = {}, -- on the class: its own settings; on the running object: all that are in force
  context = {}, -- Storm's context; filled before `initialize`
  task_id = 0, -- number of this task, from 1 over the whole topology
  component_id = "", -- the component's name in the topology
})

local meta = getmetatable(Component)
function meta.__call(class, ...)
  return require("stormhost._declaration").component(class, ...)
end

--- A class that inherits from this one.
function Component:extend(attributes)
  return class_of.extend(self, attributes)
end

--- The real object. What the topology passes goes to `init`.
function Component:new(...)
  local object = setmetatable({}, self)
  object:init(...)
  return object
end

--- Called with what the topology passes, before there is a conf.
function Component:init() end

--- Called once in the child, when `conf` and `context` are there and before anything is taken or emitted.
function Component:initialize() end

--- Called once at an orderly stop.
function Component:close() end

-- Sends a message, or writes the text where no host can be told anything yet.
local function tell(link, message, text)
  if link and link.opened then
    link:message(message)
  elseif not (link and link:foreword(message)) then
    io.stderr:write(text, "\n")
  end
end

--- Writes to the host's log, at `trace`, `debug`, `info`, `warn` or `error`. A plain `print` is logged too.
function Component:log(message, level)
  level = level or "info"
  if not LEVELS[level] then
    error(("unknown log level '%s'; one of trace, debug, info, warn, error"):format(tostring(level)), 2)
  end
  message = values.readable(tostring(message))
  tell(self._link, { command = "log", msg = message, level = LEVELS[level] }, ("[%s] %s"):format(level, message))
end

--- Tells the host of an error. Fails no tuple.
function Component:report_error(message)
  message = values.readable(tostring(message))
  tell(self._link, { command = "error", msg = message }, message)
end

--- Sends a figure to the host's metrics; `value` is whatever JSON can say.
function Component:metric(name, value)
  if self._link then
    if value == nil then
      value = values.null
    end
    json.encode(value) -- complains here, where the value comes from
    self._link:message({ command = "metrics", name = name, params = value })
  end
end

--- Sends what has been emitted, now. For code that is about to wait for something: Lua cannot see that coming.
function Component:flush()
  if self._link and self._link.opened then
    self._link:stop()
  end
end

--- Speaks with the host until it is through, then ends the process: for a script that is a component by itself.
-- Called on a class or on an object.
function Component:run()
  local component = self
  require("stormhost._child").run(function()
    if rawget(component, "__index") == component then
      return component:new()
    end
    return component
  end)
end

return Component
