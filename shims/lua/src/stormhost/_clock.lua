--- Seconds that pass, whether we work or wait.
--
-- LuaJIT asks the system. Plain Lua has the processor time only, which stands still while a component waits for something;
-- what it waited is taken from `/proc/uptime`, in steps of 10 ms, where there is such a file.

local clock = os.clock

local _M = {
  --- How many quick calls may pass between two looks at the clock.
  pace = 64,
}

local function from_system(ffi)
  ffi.cdef("typedef struct { long seconds; long nanoseconds; } stormhost_time;"
    .. " int clock_gettime(int, stormhost_time *);")
  local time, library = ffi.new("stormhost_time"), ffi.C
  local monotonic = ffi.os == "OSX" and 6 or 1
  local function now()
    library.clock_gettime(monotonic, time)
    return tonumber(time.seconds) + tonumber(time.nanoseconds) * 1e-9
  end
  now()
  return now
end

local function from_file()
  local file = io.open("/proc/uptime", "rb")
  if not file then
    return clock
  end
  file:setvbuf("no")
  local function uptime()
    file:seek("set")
    return tonumber((file:read(16) or ""):match("^[%d.]+"))
  end
  if not uptime() then
    return clock
  end
  -- Time is what we worked, moved on to what the file says whenever it lags behind that by more than one step.
  local begun, worked, waited = uptime(), clock(), 0
  return function()
    local processor = clock() - worked
    local lag = (uptime() or begun) - begun - 0.01 - (processor + waited)
    if lag > 0 then
      waited = waited + lag
    end
    return processor + waited
  end
end

local found, ffi = pcall(require, "ffi")
if found then
  found, _M.now = pcall(from_system, ffi)
  _M.pace = 16
end
if not found then
  _M.now, _M.pace = from_file(), 64
end

return _M
