# frozen_string_literal: true

require 'stormhost/frames'
require 'stormhost/rows'

module Stormhost
  # A bolt that speaks frames: takes `T`, sends `R`.
  class BoltLink < FramesLink
    # Finished work may wait this long (s) before it is written; looked at between executes.
    MAX_AGE = 0.001
    # The clock is read after every execute while one takes longer than this (s), and after up to so many while they are fast.
    SLOW = 0.0003
    MAX_PACE = 16
    TICK = %w[__system __tick].freeze
    # Seconds between two words about where the time went.
    TELL_SPENT = 0.5
    # A row tied to more inputs than this, all in all, is sent soon: each of them takes 8 bytes.
    MANY_ANCHORS = 1 << 16
    private_constant :MAX_AGE, :SLOW, :MAX_PACE, :TICK, :TELL_SPENT, :MANY_ANCHORS

    def initialize(inlet, outlet, codec, offer, component)
      super
      @auto = component.is_a?(AutoAckBolt)
      @results = Results.new(outlet, codec, @outputs.list.map { |output| [output, 0] },
                             max_frame: @max_frame, marks: @auto, anchors: !@auto)
      @taken = 0 # rows that have arrived so far: the id of the next one
      @in_hand = false
      @pace = 1
      @in_code = @in_codec = @told_spent = 0.0 # seconds in `execute`, and around it in decoding and encoding
      @anchored = 0
      @loops = offer.fetch('inputs', []).map { |input| input_loop(input) }
    end

    def hello
      super.merge('acks' => @auto ? 'auto' : 'hand')
    end

    def bind
      bind_emit(:bolt, Bolt)
      @results.compiled(@code)
      link = self
      @component.define_singleton_method(:stormhost_fail) { |input, reason| link.failed_by_hand(input, reason) }
      if @auto
        @component.define_singleton_method(:stormhost_ack) { |input| input }
      else
        bind_ack
      end
    end

    def run
      open
      @results.flush(loose: true)
      loop do
        kind, payload = next_frame
        case kind
        when Wire::TUPLES then take(payload)
        when Wire::COMMAND then obey(JsonText.decode(payload)['command'])
        else raise WireError, "a bolt was sent a frame of kind #{kind.inspect}"
        end
      rescue EndOfInput
        break
      end
      @component.close
      @results.flush(loose: true)
    end

    def stop
      @results.flush(loose: @auto && !@in_hand)
    end

    # For the compiled `emit`: what is not a plain row of the stream `default`.
    def special_emit(values, anchors, stream, direct_task, need_task_ids)
      ids = @auto ? nil : anchor_ids(anchors)
      output = @outputs.find(stream, direct_task)
      unless output.listeners
        counted(values, output.index)
        return need_task_ids ? [] : nil
      end
      relieve if need_task_ids # the row asked about has to be the last one of the frame that asks
      slow_emit(values, output.index, output.direct ? direct_task : nil, ids)
      return ask_task_ids(@auto && !@in_hand) if need_task_ids

      check
      nil
    end

    # The ids of the inputs that a row is tied to: one input, or several.
    def anchor_ids(anchors)
      return [] if anchors.nil?
      return [Rows.number(anchors)] if Rows::Row === anchors

      ids = Array(anchors).map { |anchor| Rows.number(anchor) }
      @anchored += ids.size
      relieve if @anchored > MANY_ANCHORS
      ids
    end

    # For `fail` in user code.
    def failed_by_hand(input, reason)
      id = Rows.number(input)
      if @auto && id < @results.consumed + @results.marks.size
        raise Error, 'this input has been acked already; an AutoAckBolt can fail its current input only'
      end

      @results.fails << [id, reason.nil? ? 'failed by the bolt' : reason.to_s]
      nil
    end

    # Sends what one `execute` has piled up.
    def relieve
      open
      @anchored = 0
      @results.flush(loose: @auto && !@in_hand)
    end

    private

    # `ack` runs once a tuple, so it is compiled as `emit` is.
    def bind_ack
      @code.module_eval(<<~RUBY, __FILE__, __LINE__ + 1)
        def stormhost_ack(input)
          ACKS << (Rows::Row === input ? input.stormhost_at >> Rows::TASK_BITS : Rows.number(input))
          nil
        end
      RUBY
      @code.const_set(:Rows, Rows)
      return if Link.overrides?(@component, Bolt, :ack)

      @component.singleton_class.alias_method(:ack, :stormhost_ack)
    end

    def obey(command)
      case command
      when 'finish'
        guarded { @component.finish }
        @results.flush(loose: true)
        message({ 'command' => 'finished' })
      when 'heartbeat' then message({ 'command' => 'sync' })
      end
    end

    # One `T` frame.
    def take(payload)
      begun = clock
      in_code = @in_code
      tuples(payload)
      @results.flush
      now = clock
      @in_codec += now - begun - (@in_code - in_code)
      return if now - @told_spent < TELL_SPENT

      @told_spent = now
      message({ 'command' => 'metrics', 'name' => '__spent', 'params' => [@in_code, @in_codec] })
    end

    # Executes every row of a `T` frame, in order.
    def tuples(payload)
      at = 4
      payload.unpack1('V').times do
        number, width, count, task = payload.unpack('vvVV', offset: at)
        at += 12
        if task.zero?
          task = payload.unpack("V#{count}", offset: at)
          at += 4 * count
        end
        columns = Array.new(width) do
          length = payload.unpack1('V', offset: at)
          at += 4 + length
          @codec.decode(payload.byteslice(at - length, length))
        end
        first = @taken
        @taken += count
        @in_hand = true
        begun = clock
        @loops[number] ? execute(@loops[number], columns, first, count, task) : ticks(count)
        @in_code += clock - begun
        @in_hand = false
      end
    end

    def ticks(count)
      (@taken - count...@taken).each do |id|
        guarded { @component.tick }
        @results.marks << @results.rows.size
        @results.acks << id unless @auto
      end
    end

    # Executes the rows of a run, whose first has the id `first`.
    #
    # Goes by small groups, so that the clock is read rarely while executes are fast.
    def execute(rows, columns, first, count, task)
      last = first + count
      flushed = before = clock
      while (at = @results.consumed + @results.marks.size) < last
        begin
          rows.stormhost_loop(@component, @results.marks, @results.rows, columns, first, at, [at + @pace, last].min, task)
        rescue *FAILURES => e
          failed(@results.consumed + @results.marks.size, e)
          @results.marks << @results.rows.size
        end
        now = clock
        if now - before > SLOW * @pace then @pace = 1
        elsif @pace < MAX_PACE then @pace *= 2
        end
        before = now
        next if now - flushed <= MAX_AGE || @results.consumed + @results.marks.size >= last

        @results.flush
        flushed = now
      end
    end

    def failed(id, error)
      report(error)
      @results.fails << [id, Traceback.summary(error)] if @auto || !@results.acks.include?(id)
    end

    # The class of the rows of one input, with the loop over them compiled for its fields; nil for ticks.
    def input_loop(input)
      return if input.values_at('component', 'stream') == TICK

      made = Rows.make(input['component'], input['stream'], input['fields'])
      columns = input['fields'].each_index.to_a
      values = columns.map { |column| "c#{column}[i]" }
      made.singleton_class.class_eval(<<~RUBY, __FILE__, __LINE__ + 1)
        def stormhost_loop(component, marks, rows, columns, first, id, stop, task)
          #{columns.map { |column| "c#{column} = columns[#{column}]" }.join('; ')}
          if Integer === task
            while id < stop
              i = id - first
              component.execute(new(#{[*values, 'id << 20 | task'].join(', ')}))
              marks << rows.size
              id += 1
            end
          else
            while id < stop
              i = id - first
              component.execute(new(#{[*values, 'id << 20 | task[i] & 0xFFFFF'].join(', ')}))
              marks << rows.size
              id += 1
            end
          end
        end
      RUBY
      made
    end
  end
end
