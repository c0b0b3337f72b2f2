--- The describer: runs a topology's file and writes it as IR (`docs/ir.md`), with every mistake it can find.

local Component = require("stormhost._component")
local bolts = require("stormhost._bolt")
local class_of = require("stormhost._class")
local declarations = require("stormhost._declaration")
local groupings = require("stormhost._groupings")
local json = require("stormhost._json")
local launch = require("stormhost._launch")
local process = require("stormhost._process")
local spouts = require("stormhost._spout")
local stdio = require("stormhost._stdio")
local streams_of = require("stormhost._stream")
local TimeBatcher = require("stormhost._batcher")
local topologies = require("stormhost._topology")
local traceback = require("stormhost._traceback")
local values_of = require("stormhost._values")

local null, list, map = values_of.null, values_of.list, values_of.map
local encode = values_of.encoder(json)

local _M = {}

local function working_folder()
  local pipe = io.popen("pwd")
  local folder = pipe and pipe:read("*l")
  if pipe then
    pipe:close()
  end
  return folder or os.getenv("PWD") or "."
end

local function is_folder(path)
  local file = io.open(path, "rb")
  if not file then
    return false
  end
  local _, _, code = file:read(1)
  file:close()
  return code == 21
end

-- One description in the making.
local Description = {}
Description.__index = Description

function Description:absolute(path)
  if path:sub(1, 1) == "/" then
    return path
  end
  return self.folder .. "/" .. path:gsub("^%./", "")
end

function Description:mistake(message, hint, at, story)
  table.insert(self.mistakes, { message = message, hint = hint, at = at, traceback = story })
end

function Description:place(at)
  return at and map({ file = self:absolute(at.file), line = at.line }) or null
end

--- `value` if JSON can say it; else a mistake, and `otherwise`.
function Description:plain(value, what, at, otherwise)
  local text, reason = encode(value)
  if text then
    return value
  end
  self:mistake(what .. ": " .. reason, nil, at)
  return otherwise
end

local function names_of(found)
  local names = {}
  for position, topology in ipairs(found) do
    names[position] = tostring(topologies.state(topology).name)
  end
  return names
end

local function line_in(path, caught)
  local tail = path:sub(-30):gsub("%p", "%%%0")
  return tonumber(caught.story:match(tail .. ":(%d+):"))
end

--- Runs the file and picks the topology; nil, and a mistake, when that is not possible.
function Description:pick(path, name)
  local leave = os.exit
  function os.exit(status)
    error({ exit = status == nil and "" or tostring(status) })
  end
  local well, caught = traceback.try(launch.load, path)
  os.exit = leave
  if not well then
    local raised = caught.raised
    local message, hint = "the file cannot be loaded: " .. caught.message, nil
    if type(raised) == "table" and rawget(raised, "exit") then
      message = ("the file calls os.exit(%s) when it is loaded"):format(raised.exit)
      hint = "a topology's file declares; what is to run belongs into its components"
    elseif caught.message:find("module '[^']*' not found") then
      hint = ("it was loaded with %s; is that the right Lua? See --lua"):format(process.interpreter())
    end
    self:mistake(message, hint, { file = path, line = line_in(path, caught) or 1 }, caught.story)
    return nil
  end
  local found = launch.find_topologies(path)
  local names = names_of(found)
  if name then
    for position, topology in ipairs(found) do
      if names[position] == name then
        return topology
      end
    end
    local have = #names > 0 and table.concat(names, ", ") or "none"
    self:mistake(("topology '%s' is not there"):format(name), "topologies in this file: " .. have, { file = path, line = 1 })
  elseif #found == 1 then
    return found[1]
  elseif #found > 1 then
    local hint = ("say which: %s:%s"):format(path:match("[^/]*$"), names[1])
    self:mistake("several topologies: " .. table.concat(names, ", "), hint, topologies.state(found[2]).at)
  else
    local hint = 'define one: stormhost.Topology "Name" { … }; those of other files do not count'
    self:mistake("no Topology in this file", hint, { file = path, line = 1 })
  end
  return nil
end

--- The method without which a component of this class cannot do anything.
local function missing_method(class)
  local function lacks(base, name)
    return not class_of.overrides(class, base, name)
  end
  if class.kind == "spout" then
    return lacks(spouts.Spout, "next_tuple") and lacks(spouts.Spout, "tuples") and "next_tuple(self), nor tuples(self)"
  elseif class_of.is(class, TimeBatcher) and lacks(TimeBatcher, "execute") then
    return lacks(TimeBatcher, "batch") and "batch(self, inputs)"
  end
  return lacks(bolts.Bolt, "execute") and "execute(self, input)"
end

function Description:command(declaration)
  local words = list({})
  local function add(more)
    for _, word in ipairs(more) do
      words[#words + 1] = word
    end
  end
  -- LuaJIT does that by itself, and inside the host there is nothing to move.
  local moves = declaration.where ~= "inside" and not pcall(require, "ffi")
  add(moves and stdio.WRAPPER or {})
  add({ process.interpreter(), self.main, "component", self.target, declaration.name })
  add(self.typed ~= self.path and { "--typed", self.typed } or {})
  add(moves and { "--moved" } or {})
  add({ "--" })
  add(self.args)
  return words
end

--- What may be wrong with a single declaration, and would only trip the child.
function Description:misdeclared(declaration)
  local name, at = declaration.name, declaration.at
  local parallelism = declaration.parallelism
  if type(parallelism) ~= "number" or parallelism % 1 ~= 0 then
    local hint = declaration.class and "the first argument is the number of tasks, the others reach init: Class(1, …)" or nil
    local shown = values_of.shown(parallelism)
    self:mistake(("the parallelism of '%s' is %s, and no whole number"):format(name, shown), hint, at)
    parallelism = 1
  end
  for _, id in ipairs(streams_of.names(declaration.declared_streams)) do
    for _, field in ipairs(declaration.declared_streams[id].fields) do
      if type(field) ~= "string" then
        local what = ("stream '%s' of '%s' has the field %s, which is no text"):format(id, name, values_of.shown(field))
        self:mistake(what, 'one name, or several: fields = { "word", "n" }', at)
      end
    end
  end
  local class = declaration.class
  if class and declaration.arguments.n > 0 and not class_of.overrides(class, Component, "init") then
    local what = ("'%s': its class takes no arguments beside the parallelism, not %d"):format(name, declaration.arguments.n)
    self:mistake(what, "give it a method init(self, …), which the other arguments reach", at)
  end
  return parallelism
end

-- Variables are text, and a number is meant as its digits.
local function as_text(env)
  if type(env) ~= "table" then
    return env
  end
  local texts = {}
  for name, value in next, env do
    texts[name] = type(value) == "number" and tostring(value) or value
  end
  return texts
end

function Description:component(declaration)
  local name, at = declaration.name, declaration.at
  local function plain(value, what, otherwise)
    return self:plain(value, ("%s of '%s'"):format(what, name), at, otherwise)
  end
  local streams = map({})
  for id, stream in next, declaration.declared_streams do
    streams[id] = map({ fields = list(stream.fields), direct = stream.direct })
  end
  local described = map({
    id = name,
    kind = declaration.kind,
    parallelism = self:misdeclared(declaration),
    env = plain(map(as_text(declaration.env)), "env", map({})),
    serializer = plain(declaration.serializer or "json", "serializer", "json"),
    replay = declaration.replay == nil and null or plain(declaration.replay, "replay", null),
    where = declaration.where == nil and null or plain(declaration.where, "where", null),
    streams = plain(streams, "streams", map({})),
    conf = plain(map(declaration.conf), "conf", map({})),
    at = self:place(at),
  })
  local cwd = declaration.cwd ~= nil and plain(declaration.cwd, "cwd", nil) or nil
  if declaration.class then
    described.command = self:command(declaration)
    local missing = missing_method(declaration.class)
    if missing then
      self:mistake(("the class of '%s' has no method %s"):format(name, missing), "add it to the class", at)
    end
  elseif declaration.builtin or declaration.java_class then
    described.builtin = declaration.builtin
    described.java_class = declaration.java_class
    if declaration.options then
      described.options = plain(map(declaration.options), "options", map({}))
    end
  elseif declaration.shell then
    described.shell = plain(map(declaration.shell), "what was said of the command", map({}))
  else
    described.command = plain(list(declaration.command), "command", list({}))
    local beside = launch.folder(self.path):gsub("(.)/$", "%1")
    cwd = cwd or (is_folder(beside .. "/resources") and beside .. "/resources" or beside)
  end
  described.cwd = self:absolute(tostring(cwd or self.folder))
  return described
end

--- The component, and the stream, that a grouping's source is: a declaration, `"name"`, or `"name.stream"`.
function Description:source(grouping)
  local source, stream = grouping.source, grouping.stream
  if declarations.is(source) then
    return rawget(source, "name"), stream
  elseif type(source) ~= "string" then
    return nil
  elseif not self.known[source] then
    local component, named = source:match("^(.*)%.([^.]*)$")
    if component and self.known[component] then
      return component, named
    end
  end
  return source, stream -- one that is not there is described all the same: `check` says what there is
end

function Description:subscription(to, grouping)
  if getmetatable(grouping) ~= groupings.Grouping then
    local hint = 'wrap it in a grouping: ShuffleGrouping("…")'
    self:mistake(("'%s': an input must be a grouping, not %s"):format(to.name, values_of.shown(grouping)), hint, to.at)
    return nil
  end
  local source, stream = self:source(grouping)
  if declarations.is(grouping.source) and not (source and self.known[source] == grouping.source) then
    local what = source and ("'%s', which belongs to another topology"):format(source) or "a component without a name"
    self:mistake(("'%s' listens to %s"):format(to.name, what), "declare it in this topology, with a name", grouping.at)
    return nil
  elseif not source then
    local hint = 'a grouping takes a component of this topology, or one of its streams: "parser", "parser.late_ones"'
    self:mistake(("'%s': %s is not given a component"):format(to.name, grouping.title), hint, grouping.at)
    return nil
  end
  return map({
    to = to.name,
    from = source,
    stream = stream,
    grouping = grouping.name,
    fields = self:plain(list(grouping.fields), "fields of " .. grouping.title, grouping.at, list({})),
    at = self:place(grouping.at),
  })
end

--- The IR of one topology of a file.
function _M.description(file, name, args)
  local self = setmetatable({ folder = working_folder(), typed = file, args = args, mistakes = {} }, Description)
  self.path = self:absolute(file)
  self.main = self:absolute(arg[0])
  launch.prepare(self.path, file, args)
  local ir = map({
    version = 1,
    name = name or self.path:match("([^/]*)$"):gsub("%.[^.]*$", ""),
    file = file,
    language = "lua",
    conf = map({}),
    components = list({}),
    subscriptions = list({}),
    mistakes = list({}),
  })
  local topology = self:pick(self.path, name)
  if topology then
    local state = topologies.state(topology)
    ir.name = tostring(state.name)
    ir.conf = self:plain(map(state.conf), "conf of the topology", state.at, map({}))
    self.target = self.path .. ":" .. ir.name
    if not ir.name:find("^[%a_][%w_]*$") then
      self.target = self.path
    end
    self.known = state.components
    for _, mistake in ipairs(state.mistakes) do
      table.insert(self.mistakes, mistake)
    end
    for _, declaration in ipairs(topologies.declarations(topology)) do
      table.insert(ir.components, self:component(declaration))
      local inputs = declaration.inputs
      if getmetatable(inputs) == groupings.Grouping then
        inputs = { inputs }
      end
      for _, grouping in ipairs(inputs) do
        table.insert(ir.subscriptions, self:subscription(declaration, grouping))
      end
    end
  end
  for position, mistake in ipairs(self.mistakes) do
    ir.mistakes[position] = map({
      message = values_of.readable(mistake.message),
      hint = mistake.hint or null,
      traceback = mistake.traceback or null,
      at = self:place(mistake.at),
    })
  end
  return ir
end

--- Writes the IR to standard output; what user code prints meanwhile goes to standard error.
function _M.describe(file, name, args)
  local channel = stdio.take_over(false)
  local ir = _M.description(file, name, args)
  channel:write(json.encode(ir), "\n")
end

return _M
