--- What a component of a benchmark tells the harness, as `probe.py` has it: one JSON object a line, in a file of its own in
-- the folder `BENCH_OUT`. Times and CPU seconds come from /proc, in steps of 10 ms: plain Lua has no clock of its own.

local json = require "stormhost._json"
local process = require "stormhost._pid"

local probe = {}

local function contents(path)
  local file = io.open(path, "rb")
  local text = file and file:read("*a")
  if file then
    file:close()
  end
  return text
end

-- The fields of a process's `stat` behind its name, which may hold anything.
local function stat(pid)
  local fields = {}
  for field in ((contents("/proc/" .. pid .. "/stat") or ""):match("^.*%)(.*)") or ""):gmatch("%S+") do
    fields[#fields + 1] = tonumber(field) or field
  end
  return fields
end

-- A component inside the host has no process of its own; its file gets a name that no other has.
local own_name = process.pid() or "inside-" .. tostring({}):match("%w+$")

--- Writes down an event. Slow: for the few that matter.
function probe.tell(event, facts)
  local folder = os.getenv("BENCH_OUT")
  if not folder then
    return
  end
  local told = { event = event, at = tonumber(contents("/proc/uptime"):match("^%S+")) }
  for name, fact in pairs(facts or {}) do
    told[name] = fact
  end
  local file = assert(io.open(("%s/%s.jsonl"):format(folder, own_name), "a"))
  file:write(json.encode(told), "\n")
  file:close()
end

local function used(pid, host)
  local fields = stat(pid)
  local words = {}
  for word in (contents("/proc/" .. pid .. "/cmdline") or ""):gmatch("[^%z]+") do
    words[#words + 1] = word
  end
  local name = pid == host and "host" or "guard"
  for position, word in ipairs(words) do
    if word == "component" then
      name = words[position + 2]
    end
  end
  local peak = (contents("/proc/" .. pid .. "/status") or ""):match("VmHWM:%s*(%d+)")
  return { name = name, pid = pid, cpu = (fields[12] + fields[13]) / 100, peak_mb = (tonumber(peak) or 0) / 1024 }
end

--- Writes down an event, with the CPU time and memory of every process of this run until now.
function probe.tell_usage(event)
  local host = process.pid() and stat("self")[2] or tonumber(contents("/proc/self/stat"):match("^%d+"))
  local found = { used(host, host) }
  for pid in (contents(("/proc/%d/task/%d/children"):format(host, host)) or ""):gmatch("%d+") do
    local well, each = pcall(used, tonumber(pid), host)
    if well then -- else it is gone meanwhile
      found[#found + 1] = each
    end
  end
  probe.tell(event, { processes = found })
end

return probe
