--- A child from its first act to its last: descriptors, handshake, `initialize`, the loop, the exit status.
--
-- The handshake is answered once `initialize` has returned, so a component that cannot start is told from one that fails
-- later: it leaves with status 1 before it has ever been healthy, and its story stands on standard error.

local Component = require("stormhost._component")
local class_of = require("stormhost._class")
local process = require("stormhost._pid")
local pull_of = require("stormhost._pull")
local stdio = require("stormhost._stdio")
local storm = require("stormhost._storm")
local traceback = require("stormhost._traceback")

local VERSION = 1 -- of the frames that this library speaks

local _M = {}

--- The host's first message. An error when there is none.
local function read_setup(channel)
  local well, setup = pcall(storm.read, channel)
  if not well then
    error(
      "the host does not begin with JSON; declare this component without serializer = 'msgpack': "
        .. "frames use MessagePack by themselves",
      0
    )
  elseif not setup then
    error(
      "no setup object on standard input: a component is started by a host, not by hand; "
        .. "see stormhost.testing for trying one out",
      0
    )
  end
  return setup
end

--- Storm's way of telling a supervisor what to kill: an empty file named by the pid.
local function leave_pid(folder)
  local pid = type(folder) == "string" and folder ~= "" and process.pid()
  local file = pid and io.open(("%s/%d"):format(folder, pid), "ab")
  if file then -- else the host knows the pid from the handshake
    file:close()
  end
end

local function has(list, wanted)
  for _, each in ipairs(type(list) == "table" and list or {}) do
    if each == wanted then
      return true
    end
  end
  return false
end

local function table_or_empty(value)
  return type(value) == "table" and value or {}
end

local function frames_link(channel, offer, component)
  if offer.kind ~= component.kind then
    error(("%s is declared as a %s, but is a %s"):format(component.component_id, tostring(offer.kind), component.kind), 0)
  end
  return require("stormhost._frames_" .. offer.kind).new(channel, offer, component)
end

--- Reads the setup object and chooses the dialect: frames where the host offers them, else Storm's JSON.
function _M.connect(component, channel)
  local setup = read_setup(channel)
  local conf = {}
  for name, value in next, component.conf do
    conf[name] = value
  end
  for name, value in next, table_or_empty(setup.conf) do
    conf[name] = value
  end
  component.conf = conf
  component.context = table_or_empty(setup.context)
  component.task_id = tonumber(component.context.taskid) or 0
  component.component_id = component.context.componentid or component.kind
  leave_pid(setup.pidDir)
  local offer = setup.stormhost
  local declined = os.getenv("STORMHOST_CODEC") == "storm"
  if declined or type(offer) ~= "table" or not has(offer.versions, VERSION) then
    return storm.link(channel, component)
  end
  component.task_id = offer.task or component.task_id
  return frames_link(channel, offer, component)
end

local function last_words(link)
  if link and link.opened then
    local well, caught = traceback.try(link.stop, link)
    if not well then -- perhaps the very thing that ended us
      io.stderr:write("could not send what was finished: ", caught.message, "\n")
    end
  end
end

--- Serves the component that `make` returns, then ends the process: 0 when the host closed our input, 1 after an error.
-- `moved`: whether the descriptors have been moved already.
function _M.run(make, moved)
  local channel = stdio.take_over(moved)
  local leave = os.exit
  stdio.leave = leave
  local link
  function os.exit(...)
    last_words(link) -- what is finished still counts
    leave(...)
  end
  local component
  local well, caught = traceback.try(function()
    component = make()
    if not class_of.instance(component, Component) then
      error("this is no component", 0)
    end
    link = _M.connect(component, channel)
    link:bind()
    component:initialize()
    link:run()
  end)
  if not well and caught.ended then
    -- The host closed our input while we waited for its answer: an orderly stop all the same.
    well, caught = traceback.try(component.close, component)
    last_words(link)
  end
  if not well then
    if getmetatable(caught.raised) == pull_of.Failed then
      caught = caught.raised.caught
    end
    io.stderr:write(caught.story, "\n")
    last_words(link)
    leave(1)
  end
  io.stdout:flush()
  leave(0)
end

return _M
