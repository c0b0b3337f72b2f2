--- Components are plain objects in a test: a list in, a list out.

local testing = require "stormhost.testing"
local components = require "components"

local split = testing.run_bolt(components.Split:new(), { "The cow, the moon" }, { fields = "line" })
assert(table.concat(split.emitted, " ") == "the cow the moon")
assert(#split.acked == 1)

local count = testing.run_bolt(components.Count:new(), { "cow", "moon", "cow" }, { fields = "word" })
assert(#count.emitted == 3)
assert(count.emitted[3][1] == "cow" and count.emitted[3][2] == 2)

print("all is well")
