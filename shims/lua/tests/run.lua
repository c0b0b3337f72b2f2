--- Runs the tests: `lua run.lua [FILE …]`. A test is a function of the table that its file returns.

local here = arg[0]:match("^(.*/)") or "./"
package.path = ("%s?.lua;%s../src/?.lua;%s../src/?/init.lua;%s"):format(here, here, here, package.path)

local FILES = { "test_values", "test_classes", "test_testing", "test_declaring" }

local wanted = #arg > 0 and arg or FILES
local ran, failed = 0, 0
for _, file in ipairs(wanted) do
  local tests = require(file)
  local names = {}
  for name in pairs(tests) do
    names[#names + 1] = name
  end
  table.sort(names)
  for _, name in ipairs(names) do
    ran = ran + 1
    local well, story = xpcall(tests[name], debug.traceback)
    if not well then
      failed = failed + 1
      io.write(("FAILED %s: %s\n%s\n"):format(file, name, tostring(story)))
    end
  end
end
io.write(("%s: %d tests, %d failed\n"):format(jit and jit.version or _VERSION, ran, failed))
os.exit(failed == 0 and ran > 0 and 0 or 1)
