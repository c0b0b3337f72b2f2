--- What a script inside the host finds where a process would have found its surroundings.
--
-- `host` has what Rust does: the pipes, the clock, the end. Nothing here reaches the host's own descriptors 0, 1 and 2,
-- starts a process, or changes what all threads of the host share.

local host, environment = ...

local next, ipairs, getmetatable, setmetatable = next, ipairs, getmetatable, setmetatable
local concat, select, tostring, type, error = table.concat, select, tostring, type, error

-- Streams -------------------------------------------------------------------------------------------------------------

local raw_io = io
local io = {}
for name, value in next, raw_io do
  io[name] = value
end

-- What is printed goes to the log, as a child's stray output does.
local Output = { __name = "FILE*" }
Output.__index = Output

function Output:write(...)
  local parts = { ... }
  for position = 1, select("#", ...) do
    local part = parts[position]
    if type(part) ~= "string" and type(part) ~= "number" then
      error(("bad argument #%d to 'write' (string expected, got %s)"):format(position, type(part)), 2)
    end
  end
  host.complain(concat(parts))
  return self
end

function Output:flush()
  return self
end

function Output.setvbuf()
  return true
end

function Output.seek()
  return nil, "Illegal seek", 29
end

function Output.close()
  return true
end

function Output.read()
  return nil, "Bad file descriptor", 9
end

-- There is nothing to read: standard input belongs to the conversation with the host.
local Input = { __name = "FILE*" }
Input.__index = Input
Input.close, Input.seek, Input.setvbuf = Output.close, Output.seek, Output.setvbuf

function Input.read()
  return nil
end

function Input.lines()
  return Input.read
end

function Input.write()
  return nil, "Bad file descriptor", 9
end

function Input:flush()
  return self
end

io.stdin = setmetatable({}, Input)
io.stdout = setmetatable({}, Output)
io.stderr = setmetatable({}, Output)
local input, output = io.stdin, io.stdout

function io.type(value)
  local meta = getmetatable(value)
  if meta == Output or meta == Input then
    return "file"
  end
  return raw_io.type(value)
end

--- Names by which the host's own descriptors could be opened.
local function is_a_descriptor(name)
  return type(name) == "string"
    and (name:find("^/dev/std") or name:find("^/dev/fd/") or name:find("^/dev/tty") or name:find("^/proc/.*/fd/"))
end

function io.open(name, ...)
  if is_a_descriptor(name) then
    return nil, name .. ": Permission denied", 13
  end
  return raw_io.open(name, ...)
end

function io.lines(name, ...)
  if name == nil then
    return input:lines(...)
  elseif is_a_descriptor(name) then
    error(name .. ": Permission denied", 2)
  end
  return raw_io.lines(name, ...)
end

local function redirect(present, file, mode)
  if type(file) == "string" then
    local problem
    file, problem = io.open(file, mode)
    if not file then
      error(problem, 3)
    end
  end
  return file or present
end

function io.input(file)
  input = redirect(input, file, "r")
  return input
end

function io.output(file)
  output = redirect(output, file, "w")
  return output
end

function io.read(...)
  return input:read(...)
end

function io.write(...)
  return output:write(...)
end

function io.close(file)
  return (file or output):close()
end

function io.popen()
  error("inside the host no process can be started; give this component where = 'outside'", 2)
end

function print(...)
  local words = { ... }
  for position = 1, select("#", ...) do
    words[position] = tostring(words[position])
  end
  host.complain(concat(words, "\t") .. "\n")
end

_G.io, package.loaded.io = io, io

-- The system ----------------------------------------------------------------------------------------------------------

local raw_getenv, raw_setlocale = os.getenv, os.setlocale

function os.getenv(name)
  return environment[name] or raw_getenv(name)
end

--- Ends the component, as it would end a process. No `pcall` holds it up.
function os.exit(status)
  if status == nil or status == true then
    status = 0
  elseif status == false then
    status = 1
  end
  host.leave(status)
end

function os.execute(command)
  if command == nil then
    return false
  end
  error("inside the host no process can be started; give this component where = 'outside'", 2)
end

--- All threads of the host share one locale: it can be asked for, but not changed.
function os.setlocale(locale, category)
  if locale == nil then
    return raw_setlocale(nil, category)
  end
  return nil
end

debug = { getinfo = host.getinfo, traceback = host.traceback }
package.loaded.debug = debug

-- Errors that are wishes to leave -----------------------------------------------------------------------------------------

-- An interruption, an `os.exit` and a defect of ours travel as panics, which are errors to Lua. `pcall` and `xpcall` are Lua's own, since others
-- cannot be yielded through, and so they catch such an error, as do `load` and `coroutine.resume`. Whatever has caught one raises it again. That the
-- component is leaving is looked for as well: on its way an error may have been replaced by that of a `__close`.
local go_on_leaving = host.go_on_leaving

local function passed(well, ...)
  if not well then
    go_on_leaving((...))
  end
  return well, ...
end

-- The library catches what user code raises, and goes on; but what ran out of memory once will do so again. Whether memory was refused is asked for
-- as well: an error that merely says so is the user's.
local function has_enough(well, ...)
  if well then
    return well, ...
  end
  local caught = (...)
  go_on_leaving(caught)
  local said = type(caught) == "table" and caught.message or caught
  if type(said) == "string" and (said == "not enough memory" or said:find("^memory error: not enough memory")) then
    host.out_of_memory()
  end
  if type(caught) ~= "table" then
    caught = host.caught(caught) -- an error that Lua takes for a want of memory comes past the handler
  end
  return false, caught
end

local raw_pcall, raw_xpcall, raw_traceback = pcall, xpcall, host.traceback

function pcall(code, ...)
  return passed(raw_pcall(code, ...))
end

--- A handler that is not asked about a wish to leave, which is taken out of the error by a look and comes as another one.
local function guarded(handler)
  return function(caught, ...)
    if type(caught) == "userdata" then
      local well, wish = raw_pcall(go_on_leaving, caught)
      if not well then
        return wish
      end
    end
    if handler == raw_traceback then
      return handler(caught, 2) -- from whoever raised it, and not from here
    end
    return handler(caught, ...)
  end
end

function xpcall(code, handler, ...)
  if type(handler) ~= "function" then
    error(("bad argument #2 to 'xpcall' (function expected, got %s)"):format(handler == nil and "no value" or type(handler)), 2)
  elseif handler == host.caught then -- the library's
    return has_enough(raw_xpcall(code, guarded(handler), ...))
  end
  return passed(raw_xpcall(code, guarded(handler), ...))
end

-- Code ----------------------------------------------------------------------------------------------------------------

-- Text only: code that was compiled elsewhere can break the interpreter, and the host with it.
local raw_load, raw_loadfile = load, loadfile

local function loaded(chunk, problem)
  if chunk then
    return chunk
  end
  go_on_leaving(problem) -- what gives the text piece by piece is code too
  return nil, problem
end

function load(chunk, name, _, ...)
  return loaded(raw_load(chunk, name, "t", ...))
end

function loadfile(name, _, ...)
  if name == nil or is_a_descriptor(name) then
    return nil, "cannot read " .. (name or "stdin") .. " inside the host"
  end
  return raw_loadfile(name, "t", ...)
end

function dofile(name)
  local chunk, problem = loadfile(name)
  if not chunk then
    error(problem, 2)
  end
  return chunk()
end

local search = environment.LUA_PATH_5_4 or environment.LUA_PATH
if search then
  package.path = search:gsub(";;", ";" .. package.path:gsub("%%", "%%%%") .. ";"):gsub("^;", ""):gsub(";$", "")
end

--- The library's modules are part of the host.
local function load_ours(name)
  local file, text = host.source(name)
  if not file then
    return nil
  end
  local chunk, problem = raw_load(text, "@stormhost/" .. file, "t")
  if not chunk then
    error(problem, 0)
  end
  return chunk
end

-- As Lua's own, which would take compiled code.
local package, searchpath, load_text = package, package.searchpath, loadfile

local function load_theirs(name)
  if type(package.path) ~= "string" then
    error("'package.path' must be a string", 0)
  end
  local file, looked_at = searchpath(name, package.path)
  if not file then
    return looked_at
  end
  local chunk, problem = load_text(file)
  if not chunk then
    error(("error loading module '%s' from file '%s':\n\t%s"):format(name, file, problem), 0)
  end
  return chunk, file
end
package.searchers[2] = load_theirs
table.insert(package.searchers, 2, load_ours)
package.loadlib = nil -- nor is there anything for `require` to find in C: what crashed there would crash the host

-- Coroutines ------------------------------------------------------------------------------------------------------------

local raw_resume, raw_close, status = coroutine.resume, coroutine.close, coroutine.status
local resume, close, create = host.resume, host.close, coroutine.create

-- Ours say which coroutine runs, so that the right one is interrupted. What is none is refused in Lua's own words.
function coroutine.resume(thread, ...)
  if type(thread) ~= "thread" then
    return raw_resume(thread, ...)
  end
  return passed(resume(thread, ...))
end

function coroutine.close(thread)
  if type(thread) ~= "thread" then
    return raw_close(thread)
  end
  local now = status(thread)
  if now ~= "suspended" and now ~= "dead" then
    error(("cannot close a %s coroutine"):format(now), 2)
  end
  return passed(close(thread))
end

local function passed_on(thread, well, caught, ...)
  if well then
    return caught, ...
  end
  go_on_leaving(caught)
  local _, problem
  if status(thread) == "dead" then
    _, problem = passed(close(thread)) -- nil where it was dead before
  end
  -- As in C: an error in words is told with the line that called, but for a want of memory.
  problem = problem == nil and caught or problem
  error(problem, problem == "not enough memory" and 0 or 2)
end

function coroutine.wrap(code)
  local thread = create(code)
  return function(...)
    return passed_on(thread, resume(thread, ...))
  end
end

-- The library's parts that are different here ---------------------------------------------------------------------------

host.library(host, load_ours)

-- The script ------------------------------------------------------------------------------------------------------------

local function give_up(story)
  host.complain("lua: " .. story .. "\n")
  host.leave(1)
end

-- What is there before any code of the user's, each table with what is in it.
local untouched = {}
for _, each in ipairs({ _G, package, package.loaded, package.preload, package.searchers, getmetatable("") }) do
  untouched[each] = {}
end
for _, library in next, package.loaded do
  untouched[library] = {}
end
for each, content in next, untouched do
  for name, value in next, each do
    content[name] = value
  end
end

--- Forgets all that the user's code has left behind where it can be found, so that it can be collected.
local function forget()
  for each, content in next, untouched do
    for name in next, each do
      each[name] = nil
    end
    for name, value in next, content do
      each[name] = value
    end
  end
end

local function run(file, ...)
  arg = { [0] = file, ... }
  local chunk, problem = loadfile(file)
  if not chunk then
    give_up(problem)
  end
  local well, result = xpcall(chunk, require("stormhost._traceback").caught, ...)
  if not well then
    give_up(type(result) == "table" and result.story or tostring(result))
  elseif type(result) ~= "table" or type(result.run) ~= "function" then
    give_up(file .. " neither runs a component nor returns one; end it with `return` and the component's class")
  end
  result:run()
end

return run, forget
