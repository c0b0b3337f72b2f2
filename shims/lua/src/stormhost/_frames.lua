--- What spouts and bolts share when they speak frames: messages, task ids, the answer to the handshake.

local class_of = require("stormhost._class")
local codecs = require("stormhost._codec")
local emit_of = require("stormhost._emit")
local json = require("stormhost._json")
local outputs_of = require("stormhost._outputs")
local process = require("stormhost._pid")
local version = require("stormhost._version")
local wire = require("stormhost._wire")

-- One error of a kind is told in full this often (s); a bolt that fails each tuple must not drown its log.
local REPEAT_SECONDS = 1

local FramesLink = class_of.extend(nil, {
  -- Whether the handshake has been answered; until then messages go to standard error, since they would be taken for
  -- the answer, and a component that fails in `initialize` must not have answered.
  opened = false,
})

--- The beginning of a conversation, once `offer`, the host's, is taken up.
function FramesLink:begin(channel, offer, component)
  self.channel = channel
  self.offer = offer
  self.component = component
  self.codec = codecs.choose(offer.encodings or { "json" })
  self.encoder = emit_of.encoder(self.codec)
  self.max_frame = offer.max_frame or 67108864
  local list = {}
  for position, each in ipairs(offer.outputs or {}) do
    list[position] =
      outputs_of.output(position - 1, each.stream, each.fields, each.direct == true, each.listeners ~= false)
  end
  self.outputs = outputs_of.new(list)
  self.buffered = {} -- frames that came before the answer to a question
  self.told = {}
end

--- What the answer to the handshake says beside the pid.
function FramesLink:hello()
  return {
    version = 1,
    encoding = self.codec.encoding,
    library = "stormhost-lua " .. version.number,
    codec = "own, " .. version.lua,
  }
end

--- Answers the handshake; further calls do nothing.
function FramesLink:open()
  if not self.opened then
    self.opened = true
    local answer = { pid = process.pid(), stormhost = self:hello() }
    self.channel:write(json.encode(answer), "\nend\n")
  end
end

--- Sends a log line, an error or a metric.
function FramesLink:message(message)
  self:open()
  wire.write(self.channel, "M", json.encode(message))
end

--- Sends a log line or an error ahead of the handshake's answer.
function FramesLink:foreword(message)
  self.channel:write(json.encode(message), "\nend\n")
  return true
end

--- The next frame for the loop, its kind and payload: first those that stood before an answer. Nil at the end.
function FramesLink:next_frame()
  local frame = table.remove(self.buffered, 1)
  if frame then
    return frame[1], frame[2]
  end
  return wire.read(self.channel)
end

--- Reads up to the frame that `wanted(kind, payload)` is true of, and returns its payload; what stands before it waits.
function FramesLink:await(wanted)
  while true do
    local kind, payload = wire.read(self.channel)
    if not kind then
      error({ ended = true })
    elseif wanted(kind, payload) then
      return payload
    end
    self.buffered[#self.buffered + 1] = { kind, payload }
  end
end

local function is_task_ids(kind)
  return kind == "I"
end

--- Sends what there is, and waits for where its last row went.
function FramesLink:ask_task_ids(loose)
  self:open()
  self.results:flush(loose, true)
  return json.decode(self:await(is_task_ids))
end

--- Tells the host of an error in user code, but the same one only so often.
function FramesLink:report(caught)
  local now = os.time()
  if now - (self.told[caught.where] or 0) >= REPEAT_SECONDS then
    self.told[caught.where] = now
    self.component:report_error(caught.story)
  end
end

--- Makes `emit` the component's, on the object itself unless its class has an `emit` of its own.
function FramesLink:bind_emit(emit, base)
  local component = self.component
  component._link = self
  component._emit = emit
  if not class_of.overrides(component, base, "emit") then
    component.emit = emit
  end
end

return FramesLink
