-- A worker or join in Lua, inside the host: worker.lua worker|join COMPONENT FOLDER
local stormhost = require "stormhost"

local role, component, folder = arg[1], arg[2], arg[3]
local MANY = 50

local Chaotic = stormhost.Bolt:extend { fields = { "n", "pair", "by" } }

function Chaotic:initialize()
  -- The host's processor time tells it from its predecessor, which may have had the same memory in the same second.
  local incarnation = tostring({}):match("0x(%x+)") .. ("x%d"):format(os.clock() * 1e6 // 1)
  self.by = component .. ":" .. math.tointeger(self.task_id) .. ":" .. incarnation
  self.orders = folder .. "/orders/" .. component
  self.mine = self.orders .. "." .. incarnation
  self.manners, self.left = nil, 0
  self.held, self.old = {}, {}
  self.previous = nil
end

-- What is to be done wrong now: nearly always nothing.
function Chaotic:order()
  local file = io.open(self.orders)
  if not file then
    return nil
  end
  file:close()
  if not os.rename(self.orders, self.mine) then
    return nil
  end
  file = assert(io.open(self.mine))
  local order = file:read("a")
  file:close()
  os.remove(self.mine)
  -- The time is noted by who reads this: Lua has no such clock.
  file = assert(io.open(folder .. "/told", "a"))
  file:write("- " .. order .. " " .. self.by .. "\n")
  file:close()
  return order
end

local follow = {}

function follow.exit()
  os.exit(9)
end

function follow.rubbish()
  print("what a nice day\n\255\254\128 no text at all\n{\"level\": \"info\"}\nend\n\n")
end

function follow.megabyte_line()
  print(("m"):rep(1 << 20))
end

function follow.stderr_flood()
  for _ = 1, 64 * 1024 do
    io.stderr:write(("flood "):rep(10), "abc\n")
  end
end

function follow.never_reads()
  while true do end
end

function follow.allocates()
  local hoard = {}
  while true do
    hoard[#hoard + 1] = ("x"):rep(1 << 20) .. #hoard
  end
end

function follow.never_acks(self)
  self.manners, self.left = "never_acks", MANY
end

function follow.acks_twice(self)
  self.manners, self.left = "acks_twice", MANY
end

function Chaotic:acked(input)
  local manners = nil
  if self.left > 0 then
    self.left, manners = self.left - 1, self.manners
  end
  if manners == "never_acks" then
    return
  end
  self:ack(input)
  if manners == "acks_twice" then
    self:ack(input)
    self:fail(input, "after all")
  end
end

function Chaotic:execute(input)
  local order = self:order()
  if order then
    follow[order](self)
  end
  if role == "worker" then
    local id, pair, before = stormhost.unpack(input)
    self:emit({ id, pair, (before and before .. "," or "") .. self.by }, { anchors = input })
    return self:acked(input)
  end
  local pair = input[2]
  local held = self.held[pair] or {}
  self.held[pair] = held
  held[#held + 1] = input
  for _, other in ipairs(held) do
    if other[1] ~= input[1] then
      return self:join(pair)
    end
  end
end

function Chaotic:join(pair)
  local held, names, seen = self.held[pair], {}, {}
  self.held[pair] = nil
  for _, input in ipairs(held) do
    if not seen[input[1]] then
      seen[input[1]] = true
      names[#names + 1] = input[1]
    end
  end
  self:emit({ table.concat(names, "+"), pair, held[1][3] .. "," .. self.by }, { anchors = held })
  for _, input in ipairs(held) do
    self:acked(input)
  end
end

-- Who has waited since the last tick goes alone.
function Chaotic:tick()
  for pair in pairs(self.old) do
    if self.held[pair] then
      self:join(pair)
    end
  end
  self.old = {}
  for pair in pairs(self.held) do
    self.old[pair] = true
  end
end

return Chaotic
