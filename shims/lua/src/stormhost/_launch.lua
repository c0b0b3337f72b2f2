--- The command line that the host uses: `describe FILE[:Name] -- args…` and `component FILE[:Name] ID -- args…`.

local _M = {}

local USAGE = [[
usage: lua main.lua describe FILE[:Name] [-- args…]
       lua main.lua component FILE[:Name] ID [--typed FILE] [--moved] [-- args…]
The stormhost host runs these; by hand: stormhost check FILE, stormhost run FILE.]]

local function is_file(path)
  local file = io.open(path, "rb")
  if file then
    file:close()
  end
  return file ~= nil
end

--- `topology.lua:Name` as its two parts; the name may be missing.
function _M.split_name(text)
  local file, name = text:match("^(.+):([%a_][%w_]*)$")
  if file and not is_file(text) then
    return file, name
  end
  return text, nil
end

--- The folder of a file, with its slash.
function _M.folder(file)
  return file:match("^(.*/)") or "./"
end

--- Makes `arg` and the path of modules as `lua FILE args…` would, but for modules beside the file, which are found too.
function _M.prepare(file, typed, args)
  local folder = _M.folder(file)
  package.path = ("%s?.lua;%s?/init.lua;%s"):format(folder, folder, package.path)
  local own = { [0] = typed }
  for position, word in ipairs(args) do
    own[position] = word
  end
  for position = -1, -100, -1 do
    if arg[position] == nil then
      break
    end
    own[position] = arg[position]
  end
  arg = own
end

--- Runs a topology's file. Raises whatever its code raises.
function _M.load(file)
  local chunk, reason = loadfile(file)
  if not chunk then
    error(reason, 0)
  end
  chunk((table.unpack or unpack)(arg))
end

--- The topologies that a file makes itself, in their order.
function _M.find_topologies(file)
  local topologies = require("stormhost._topology")
  local found = {}
  for _, topology in ipairs(topologies.all) do
    local at = topologies.state(topology).at
    if at and at.file == file then
      found[#found + 1] = topology
    end
  end
  return found
end

--- The component called `id`, as a real object.
local function component(file, name, id)
  local declarations = require("stormhost._declaration")
  local topologies = require("stormhost._topology")
  _M.load(file)
  for _, topology in ipairs(_M.find_topologies(file)) do
    if name == nil or topologies.state(topology).name == name then
      local declaration = topology[id]
      if declaration and declaration.class then
        return declarations.build(declaration)
      end
      local shown = tostring(topologies.state(topology).name)
      error(("topology %s has no component '%s' any more: was %s changed?"):format(shown, id, file), 0)
    end
  end
  error(("%s has no topology %sany more: was it changed while it was running?"):format(file, name and name .. " " or ""), 0)
end

--- Does what the host wants.
function _M.main()
  local words, args = {}, {}
  local into = words
  for _, word in ipairs(arg) do
    if word == "--" and into == words then
      into = args
    else
      into[#into + 1] = word
    end
  end
  if #words == 2 and words[1] == "describe" then
    local file, name = _M.split_name(words[2])
    return require("stormhost._describe").describe(file, name, args)
  end
  if #words >= 3 and words[1] == "component" then
    local file, name = _M.split_name(words[2])
    local typed, moved = file, false
    local position = 4
    while words[position] do
      if words[position] == "--typed" and words[position + 1] then
        typed = words[position + 1]
        position = position + 1
      elseif words[position] == "--moved" then
        moved = true
      else
        break
      end
      position = position + 1
    end
    if not words[position] then
      _M.prepare(file, typed, args)
      return require("stormhost._child").run(function()
        return component(file, name, words[3])
      end, moved)
    end
  end
  io.stderr:write(USAGE, "\n")
  os.exit(2)
end

return _M
