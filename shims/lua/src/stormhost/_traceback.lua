--- Errors as a user wants them told: without the frames of this library.

local values = require("stormhost._values")

local _M = {}

-- Characters of a story; an endless recursion would tell a much longer one.
local LENGTH = 16384

local folder = debug.getinfo(1, "S").source:match("^@(.*[/\\])") or ""

--- Whether a piece of source belongs to this library.
function _M.ours(source)
  return source == "=stormhost" or source:sub(1, #folder + 1) == "@" .. folder
end
local ours = _M.ours

local function frame_text(info)
  local place = info.short_src
  if info.currentline > 0 then
    place = place .. ":" .. info.currentline
  end
  if info.what == "main" then
    return place .. ": in main chunk"
  elseif info.name then
    return ("%s: in %s '%s'"):format(place, info.namewhat ~= "" and info.namewhat or "function", info.name)
  end
  return ("%s: in function <%s:%d>"):format(place, info.short_src, info.linedefined)
end

local function frames(thread, level)
  local told = {}
  while #told < 50 do
    local info
    if thread then
      info = debug.getinfo(thread, level, "nSl")
    else
      info = debug.getinfo(level, "nSl")
    end
    if not info then
      break
    elseif not ours(info.source) then
      told[#told + 1] = info
    end
    level = level + 1
  end
  while told[#told] and told[#told].what == "C" do -- how we were started
    told[#told] = nil
  end
  return told
end

-- An error value in words: a handler of errors that raised one itself would leave nothing to tell.
local function text_of(raised)
  if type(raised) == "string" then
    return raised
  end
  local well, text = pcall(tostring, raised)
  if well and type(text) == "string" then
    return text
  end
  local why = type(text) == "string" and ": " .. text or ""
  return ("an error value of type %s, and its __tostring raised an error%s"):format(type(raised), why)
end

-- What `raise_again` raises: where it struck can no longer be seen then.
local before

--- What an error is, for `xpcall`, or for a coroutine that it ended: `message` in one line, `story` with the user's
-- part of the stack, `where` it was raised; `ended` when it is ours, for the end of the input.
function _M.caught(raised, thread)
  if before and rawequal(before.raised, raised) then
    local told = before
    before = nil
    return told
  end
  local message = values.readable(text_of(raised))
  -- The places that were looked at are many lines, and would push out what matters.
  message = message:gsub("(module '[^']*' not found):\n.*", "%1 in package.path nor package.cpath")
  local told = frames(thread, thread and 0 or 2)
  local lines = { message }
  for position, info in ipairs(told) do
    lines[position + 1] = "\t" .. frame_text(info)
  end
  if #told > 0 then
    table.insert(lines, 2, "stack traceback:")
  end
  local story = table.concat(lines, "\n")
  if #story > LENGTH then
    story = values.readable(story:sub(1, LENGTH / 2) .. "\n…\n" .. story:sub(-LENGTH / 2))
  end
  local summary = message:gsub("\n", " ")
  if #summary > 500 then
    summary = values.readable(summary:sub(1, 497)) .. "…"
  end
  local first = told[1]
  return {
    message = summary,
    story = story,
    where = first and first.short_src .. ":" .. first.currentline or summary,
    raised = raised,
    -- What user code raises may have a metatable that does not like to be asked.
    ended = type(raised) == "table" and rawget(raised, "ended") == true,
  }
end

--- Raises what was caught once more; its story stays what it was.
function _M.raise_again(caught)
  before = caught
  error(caught.raised, 0)
end

--- Raises an error at the user's line, however deep in this library it was noticed.
function _M.complain(reason)
  local level = 2
  while true do
    local info = debug.getinfo(level, "Sl")
    if not info then
      error(reason, 0)
    elseif info.currentline > 0 and not ours(info.source) then
      error(("%s:%d: %s"):format(info.short_src, info.currentline, reason), 0)
    end
    level = level + 1
  end
end

--- Calls `method(...)`: true, else false and what was caught.
function _M.try(method, ...)
  return xpcall(method, _M.caught, ...)
end

return _M
