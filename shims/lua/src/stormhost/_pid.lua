--- The number of this process, which plain Lua does not know.

local _M = {}

local function from_system()
  local ffi = require("ffi")
  ffi.cdef("int getpid(void);")
  return tonumber(ffi.C.getpid())
end

local function from_file()
  local file = io.open("/proc/self/stat", "rb")
  if file then
    local number = file:read("*n")
    file:close()
    return number
  end
  local pipe = io.popen("echo $PPID") -- the shell's parent: us
  local number = pipe and pipe:read("*n")
  if pipe then
    pipe:close()
  end
  return number
end

--- The process id, or nil where it cannot be had.
function _M.pid()
  local found, number = pcall(from_system)
  return found and number or from_file()
end

return _M
