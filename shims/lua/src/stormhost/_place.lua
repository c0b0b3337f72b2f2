--- Where in the user's file something stands, for mistakes.

local ours = require("stormhost._traceback").ours

local _M = {}

--- The file and line of a frame, or nil where it is no file's.
function _M.of(info)
  local file = info.source:match("^@(.*)")
  if file and info.currentline > 0 then
    return { file = file, line = info.currentline }
  end
  return nil
end

--- The innermost line of user code that is being run.
function _M.here()
  local level = 2
  while true do
    local info = debug.getinfo(level, "Sl")
    if not info then
      return nil
    end
    local place = not ours(info.source) and _M.of(info)
    if place then
      return place
    end
    level = level + 1
  end
end

return _M
