--- A link whose every emit goes out at once: what the Storm dialect and the test helper have in common.

local class_of = require("stormhost._class")
local complain = require("stormhost._traceback").complain
local json = require("stormhost._json")
local outputs_of = require("stormhost._outputs")
local rows = require("stormhost._rows")
local values_of = require("stormhost._values")

local PlainLink = class_of.extend(nil, { opened = false })

--- What turns values into JSON; what cannot be sent is refused as in frames.
PlainLink.encode = values_of.encoder(json)

--- Whether a log line or an error was sent ahead of the handshake's answer, which not every host expects.
function PlainLink:foreword()
  return false
end

--- Binds a component to methods that send one thing at a time: `answer`, and `send(output, parts, of, options)`, where `of`
-- is a bolt's list of the inputs that the row is anchored to, or a spout's id.
function PlainLink:begin(component, outputs)
  self.component = component
  self.outputs = outputs
  self.arrived = 0
  self.current = {} -- numbers of the inputs that an automatic bolt's emits are anchored to
end

function PlainLink:bind()
  local component = self.component
  local kind = component.kind
  component._link = self
  local function emit(values, id, options)
    local output = self.outputs:find(options.stream)
    outputs_of.check_direct(output, options.direct_task)
    local parts, reason = values_of.encode_row(self.encode, values, output.fields, output.name)
    if not parts then
      complain(reason)
    end
    local anchors = kind == "bolt" and (self.auto and self.current or rows.numbers(options.anchors)) or nil
    return self:send(output, parts, anchors or id, options)
  end
  function component._emit(_, values, options)
    options = options or {}
    outputs_of.check_options(options, kind)
    return emit(values, options.id, options)
  end
  function component._emit_tracked(_, values, id, options)
    return emit(values, id, options or {})
  end
  if kind == "bolt" then
    function component._ack(_, input)
      local number = rows.number(input)
      if not self.auto then
        self:answer("ack", number)
      end
    end
    function component._fail(_, input, reason)
      self:answer("fail", rows.number(input), reason)
    end
  end
end

--- The tuple object for one arrival; ids count from 0.
function PlainLink:row(component, stream, fields, values, task)
  local number = self.arrived
  self.arrived = number + 1
  return rows.row(rows.metatable(component, stream, fields, task), number, values)
end

return PlainLink
