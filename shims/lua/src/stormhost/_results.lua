--- What a child has to say, collected until it is worth a frame: `PROTOCOL.md`, "R: results".
--
-- `emit` puts each value's bytes into the columns of its block; `flush` makes one `R` frame of it all. Columns are
-- written over rather than made anew, so only the first `rows` of a block count.

local bytes = require("stormhost._bytes")
local json = require("stormhost._json")
local wire = require("stormhost._wire")

local char, concat = string.char, table.concat
local u16, u32, u64, u32s, u64s = bytes.u16, bytes.u32, bytes.u64, bytes.u32s, bytes.u64s

local ORDER, MARKS, ANCHORS, DIRECT, ACKS, FAILS, LOOSE, ASK = 1, 2, 4, 8, 16, 32, 64, 128

local Results = {
  MAX_ROWS = 4096,
  -- What a frame should not much exceed, so that neither side holds more than this for a channel.
  TARGET_BYTES = 1048576,
}
Results.__index = Results

--- `blocks`: a list of `{ output = …, tracked = 0 or 1 }`. `marks`: whether rows belong to inputs by order.
-- `anchored`: whether each row says what it is anchored to.
function Results.new(channel, codec, blocks, options)
  if #blocks > 255 then
    error(("a component may have 255 streams at most (127 for a spout), not %d"):format(#blocks), 0)
  end
  local self = setmetatable({
    channel = channel,
    codec = codec,
    blocks = blocks,
    with_marks = options.marks,
    anchored = options.anchored,
    max_frame = options.max_frame,
    count = 0, -- rows, since the last frame
    limit = Results.MAX_ROWS, -- a frame is due at so many
    bytes = 0, -- of long values, since the last frame
    order = #blocks > 1 and {} or nil, -- the block of each row
    marks = {}, -- for each input consumed since the last frame, the rows up to and with it
    marked = 0,
    anchors = options.anchored and {} or nil, -- ids, and for each row where its own end
    ends = {},
    anchor_count = 0,
    directs = nil, -- row → task
    pending = {}, -- number of a tracked row → its id
    tracked = 0, -- rows, since the start
    acks = {},
    ack_count = 0,
    fails = {},
    consumed = 0, -- a bolt: inputs, as said in the last frame; a spout: control frames taken
    said = 0, -- `consumed` in the last frame
    sent = 0, -- rows, since the start
  }, Results)
  for number, block in ipairs(blocks) do
    block.number, block.rows, block.columns = number, 0, {}
    block.numbers = {} -- of columns: whether numbers stand in them, as the codec has it
    for position = 1, block.output.width do
      block.columns[position] = {}
    end
  end
  return self
end

--- How many rows have been added since the last frame.
function Results:emitted()
  return self.count
end

--- Whether a frame is due.
function Results:is_full()
  return self.count >= self.limit
end

--- Adds a row that is in bytes already.
function Results:add(block, parts)
  local row = block.rows + 1
  block.rows = row
  for position = 1, block.output.width do
    block.columns[position][row] = parts[position]
  end
  self.count = self.count + 1
  if self.order then
    self.order[self.count] = block.number
  end
  if self.anchors then
    self.ends[self.count] = self.anchor_count
  end
end

--- Keeps the id of the last row, which is tracked.
function Results:track(id)
  local number = self.tracked
  self.pending[number] = id
  self.tracked = number + 1
end

--- The task that the last row goes to.
function Results:direct(task)
  self.directs = self.directs or {}
  self.directs[self:emitted()] = task
end

--- How many inputs have been dealt with since the last frame.
function Results:finished()
  return self.marked
end

--- The number of the input in hand.
function Results:in_hand()
  return self.consumed + self:finished()
end

--- Says that the input in hand has been dealt with.
function Results:mark()
  self.marked = self.marked + 1
  self.marks[self.marked] = self.count
end

--- Notes what the last row is anchored to.
function Results:tie(numbers)
  local count = self.anchor_count
  for position = 1, #numbers do
    self.anchors[count + position] = numbers[position]
  end
  self.anchor_count = count + #numbers
  self.ends[self.count] = self.anchor_count
end

--- Whether so many bytes more fit into a frame.
function Results:fits(size)
  return self.bytes + size <= self.max_frame - 65536
end

--- Notes long values: what is big is sent soon.
function Results:grown(size)
  self.bytes = self.bytes + size
  if self.bytes > Results.TARGET_BYTES then
    self.limit = 0
  end
end

--- Says `fail` for an input.
function Results:fail(number, reason)
  self.fails[#self.fails + 1] = { number, reason }
end

local function order_section(self, places)
  local order = {}
  for row = 1, self.count do
    order[row] = places[self.order[row]]
  end
  return concat(order)
end

--- Appends the blocks to `pieces`, and their order where there are several; returns how many.
function Results:put_rows(pieces)
  local used = 0
  local places = {}
  for _, block in ipairs(self.blocks) do
    local rows = block.rows
    if rows > 0 then
      places[block.number] = char(used)
      used = used + 1
      local output = block.output
      pieces[#pieces + 1] = u16(output.index) .. u16(output.width) .. u32(rows) .. u32(block.tracked or 0)
      for position = 1, output.width do
        local column = self.codec.column(block.columns[position], rows, block.numbers[position])
        block.numbers[position] = nil
        pieces[#pieces + 1] = u32(#column)
        pieces[#pieces + 1] = column
      end
      block.rows = 0
    end
  end
  if used > 1 then
    pieces[#pieces + 1] = order_section(self, places)
  end
  return used
end

--- Appends which rows belong to which input.
function Results:put_marks(pieces)
  pieces[#pieces + 1] = u32s(self.marks, self.marked)
end

--- Appends what the rows are anchored to; false where none is to anything.
function Results:put_anchors(pieces, rows)
  if self.anchor_count == 0 then
    return false
  end
  pieces[#pieces + 1] = u32s(self.ends, rows)
  pieces[#pieces + 1] = u64s(self.anchors, self.anchor_count)
  self.anchor_count = 0
  return true
end

--- Forgets the rows, which have been said.
function Results:clear()
  self.marked, self.count, self.bytes, self.limit = 0, 0, 0, Results.MAX_ROWS
end

--- The fails that may go: where acks come by themselves, a fail goes with the frame that consumes its input.
local function fail_section(self)
  local due, later = {}, {}
  for _, fail in ipairs(self.fails) do
    local list = (not self.with_marks or fail[1] < self.consumed) and due or later
    list[#list + 1] = fail
  end
  self.fails = later
  if #due == 0 then
    return nil
  end
  local text = json.encode(due)
  return u32(#text) .. text
end

--- Writes everything collected. `loose`: the rows are tied to no input. `ask`: the host shall answer.
function Results:flush(loose, ask)
  local rows, finished, flags = self:emitted(), self:finished(), 0
  local pieces = { "" }
  local used = self:put_rows(pieces)
  self.consumed = self.consumed + finished
  if used > 1 then
    flags = flags + ORDER
  end
  if self.with_marks and rows > 0 and not loose then
    flags = flags + MARKS
    pieces[#pieces + 1] = u32(finished)
    self:put_marks(pieces)
  end
  loose = loose and rows > 0
  if self.anchored and rows > 0 then
    if self:put_anchors(pieces, rows) then
      flags = flags + ANCHORS
      loose = false
    else
      loose = true
    end
  end
  if self.directs then
    flags = flags + DIRECT
    local tasks = {}
    for row = 1, rows do
      tasks[row] = self.directs[row] or 0
    end
    pieces[#pieces + 1] = u32s(tasks, rows)
    self.directs = nil
  end
  if self.ack_count > 0 then
    flags = flags + ACKS
    pieces[#pieces + 1] = u32(self.ack_count)
    pieces[#pieces + 1] = u64s(self.acks, self.ack_count)
    self.ack_count = 0
  end
  if #self.fails > 0 then
    local section = fail_section(self)
    if section then
      flags = flags + FAILS
      pieces[#pieces + 1] = section
    end
  end
  flags = flags + (loose and LOOSE or 0) + (ask and ASK or 0)
  pieces[1] = u64(self.consumed) .. u32(flags) .. u32(rows) .. u16(used)
  self:clear()
  self.sent = self.sent + rows
  self.said = self.consumed
  wire.write(self.channel, "R", concat(pieces))
end

return Results
