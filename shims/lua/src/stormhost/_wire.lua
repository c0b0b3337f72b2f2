--- Frames over a channel: `PROTOCOL.md`, "The frame". Knows bytes and kinds, nothing of spouts and bolts.

local bytes = require("stormhost._bytes")

local _M = {}

--- The next frame, its kind and its payload; nil at the end. Waits for it.
function _M.read(channel)
  local header = channel:read(8)
  if not header then
    return nil
  elseif header:sub(1, 3) ~= "\255SH" then
    error(("the host sent bytes that are no frame: %q"):format(header), 0)
  end
  local length = bytes.read_u32(header, 5)
  if length == 0 then
    return header:sub(4, 4), ""
  end
  local payload = channel:read(length)
  if not payload then
    error("the host's last frame is cut short", 0)
  end
  return header:sub(4, 4), payload
end

--- Writes one frame.
function _M.write(channel, kind, payload)
  channel:write("\255SH", kind, bytes.u32(#payload), payload)
end

return _M
