--- How columns become bytes: MessagePack where the host offers it, else JSON. Both are our own.
--
-- `STORMHOST_CODEC=json|msgpack` in the environment forces one, for tests and measurements; with `storm` a child declines
-- the frames, and speaks Storm's JSON as it does on Apache Storm.

local _M = {}

local NAMES = { "msgpack", "json" }

--- The codec for one of the encodings that the host offers.
function _M.choose(offered)
  local forced = os.getenv("STORMHOST_CODEC")
  if forced and forced ~= "json" and forced ~= "msgpack" then
    error(("STORMHOST_CODEC=%s: unknown (json, msgpack)"):format(forced), 0)
  end
  for _, name in ipairs(forced and { forced } or NAMES) do
    for _, each in ipairs(offered) do
      if each == name then
        return require("stormhost._" .. name)
      end
    end
  end
  local list = table.concat(offered, ", ")
  error("the host offers no encoding that this library knows, only " .. (list == "" and "none" or list), 0)
end

return _M
