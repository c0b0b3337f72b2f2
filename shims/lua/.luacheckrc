-- What luacheck should know: all versions of Lua that the rock supports.
std = "max"
max_line_length = 140
self = false -- methods that users override do nothing with it
exclude_files = { "**/*.rockspec" }
files["src/stormhost/_stdio.lua"] = { ignore = { "121", "122" } } -- prints are led elsewhere
files["src/stormhost/_child.lua"] = { ignore = { "122" } } -- so is os.exit
files["src/stormhost/_describe.lua"] = { ignore = { "122" } }
files["src/stormhost/_launch.lua"] = { ignore = { "121" } } -- and `arg`, as the topology shall see it
