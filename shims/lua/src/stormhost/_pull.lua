--- How a spout is made to emit once: by its `next_tuple`, or by a step of its `tuples`.

local class_of = require("stormhost._class")
local spouts = require("stormhost._spout")
local traceback = require("stormhost._traceback")
local values_of = require("stormhost._values")

local _M = {}

--- What an error of a coroutine is raised again as: it carries the story of where it happened.
local Failed = { __tostring = function(self)
  return self.caught.message
end }
_M.Failed = Failed

local function row_of(first, second, ...)
  if second == nil then
    return first
  end
  return { first, second, ... }
end

--- Whether this spout, when done, is asked again after a fail: it has `next_tuple`, and a `fail` that may have queued something.
function _M.wakes(component)
  return class_of.overrides(component, spouts.Spout, "fail")
    and not class_of.overrides(component, spouts.Spout, "tuples")
    and not class_of.instance(component, spouts.ReliableSpout)
end

--- A function that makes the component emit none, one or several tuples.
function _M.puller(component)
  if not class_of.overrides(component, spouts.Spout, "tuples") then
    local next_tuple = component.next_tuple
    return function()
      return next_tuple(component)
    end
  end
  local iterate, state, control

  local function take(...)
    control = (...)
    if control == nil then
      component:done()
    else
      component:emit(row_of(...))
    end
  end

  local thread = coroutine.create(function()
    return component:tuples()
  end)

  local function taken(well, value, ...)
    if not well then
      error(setmetatable({ caught = traceback.caught(value, thread) }, Failed), 0)
    elseif coroutine.status(thread) ~= "dead" then
      if value ~= nil then
        component:emit(row_of(value, ...))
      end
      return
    end
    iterate, state, control = value, ...
    local meta = type(iterate) == "table" and not values_of.is_list(iterate) and getmetatable(iterate)
    if iterate == nil then
      component:done()
    elseif type(iterate) ~= "function" and not (meta and meta.__call) then
      traceback.complain("tuples(self) returned a " .. type(iterate) .. "; it should yield, or return an iterator")
    end
  end

  return function()
    if not iterate and not component._done then
      taken(coroutine.resume(thread))
    end
    if iterate then
      take(iterate(state, control))
    end
  end
end

return _M
