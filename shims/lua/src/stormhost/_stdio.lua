--- The first act of a child: standard input and output are taken for the protocol.
--
-- What is printed must end in the log. Three ways, the first that can be had:
--
-- 1. The topology's own children are started by way of `sh` (see `WRAPPER`), which has moved the descriptors already:
--    the protocol is on 3 and 4, 0 is /dev/null, 1 is standard error. So C libraries and grandchildren are covered too.
-- 2. LuaJIT moves them itself, by its `ffi`.
-- 3. In plain Lua nobody can: `print`, `io.write`, `io.stdout`, `os.execute` and their like are led to standard error.

local _M = {}

--- What starts a child with its descriptors moved: the words of the real command follow.
_M.WRAPPER = { "/bin/sh", "-c", 'exec "$@" 3<&0 4>&1 0</dev/null 1>&2', "stormhost" }

-- Files of plain Lua --------------------------------------------------------------------------------------------------

local File = {}
File.__index = File

--- Exactly `count` bytes; nil at the end. An error when the end comes in between.
function File:read(count)
  local data = self.input:read(count)
  if data and #data < count then
    error("the host's last frame is cut short", 0)
  end
  return data
end

--- The next line, without its end; nil at the end.
function File:line()
  return self.input:read("*l")
end

--- Whether something can be read: nil, since plain Lua cannot know.
function File.waiting()
  return nil
end

--- Writes all of it. Nobody is there to hear us when that fails: then the process ends at once.
function File:write(...)
  if not (self.output:write(...) and self.output:flush()) then
    _M.leave(1)
  end
end

local function files(input, output)
  output:setvbuf("full", 65536)
  return setmetatable({ input = input, output = output }, File)
end

-- Descriptors of LuaJIT -----------------------------------------------------------------------------------------------

local Descriptors = {}
Descriptors.__index = Descriptors

local EINTR = 4

function Descriptors:fill()
  local got
  repeat
    got = tonumber(self.library.read(self.input, self.space, 65536))
  until got >= 0 or self.ffi.errno() ~= EINTR
  if got <= 0 then
    return false
  end
  self.data = self.data:sub(self.at) .. self.ffi.string(self.space, got)
  self.at = 1
  return true
end

function Descriptors:read(count)
  local have = #self.data - self.at + 1
  if have < count then
    local pieces = { self.data:sub(self.at) }
    self.data, self.at = "", 1
    while have < count do
      if not self:fill() then
        if have > 0 then
          error("the host's last frame is cut short", 0)
        end
        return nil
      end
      have = have + #self.data
      if have < count then
        pieces[#pieces + 1] = self.data
        self.data = ""
      end
    end
    self.data = table.concat(pieces) .. self.data
  end
  local from = self.at
  self.at = from + count
  return self.data:sub(from, from + count - 1)
end

function Descriptors:line()
  while true do
    local stop = self.data:find("\n", self.at, true)
    if stop then
      local line = self.data:sub(self.at, stop - 1)
      self.at = stop + 1
      return line
    elseif not self:fill() then
      return nil
    end
  end
end

--- Whether something can be read within so many milliseconds.
function Descriptors:waiting(milliseconds)
  if self.at <= #self.data then
    return true
  end
  self.poll.events = 1
  return self.library.poll(self.poll, 1, milliseconds or 0) > 0
end

function Descriptors:write(...)
  local data = table.concat({ ... })
  local length, written = #data, 0
  local pointer = self.ffi.cast("const char *", data)
  while written < length do
    local count = tonumber(self.library.write(self.output, pointer + written, length - written))
    if count < 0 then
      if self.ffi.errno() ~= EINTR then
        _M.leave(1)
      end
    else
      written = written + count
    end
  end
end

local F_DUPFD_CLOEXEC = { Linux = 1030, OSX = 67 }

local function descriptors()
  local found, ffi = pcall(require, "ffi")
  if not found or not F_DUPFD_CLOEXEC[ffi.os] then
    return nil
  end
  ffi.cdef([[
    long read(int, void *, size_t);
    long write(int, const void *, size_t);
    int open(const char *, int, ...);
    int close(int);
    int dup2(int, int);
    int fcntl(int, int, ...);
    typedef struct { int fd; short events; short revents; } stormhost_poll;
    int poll(stormhost_poll *, unsigned long, int);
  ]])
  local library = ffi.C
  local function move_up(descriptor)
    local command = F_DUPFD_CLOEXEC[ffi.os]
    local moved = library.fcntl(descriptor, command, ffi.cast("int", 200))
    return moved >= 0 and moved or library.fcntl(descriptor, command, ffi.cast("int", 3))
  end
  local input, output = move_up(0), move_up(1)
  if input < 0 or output < 0 then
    return nil
  end
  local null = library.open("/dev/null", 0)
  library.dup2(null, 0)
  library.close(null)
  library.dup2(2, 1)
  local poll = ffi.new("stormhost_poll")
  poll.fd = input
  return setmetatable({
    ffi = ffi,
    library = library,
    input = input,
    output = output,
    poll = poll,
    space = ffi.new("char[?]", 65536),
    data = "",
    at = 1,
  }, Descriptors)
end

-- Plain Lua, started by somebody else ---------------------------------------------------------------------------------

local unpack = table.unpack or unpack

--- Leads everything in Lua that prints to standard error, and everything that reads to /dev/null.
local function rebind()
  local input, output = io.stdin, io.stdout
  local stderr = io.stderr
  local null = io.open("/dev/null", "rb")
  io.stdin, io.stdout = null, stderr
  if null then
    io.input(null)
  end
  io.output(stderr)
  function print(...)
    local words = { ... }
    for position = 1, select("#", ...) do
      words[position] = tostring(words[position])
    end
    stderr:write(table.concat(words, "\t"), "\n")
  end
  local execute, popen = os.execute, io.popen
  function os.execute(command)
    if command == nil then
      return execute()
    end
    return execute("exec 0</dev/null 1>&2\n" .. command)
  end
  function io.popen(command, mode)
    local elsewhere = mode and mode:find("^w") and "exec 1>&2\n" or "exec 0</dev/null\n"
    return popen(elsewhere .. command, unpack({ mode }))
  end
  return input, output
end

-- -----------------------------------------------------------------------------------------------------------------------

_M.leave = os.exit

--- Takes the protocol's two ends; `moved`: whether `WRAPPER` has been at work.
function _M.take_over(moved)
  if moved then
    local input, output = io.open("/dev/fd/3", "rb"), io.open("/dev/fd/4", "wb")
    if input and output then
      io.stdout:setvbuf("line")
      return files(input, output)
    end
    error("descriptors 3 and 4 cannot be opened: this command is for the host to start", 0)
  end
  io.stdout:flush()
  local taken = descriptors()
  if taken then
    io.stdout:setvbuf("line")
    return taken
  end
  return files(rebind())
end

return _M
