--- The library's parts that are different inside the host.
--
-- `host` as in `prelude.lua`; `load_ours(name)` gives a module of the library as a function.

local host, load_ours = ...

local preload = package.preload

preload["stormhost._stdio"] = function()
  local channel = { read = host.read, line = host.line, waiting = host.waiting, write = host.write }
  return {
    WRAPPER = {},
    leave = os.exit,
    take_over = function()
      return channel
    end,
  }
end

preload["stormhost._traceback"] = function(...)
  local traceback = load_ours("stormhost._traceback")(...)
  host.caught = traceback.caught -- by which `xpcall` knows the library's calls
  return traceback
end

preload["stormhost._clock"] = function()
  return { now = host.now, pace = 64 }
end

-- Whoever takes a frame is between two calls of the user's code; who waits within one for an answer is not, and does not come here.
preload["stormhost._frames"] = function(...)
  local Link = load_ours("stormhost._frames")(...)
  local next_frame, now = Link.next_frame, host.now

  local function taken(...)
    now()
    return ...
  end

  function Link:next_frame()
    return taken(next_frame(self))
  end

  return Link
end

-- A finalizer that calls `os.exit` may stand in the midst of a frame that is being written: no other one goes before its end.
for _, name in ipairs({ "stormhost._frames_bolt", "stormhost._frames_spout" }) do
  preload[name] = function(...)
    local Link = load_ours(name)(...)
    local stop = Link.stop

    function Link:stop()
      if not host.finalizing() then
        stop(self)
      end
    end

    return Link
  end
end

preload["stormhost._pid"] = function()
  return {
    pid = function()
      return nil -- the host's own would name the wrong process to whoever looks for one to end
    end,
  }
end

preload["stormhost._msgpack"] = function(...)
  local codec = load_ours("stormhost._msgpack")(...)
  local decode_column, decode_most = codec.decode_column, host.decode_column

  function codec.decode_column(data, at)
    return decode_most(data, at) or decode_column(data, at)
  end

  return codec
end

-- Rows in MessagePack go by a sheet that Rust keeps; those in JSON, which has to be asked for, by tables as in a child.

local sheet = host.sheet

preload["stormhost._results"] = function(...)
  local Results = load_ours("stormhost._results")(...)
  local new = Results.new

  local OnSheet = setmetatable({
    emitted = sheet.emitted,
    is_full = sheet.is_full,
    finished = sheet.finished,
    mark = sheet.mark,
    fits = sheet.fits,
    grown = sheet.grown,
    clear = sheet.clear,
  }, Results)
  OnSheet.__index = OnSheet

  function OnSheet.add(_, block, parts)
    sheet.add(block.number - 1, parts, block.output.width)
  end

  function OnSheet:track(id)
    self.pending[sheet.track()] = id
  end

  function OnSheet.tie(_, numbers)
    sheet.tie(numbers)
  end

  function OnSheet.put_rows(_, pieces)
    local bytes, used = sheet.rows()
    pieces[#pieces + 1] = bytes
    return used
  end

  function OnSheet.put_marks(_, pieces)
    pieces[#pieces + 1] = sheet.marks()
  end

  function OnSheet.put_anchors(_, pieces)
    local bytes = sheet.anchors()
    pieces[#pieces + 1] = bytes
    return bytes ~= nil
  end

  function Results.new(channel, codec, blocks, options)
    local results = new(channel, codec, blocks, options)
    if codec.encoding ~= "msgpack" then
      host.watch_progress(results)
      return results
    end
    local begun = {}
    for number, block in ipairs(blocks) do
      begun[number] = { index = block.output.index, width = block.output.width, tracked = block.tracked == 1 }
    end
    sheet.begin(begun, options.anchored == true, options.max_frame)
    results.on_sheet = true
    for _, block in ipairs(blocks) do
      block.numbers = nil -- its columns are bytes already
    end
    return setmetatable(results, OnSheet)
  end

  return Results
end

preload["stormhost._rows"] = function(...)
  local rows = load_ours("stormhost._rows")(...)
  local stepper, mark = rows.stepper, sheet.mark

  function rows.stepper(fields, mixed, results)
    if not (results and results.on_sheet) then
      return stepper(fields, mixed)
    end
    local first_row, next_row = sheet.rows_of(fields, mixed)
    -- As the library's own. `next_row` marks the row before.
    return function(execute, component, columns, from, to, first, metas)
      execute(component, first_row(columns, from, first, metas))
      for at = from + 1, to do
        execute(component, next_row(columns, at, first, metas))
      end
      mark()
    end
  end

  return rows
end

preload["stormhost._emit"] = function(...)
  local emit = load_ours("stormhost._emit")(...)
  local compiled_adder, compiled_emit = emit.compiled_adder, emit.compiled_emit

  function emit.compiled_adder(context)
    local block = context.block
    if not context.results.on_sheet then
      return compiled_adder(context)
    end
    return sheet.adder(block.number - 1, block.output.width, context.slow)
  end

  function emit.compiled_emit(context)
    local block, results, tracked = context.block, context.results, context.tracked
    if not results.on_sheet then
      return compiled_emit(context)
    end
    return sheet.emit(
      block.number - 1,
      block.output.width,
      context.slow,
      context.special,
      context.flush,
      tracked and tracked.number - 1,
      results.pending
    )
  end

  return emit
end
