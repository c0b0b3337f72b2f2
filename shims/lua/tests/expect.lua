--- What the tests ask for.

local values = require("stormhost._values")

local _M = {}

local function same(a, b)
  if type(a) ~= "table" or type(b) ~= "table" or a == b then
    -- 1 and 1.0 are not the same where Lua tells them apart.
    return a == b and (not math.type or math.type(a) == math.type(b))
  end
  for key, value in next, a do
    if not same(value, b[key]) then
      return false
    end
  end
  for key in next, b do
    if a[key] == nil then
      return false
    end
  end
  return true
end

--- Both are equal, all the way down.
function _M.equal(got, wanted, what)
  if not same(got, wanted) then
    error(("%sgot %s, wanted %s"):format(what and what .. ": " or "", values.shown(got), values.shown(wanted)), 2)
  end
end

--- The call raises an error with this text in it, plainly.
function _M.raises(text, call, ...)
  local well, reason = pcall(call, ...)
  if well then
    error(("no error was raised; wanted one with %q"):format(text), 2)
  elseif not tostring(reason):find(text, 1, true) then
    error(("the error %q has no %q in it"):format(tostring(reason), text), 2)
  end
  return tostring(reason)
end

return _M
