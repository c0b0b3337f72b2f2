# frozen_string_literal: true

require 'stormhost/frames'
require 'stormhost/watch'

module Stormhost
  # A spout that speaks frames: takes `N`, `A`, `F` and `C`, sends `R`.
  #
  # The spout's own code is the loop: after each `next_tuple`, and within each `yield` of `tuples`, `stepped` looks at what there is
  # to do, and returns when the spout may go on.
  class SpoutLink < FramesLink
    # A batch is written when it has this many rows, or when its first row is this old (s).
    MAX_ROWS = 1024
    MAX_AGE = 0.0003
    # The clock is read after every call while calls are slow, and after up to this many while they are fast.
    MAX_PACE = 16
    NOBODY = Object.new.freeze
    private_constant :MAX_ROWS, :MAX_AGE, :MAX_PACE, :NOBODY

    def initialize(inlet, outlet, codec, offer, component)
      super
      # Each stream makes two blocks: rows without an id, and rows with one.
      blocks = @outputs.list.flat_map { |output| [[output, 0], [output, 1]] }
      @results = Results.new(outlet, codec, blocks, max_frame: @max_frame)
      @credit = 0
      @active = true
      @pending = {}
      @number = 0 # of the next tracked row
      @generator = Link.overrides?(component, Spout, :tuples)
      @wakes = Link.wakes?(component)
      @woken = @said_done = false
      wait = component.conf.fetch('topology.sleep.spout.wait.strategy.time.ms', 1)
      @idle = wait.is_a?(Numeric) && wait >= 0 ? wait : 1
    end

    def bind
      bind_emit(:spout, Spout)
      @results.compiled(@code) do |ids|
        ids.each do |id|
          @pending[@number] = id
          @number += 1
        end
      end
    end

    def run
      open
      @watch = Watch.new { |before| stuck(before) }
      catch(self) do
        turn
        @generator ? run_tuples : run_next_tuple
        # It is through; acks and fails still arrive.
        loop do
          @component.done
          turn
        end
      end
      @component.close
      flush
    end

    def stop
      flush
    end

    # For the compiled `emit`: what is not a plain row of the stream `default`.
    def special_emit(values, id, stream, direct_task, need_task_ids)
      output = @outputs.find(stream, direct_task)
      block = (2 * output.index) + (id.nil? ? 0 : 1)
      unless output.listeners || id
        counted(values, block)
        return need_task_ids ? [] : nil
      end
      relieve if need_task_ids
      slow_emit(values, block, output.direct ? direct_task : nil, id)
      return ask_task_ids(false) if need_task_ids

      check
      nil
    end

    # Hands a tuple that is given up to the host's dead letters.
    def dead_letter(values, stream, direct_task, reason)
      output = @outputs.find(stream, direct_task)
      row = Values.clean_row(values, output.fields, output.name)
      message({ 'command' => 'dead_letter', 'tuple' => row, 'stream' => output.name, 'msg' => reason })
    end

    # Sends what has piled up while user code still runs.
    def relieve
      open
      flush
    end

    private

    def flush
      @results.flush
    end

    def run_next_tuple
      loop do
        @component.next_tuple
        stepped
      end
    end

    def run_tuples
      @component.stormhost_each do |values|
        @component.emit(values) unless values.nil?
        stepped
      end
      @component.done
      flush unless @results.empty?
    end

    # For the watch: sends what the spout's code left behind when it blocked; nil when there is nothing.
    #
    # What was there the last time, and still is, waits for a call that does not return.
    def stuck(before)
      return if @results.empty?

      @results.flush if before == [@results.sent, @results.rows.size]
      [@results.sent, @results.rows.size]
    end

    def emitted
      @results.sent + @results.rows.size
    end

    def may_emit?
      @active && emitted < @credit
    end

    # Takes what the host has said, and returns when the spout may be asked for more.
    def turn
      loop do
        hear while !@buffered.empty? || @inlet.waiting?
        @said_done = false while may_emit? && @component.stormhost_again
        break if may_emit? && !@component.stormhost_done?

        settle
        hear
      end
      @before = emitted
      @pace = 1
      @calls = 0
      @begun = @looked = clock
    end

    # After the spout's code had its turn: goes on at once, or when a batch is full or old, the credit is used up, or it emitted
    # nothing, after another `turn`.
    def stepped
      have = emitted
      if have == @before
        nothing_emitted
        return turn
      end
      @before = have
      if @component.stormhost_done? || have >= @credit || @results.rows.size >= MAX_ROWS || @results.rows.empty?
        flush
        return turn
      end
      @calls += 1
      look_at_clock if @calls >= @pace
    end

    # A slow call is likely followed by another: what it emitted must not wait for that.
    def look_at_clock
      now = clock
      if now - @begun > MAX_AGE || now - @looked > MAX_AGE
        flush
        return turn
      end
      @looked = now
      @calls = 0
      @watch.arm
      @pace *= 2 if @pace < MAX_PACE
    end

    def nothing_emitted
      flush unless @results.empty?
      if @woken
        @woken = false
        @component.done
      elsif !@component.stormhost_done?
        rest
      end
    end

    # Waits a little for something to take. More credit alone is nothing: what it had was not used up.
    def rest
      left = @idle
      till = clock + (left / 1000.0)
      while left.positive? && @buffered.empty? && @inlet.waiting?(left)
        kind, payload = frame = next_frame
        return @buffered << frame unless kind == Wire::CREDIT

        @credit = payload.unpack1('Q<')
        left = (till - clock) * 1000
      end
    rescue EndOfInput
      throw self
    end

    # Writes what is there, then `done` if that is news.
    def settle
      flush unless @results.empty?
      if @component.stormhost_done? && !@component.stormhost_replays? && !@said_done
        @said_done = true
        message({ 'command' => 'done' })
      end
      # Or the host would go on waiting to hear of the last acks.
      flush if (@said_done || !@active) && @results.said != @results.consumed
    end

    # Takes one frame. At the end of the input the spout's own code is left too, whatever it is in the middle of.
    def hear
      kind, payload = begin
        next_frame
      rescue EndOfInput
        throw self
      end
      case kind
      when Wire::CREDIT then return @credit = payload.unpack1('Q<')
      when Wire::ACKED then acked(payload)
      when Wire::FAILED then failed(payload)
      when Wire::COMMAND then obey(JsonText.decode(payload)['command'])
      else raise WireError, "a spout was sent a frame of kind #{kind.inspect}"
      end
      @results.consume
      answer_when_done if @said_done
    end

    # While done, each control frame is answered: rows first, then `done` again if that is still so.
    def answer_when_done
      nil while may_emit? && @component.stormhost_again
      flush unless @results.empty?
      @said_done = false
      @results.say_again # even if there is nothing else to say
      settle
      flush if @results.said != @results.consumed
    end

    def acked(payload)
      payload.unpack('Q<*').each_slice(2) do |first, many|
        (first...first + many).each do |number|
          id = @pending.delete(number) { NOBODY }
          guarded { @component.stormhost_acked(id) } unless NOBODY.equal?(id)
        end
      end
    end

    def failed(payload)
      JsonText.decode(payload).each do |number, kind, reason|
        id = @pending.delete(number) { NOBODY }
        guarded { @component.stormhost_failed(id, kind, reason) } unless NOBODY.equal?(id)
      end
      return unless @wakes && @component.stormhost_done?

      # What it emits now it may have queued in `fail`; it is done again as soon as it emits nothing.
      @component.stormhost_undone
      @woken = true
    end

    def obey(command)
      case command
      when 'heartbeat' then message({ 'command' => 'sync' })
      when 'activate'
        @active = true
        guarded { @component.activate }
      when 'deactivate'
        @active = false
        guarded { @component.deactivate }
      end
    end
  end
end
