rockspec_format = "3.0"
package = "stormhost"
version = "0.1.0-1"
source = {
  url = "file://.", -- for `luarocks make` in a checkout
}
description = {
  summary = "Spouts, bolts and topologies in Lua, for the stormhost host and for Apache Storm",
  detailed = [[
    Components are written as small classes and run as processes of their own; tuples are acked, replayed and timed out as
    in Storm. Needs nothing beside Lua.
  ]],
  license = "Apache-2.0",
}
dependencies = {
  "lua >= 5.1", -- LuaJIT calls itself 5.1; Lua itself from 5.3 on
}
build = {
  type = "builtin",
  modules = {
    ["stormhost._batcher"] = "src/stormhost/_batcher.lua",
    ["stormhost._bolt"] = "src/stormhost/_bolt.lua",
    ["stormhost._bytes"] = "src/stormhost/_bytes.lua",
    ["stormhost._child"] = "src/stormhost/_child.lua",
    ["stormhost._class"] = "src/stormhost/_class.lua",
    ["stormhost._clock"] = "src/stormhost/_clock.lua",
    ["stormhost._codec"] = "src/stormhost/_codec.lua",
    ["stormhost._component"] = "src/stormhost/_component.lua",
    ["stormhost._declaration"] = "src/stormhost/_declaration.lua",
    ["stormhost._describe"] = "src/stormhost/_describe.lua",
    ["stormhost._emit"] = "src/stormhost/_emit.lua",
    ["stormhost._frames"] = "src/stormhost/_frames.lua",
    ["stormhost._frames_bolt"] = "src/stormhost/_frames_bolt.lua",
    ["stormhost._frames_spout"] = "src/stormhost/_frames_spout.lua",
    ["stormhost._groupings"] = "src/stormhost/_groupings.lua",
    ["stormhost._json"] = "src/stormhost/_json.lua",
    ["stormhost._launch"] = "src/stormhost/_launch.lua",
    ["stormhost._msgpack"] = "src/stormhost/_msgpack.lua",
    ["stormhost._outputs"] = "src/stormhost/_outputs.lua",
    ["stormhost._pid"] = "src/stormhost/_pid.lua",
    ["stormhost._place"] = "src/stormhost/_place.lua",
    ["stormhost._plain"] = "src/stormhost/_plain.lua",
    ["stormhost._process"] = "src/stormhost/_process.lua",
    ["stormhost._pull"] = "src/stormhost/_pull.lua",
    ["stormhost._results"] = "src/stormhost/_results.lua",
    ["stormhost._rows"] = "src/stormhost/_rows.lua",
    ["stormhost._shell"] = "src/stormhost/_shell.lua",
    ["stormhost._spout"] = "src/stormhost/_spout.lua",
    ["stormhost._stdio"] = "src/stormhost/_stdio.lua",
    ["stormhost._storm"] = "src/stormhost/_storm.lua",
    ["stormhost._storm_testing"] = "src/stormhost/_storm_testing.lua",
    ["stormhost._stream"] = "src/stormhost/_stream.lua",
    ["stormhost._topology"] = "src/stormhost/_topology.lua",
    ["stormhost._traceback"] = "src/stormhost/_traceback.lua",
    ["stormhost._values"] = "src/stormhost/_values.lua",
    ["stormhost._version"] = "src/stormhost/_version.lua",
    ["stormhost._wire"] = "src/stormhost/_wire.lua",
    ["stormhost"] = "src/stormhost/init.lua",
    ["stormhost.main"] = "src/stormhost/main.lua",
    ["stormhost.testing"] = "src/stormhost/testing.lua",
  },
}
