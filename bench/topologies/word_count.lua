--- Counts the words of a file, sentence by sentence, with every sentence acked, as `word_count.py` does. Arguments: the file, and
-- how many sentences it has.

local stormhost = require "stormhost"
local probe = require "probe"

probe.tell("file begins")

-- What nobody listens to is sent all the same where `BENCH_SEND=1`; see `send_all.py`. No user should reach into the library so.
if os.getenv("BENCH_SEND") == "1" then
  local outputs = require "stormhost._outputs"
  local plain = outputs.output
  function outputs.output(index, name, fields, direct)
    return plain(index, name, fields, direct, true)
  end
end

--- The spout of all benchmarks: it counts what is acked, and marks the first and the last ack with what every process used.
local Lines = stormhost.Spout:extend { fields = "sentence" }

function Lines:initialize()
  self.lines = io.lines(arg[1])
  self.total, self.number, self.acked, self.failed, self.mark = tonumber(arg[2]), 0, 0, 0, 1
  probe.tell("ready", { component = "lines" })
end

function Lines:next_tuple()
  local line = self.lines()
  if not line then
    return self:done()
  end
  self.number = self.number + 1
  self:emit(line, { id = self.number })
end

function Lines:ack()
  self.acked = self.acked + 1
  if self.acked == self.mark then -- one comparison an ack: the mark is the first, then the last
    if self.mark == 1 then
      probe.tell_usage("first ack")
      self.mark = self.total
    end
    if self.acked == self.total then
      probe.tell_usage("last ack")
    end
  end
end

function Lines:fail()
  self.failed = self.failed + 1
end

function Lines:close()
  probe.tell("outcome", { acked = self.acked, failed = self.failed })
end

local Split = stormhost.AutoAckBolt:extend { fields = "word" }

function Split:initialize()
  probe.tell("ready", { component = "split" })
end

function Split:execute(input)
  if not self.begun then
    self.begun = true
    probe.tell("first tuple")
  end
  for word in input.sentence:gmatch("%S+") do
    self:emit(word)
  end
end

local Count = stormhost.AutoAckBolt:extend { fields = { "word", "n" } }

function Count:initialize()
  self.counts = {}
  probe.tell("ready", { component = "count" })
end

function Count:execute(input)
  local word = input.word
  local n = (self.counts[word] or 0) + 1
  self.counts[word] = n
  self:emit { word, n }
end

function Count:close()
  probe.tell("counts", { counts = stormhost.map(self.counts) })
end

-- `BENCH_WHERE=inside`: in the host. `BENCH_TASKS`: of each bolt.
local where, tasks = os.getenv("BENCH_WHERE"), tonumber(os.getenv("BENCH_TASKS") or 1)

return stormhost.Topology "WordCount" {
  lines = Lines(1) { where = where },
  split = Split(tasks) { stormhost.ShuffleGrouping "lines", where = where },
  count = Count(tasks) { stormhost.FieldsGrouping("split", "word"), where = where },
}
