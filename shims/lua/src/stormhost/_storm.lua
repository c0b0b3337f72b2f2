--- The Storm JSON dialect, for hosts that do not offer frames: a component written for us runs on Apache Storm too.

local bolts = require("stormhost._bolt")
local class_of = require("stormhost._class")
local json = require("stormhost._json")
local outputs_of = require("stormhost._outputs")
local PlainLink = require("stormhost._plain")
local process = require("stormhost._pid")
local pull_of = require("stormhost._pull")
local streams_of = require("stormhost._stream")
local traceback = require("stormhost._traceback")
local values_of = require("stormhost._values")

local null = values_of.null

local StormLink = class_of.extend(PlainLink)

local function outputs_for(component)
  local declared = streams_of.declared(getmetatable(component))
  local told = component.context["stream->outputfields"]
  local fields = {}
  for name, stream in next, declared do
    fields[name] = stream.fields
  end
  if type(told) == "table" and next(told) ~= nil then
    fields = told
  end
  local list = {}
  for position, name in ipairs(streams_of.names(fields)) do
    -- Storm does not tell a child which streams are direct; the class knows.
    local direct = declared[name] ~= nil and declared[name].direct
    list[position] = outputs_of.output(position - 1, name, fields[name], direct, true)
  end
  return outputs_of.new(list)
end

function StormLink:start(channel, component)
  self:begin(component, outputs_for(component))
  self.channel = channel
  self.commands, self.task_ids = {}, {}
end

function StormLink:open()
  if not self.opened then
    self.opened = true
    self:write({ pid = process.pid() })
  end
end

function StormLink:write(message)
  self.channel:write(json.encode(message), "\nend\n")
end

function StormLink:message(message)
  self:open()
  self:write(message)
end

--- Everything has been sent already.
function StormLink.stop() end

--- The next message of the host; nil at the end.
local function read(channel)
  local lines = {}
  while true do
    local line = channel:line()
    if not line then
      return nil
    elseif line:gsub("\r$", "") == "end" then
      return json.decode(table.concat(lines, "\n"))
    end
    lines[#lines + 1] = line
  end
end
StormLink.read = read

-- Reads one message, a command or a list of task ids; false at the end.
function StormLink:sort()
  local message = read(self.channel)
  if not message then
    return false
  end
  local queue = getmetatable(message) == values_of.List and self.task_ids or self.commands
  queue[#queue + 1] = message
  return true
end

--- The next message that is no list of task ids; nil at the end.
function StormLink:command()
  while #self.commands == 0 do
    if not self:sort() then
      return nil
    end
  end
  return table.remove(self.commands, 1)
end

--- Calls user code that may fail without ending the process: true when it did not.
function StormLink:guarded(method, ...)
  local well, caught = traceback.try(method, self.component, ...)
  if not well then
    if caught.ended then
      error(caught.raised, 0)
    end
    self.component:report_error(caught.story)
  end
  return well, caught
end

--- Sends an emit, and waits for task ids where they are wanted and the dialect gives them.
function StormLink:send_emit(output, parts, further, options)
  self:open()
  local task, wanted = options.direct_task, options.need_task_ids
  local asks = wanted and not task and true or false
  if task then
    further = further .. ',"task":' .. json.encode(task)
  end
  self.channel:write(
    '{"command":"emit","stream":',
    json.encode(output.name),
    ',"tuple":',
    json.list(parts, #parts),
    further,
    ',"need_task_ids":',
    tostring(asks),
    "}\nend\n"
  )
  if not asks then
    return wanted and { task } or nil
  end
  while #self.task_ids == 0 do
    if not self:sort() then
      error({ ended = true })
    end
  end
  return table.remove(self.task_ids, 1)
end

-- Bolts ---------------------------------------------------------------------------------------------------------------

local StormBolt = class_of.extend(StormLink)

function StormBolt.new(channel, component)
  local self = setmetatable({}, StormBolt)
  self:start(channel, component)
  self.auto = class_of.instance(component, bolts.AutoAckBolt)
  self.ids = {}
  return self
end

function StormBolt:run()
  local component = self.component
  self:open()
  for message in self.command, self do
    if message.stream == "__heartbeat" then
      self:write({ command = "sync" })
    elseif message.stream == "__tick" and message.comp == "__system" then
      self:guarded(component.tick)
      self:write({ command = "ack", id = message.id })
    else
      self:execute(message)
    end
  end
  component:close()
end

function StormBolt:execute(message)
  local source, stream, values = message.comp, message.stream, message.tuple
  local sources = self.component.context["source->stream->fields"]
  local fields = type(sources) == "table" and type(sources[source]) == "table" and sources[source][stream]
  if not fields or #fields ~= #values then
    fields = {}
    for position = 1, #values do
      fields[position] = "field_" .. position
    end
  end
  local task = type(message.task) == "number" and message.task or 0
  local input = self:row(source == null and "" or source, stream, fields, values, task)
  local number = input[0]
  self.ids[number] = message.id
  self.current = self.auto and { number } or {}
  if not self:guarded(self.component.execute, input) then
    self:answer("fail", number)
  elseif self.auto then
    self:answer("ack", number)
  end
  self.current = {}
end

function StormBolt:answer(command, number, reason)
  local id = self.ids[number]
  if id ~= nil then -- Storm halts the worker for an answer to what has been answered already
    self.ids[number] = nil
    if reason ~= nil then -- Storm's `fail` has no place for it
      self.component:log("fails a tuple: " .. tostring(reason), "warn")
    end
    self:write({ command = command, id = id })
  end
end

function StormBolt:send(output, parts, anchors, options)
  local ids = {}
  for _, number in ipairs(anchors) do
    ids[#ids + 1] = self.ids[number]
  end
  return self:send_emit(output, parts, ',"anchors":' .. json.encode(ids), options)
end

-- Spouts --------------------------------------------------------------------------------------------------------------

local StormSpout = class_of.extend(StormLink)

function StormSpout.new(channel, component)
  local self = setmetatable({}, StormSpout)
  self:start(channel, component)
  self.pending, self.sequence, self.emitted = {}, 0, 0
  self.wakes, self.woken = pull_of.wakes(component), false
  return self
end

function StormSpout:run()
  local component = self.component
  self:open()
  local pull = pull_of.puller(component)
  for message in self.command, self do
    local command = message.command
    if command == "next" then
      if not component:_again() and not component._done then
        self:ask(pull)
      end
    elseif command == "ack" then
      self:tell(message.id, component._acked)
    elseif command == "fail" then
      self:tell(message.id, component._failed, "failed", "")
      if self.wakes and component._done then
        -- What it emits now it may have queued in `fail`; it is done again as soon as it emits nothing.
        component._done = false
        self.woken = true
      end
    elseif command == "activate" then
      self:guarded(component.activate)
    elseif command == "deactivate" then
      self:guarded(component.deactivate)
    end
    self:write({ command = "sync" })
  end
  component:close()
end

function StormSpout:ask(pull)
  local before = self.emitted
  pull()
  if self.woken and self.emitted == before then
    self.woken = false
    self.component._done = true
  end
end

function StormSpout:tell(key, method, ...)
  local kept = self.pending[key]
  if kept then
    self.pending[key] = nil
    self:guarded(method, kept.id, ...)
  end
end

function StormSpout:send(output, parts, id, options)
  self.emitted = self.emitted + 1
  local further = ""
  if id ~= nil then
    local key = ("%d"):format(self.sequence)
    self.sequence = self.sequence + 1
    self.pending[key] = { id = id }
    further = ',"id":' .. json.encode(key)
  end
  return self:send_emit(output, parts, further, options)
end

local _M = { read = read }

--- The link that fits the component, spout or bolt.
function _M.link(channel, component)
  return (component.kind == "spout" and StormSpout or StormBolt).new(channel, component)
end

return _M
