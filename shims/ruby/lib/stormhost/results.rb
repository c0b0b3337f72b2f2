# frozen_string_literal: true

require 'monitor'
require 'stormhost/jsontext'
require 'stormhost/wire'

module Stormhost
  # What a child has to say, collected until it is worth a frame: `PROTOCOL.md`, "R: results".
  #
  # The compiled `emit` appends to `rows` and to the columns of the row's block; `flush` takes all that and makes a frame of it.
  class Results
    ORDER = 1
    MARKS = 2
    ANCHORS = 4
    DIRECT = 8
    ACKS = 16
    FAILS = 32
    LOOSE = 64
    ASK = 128
    # A frame is sent when it has so many rows, or so many bytes.
    MAX_ROWS = 4096
    TARGET_BYTES = 1 << 20

    # Everything that one frame is made of; `consumed` with the inputs of `marks`.
    Taken = Struct.new(:rows, :columns, :anchors, :ids, :directs, :marks, :acks, :fails, :consumed, :loose)
    private_constant :Taken

    # [output, tracked], and for each of them its columns.
    attr_reader :blocks, :columns
    # For each row the number of its block; for each row the ids it is anchored to, nil for children that ack automatically and for
    # spouts; for each tracked row its message id; pairs (row, task).
    attr_reader :rows, :anchors, :ids, :directs
    # For each input consumed since the last frame, how many rows there were after it; ids; pairs (id, reason).
    attr_reader :marks, :acks, :fails
    # A bolt: inputs taken from `marks` for a frame; a spout: control frames taken. And what the last frame said.
    attr_reader :consumed, :said
    # Rows taken for frames, since the start.
    attr_reader :sent
    # How many bytes a row may have.
    attr_reader :largest

    def initialize(outlet, codec, blocks, max_frame:, marks: false, anchors: false)
      raise Error, "a component may have 255 streams at most (127 for a spout), not #{blocks.size}" if blocks.size > 255

      @outlet = outlet
      @codec = codec
      @blocks = blocks
      @columns = blocks.map { |output, _| Array.new(output.width) { codec.new_column } }
      @with_marks = marks
      @largest = max_frame - 4096
      @target = [TARGET_BYTES, max_frame / 4].min
      @rows = []
      @anchors = anchors ? [] : nil
      @ids = []
      @directs = []
      @marks = []
      @acks = []
      @fails = []
      @consumed = @said = @sent = @measured = 0
      # The frame is made by whoever flushes, and several threads may; the next one is not to overtake it.
      @lock = Monitor.new
    end

    # Gives it the compiled code, and what is to be done with the message ids of rows that are sent. `take` has become a method of
    # its own.
    def compiled(code, &keep)
      @code = code
      @keep = keep
    end

    # Adds a row that has passed all checks and has been measured.
    def add(block, row, task, extra, bytes)
      @measured += bytes
      @code.public_send(:"add_#{block}", row, task, extra)
    end

    # Whether what is there is worth a frame. `more`: bytes that are to be added.
    def full?(more = 0)
      @rows.size >= MAX_ROWS || @measured + more + @columns.sum { |each| each.sum { |one| @codec.bytes(one) } } >= @target
    end

    # Counts inputs that are not marked: a spout's control frames.
    def consume(count = 1)
      @consumed += count
    end

    # Makes sure that the next frame says how far we have come.
    def say_again
      @said = -1
    end

    # Whether nothing waits to be sent.
    def empty?
      @rows.empty? && @taken.nil?
    end

    # Writes everything collected. `loose`: the rows are tied to no input. `ask`: the host shall answer.
    #
    # What is taken is kept until a frame has been made of it: were it lost, the next frame would say `consumed`, and inputs would be
    # acked whose rows never went out.
    def flush(loose: false, ask: false)
      Thread.handle_interrupt(Wire::WHOLE) do
        @lock.synchronize do
          send_taken if @taken # could not be sent the last time
          @taken = Taken.new(*take, loose)
          @measured = 0
          send_taken(ask: ask)
        end
      end
    end

    private

    def send_taken(ask: false)
      payload = frame(@taken, ask)
      @said = @taken.consumed
      ids = @taken.ids
      @taken = nil
      @keep&.call(ids)
      @outlet.frame(Wire::RESULTS, payload)
    end

    def frame(taken, ask)
      rows = taken.rows
      counts = @blocks.size == 1 ? { 0 => rows.size } : rows.tally.sort.to_h
      counts.clear if rows.empty?
      flags = ask ? ASK : 0
      sections = ''.b
      if counts.size > 1
        flags |= ORDER
        position = counts.keys.each_with_index.to_h
        sections << rows.map { |block| position[block] }.pack('C*')
      end
      if @with_marks && !rows.empty? && !taken.loose
        flags |= MARKS
        sections << [taken.marks.size, *taken.marks].pack('V*')
      end
      flags |= anchors_section(taken.anchors, sections) if taken.anchors && !rows.empty?
      flags |= LOOSE if taken.loose && !rows.empty?
      flags |= direct_section(rows, taken.directs, sections)
      unless taken.acks.empty?
        flags |= ACKS
        sections << [taken.acks.size].pack('V') << taken.acks.pack('Q<*')
      end
      flags |= fails_section(due_fails(taken), sections)
      [taken.consumed, flags, rows.size, counts.size].pack('Q<VVv') << blocks_of(counts, taken.columns) << sections
    end

    def blocks_of(counts, taken)
      counts.each_with_object(''.b) do |(block, count), bytes|
        output, tracked = @blocks[block]
        bytes << [output.index, output.width, count, tracked].pack('vvVV')
        taken[block].each do |column|
          data = @codec.finish(column, count)
          bytes << [data.bytesize].pack('V') << data
        end
      end
    end

    def anchors_section(anchors, sections)
      return LOOSE if anchors.all?(&:empty?)

      last = 0
      ends = anchors.map { |ids| last += ids.size }
      sections << ends.pack('V*') << anchors.flatten.pack('Q<*')
      ANCHORS
    end

    def direct_section(rows, directs, sections)
      return 0 if directs.empty?

      tasks = Array.new(rows.size, 0)
      directs.each_slice(2) { |row, task| tasks[row] = task }
      sections << tasks.pack('V*')
      DIRECT
    end

    # Where acks come by themselves, a fail goes with the frame that consumes its input.
    def due_fails(taken)
      return taken.fails unless @with_marks

      taken.fails, early = taken.fails.partition { |id, _| id < taken.consumed }
      @fails.unshift(*early)
      taken.fails
    end

    def fails_section(due, sections)
      return 0 if due.empty?

      text = JsonText.encode(due)
      sections << [text.bytesize].pack('V') << text
      FAILS
    end
  end
end
