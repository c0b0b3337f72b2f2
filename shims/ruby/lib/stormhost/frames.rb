# frozen_string_literal: true

require 'stormhost/codec'
require 'stormhost/emit'
require 'stormhost/jsontext'
require 'stormhost/link'
require 'stormhost/outputs'
require 'stormhost/results'
require 'stormhost/wire'

module Stormhost
  # What spouts and bolts share when they speak frames: messages, task ids, the answer to the handshake.
  class FramesLink < Link
    # One error of a kind (type and place) is told in full this often; a bolt that fails each tuple must not drown its log.
    REPEAT_SECONDS = 1.0
    private_constant :REPEAT_SECONDS

    # `offer` is the host's, which is taken up.
    def initialize(inlet, outlet, codec, offer, component)
      super()
      @inlet = inlet
      @outlet = outlet
      @codec = codec
      @component = component
      @outputs = Outputs.new(offer.fetch('outputs', []).each_with_index.map do |output, index|
        Output.new(index, output['stream'], output['fields'], output['direct'] ? true : false, output.fetch('listeners', true))
      end)
      @max_frame = offer.fetch('max_frame', 64 << 20)
      @buffered = []
      @told = {}
    end

    # What the answer to the handshake says beside the pid.
    def hello
      { 'version' => 1, 'encoding' => @codec.encoding, 'library' => "stormhost-ruby #{VERSION}", 'codec' => @codec.name }
    end

    def open
      return if @opened

      @opened = true
      @outlet.write(JsonText.encode({ 'pid' => ::Process.pid, 'stormhost' => hello }) << "\nend\n")
    end

    def message(message)
      open
      @outlet.frame(Wire::MESSAGE, JsonText.encode(message))
    end

    def foreword(message)
      @outlet.write(JsonText.encode(message) << "\nend\n")
      true
    end

    # Adds a row whose values are not of the common kind, or raises EmitError. `extra`: ids of anchors, or a message id.
    def slow_emit(values, block, task, extra)
      output, = @results.blocks[block]
      row = Values.clean_row(values, output.fields, output.name)
      bytes = row.sum { |value| @codec.encode(value).bytesize }
      too_large = "a row of #{bytes} bytes does not fit into a frame of at most #{@max_frame} bytes"
      raise EmitError.new(too_large, 'SH0605') if bytes > @results.largest

      relieve if @results.full?(bytes)
      @results.add(block, row, task, extra, bytes)
    end

    # Nobody listens: only the number of values is checked, and the row forgotten.
    def counted(values, block)
      output, = @results.blocks[block]
      fits = values.is_a?(Array) ? values.size == output.width : output.width == 1
      raise Values.wrong_count(values, output.fields, output.name) unless fits
    end

    # Called now and then while rows gather: sends them before they take too much memory.
    def check
      relieve if @results.full?
    end

    private

    # Compiles `emit`, and makes it the component's, unless its class has one of its own.
    def bind_emit(kind, base)
      @code = Emit.build(self, @results, @codec, kind)
      @component.stormhost_link = self
      @component.extend(@code)
      # TimeBatcher and ReliableSpout have an `emit` of their own too.
      @component.singleton_class.alias_method(:emit, :stormhost_emit) unless Link.overrides?(@component, base, :emit)
    end

    # The next frame for the loop: first those that stood before a reply.
    def next_frame
      @buffered.empty? ? @inlet.frame : @buffered.shift
    end

    # Sends what there is, and waits for where its last row went.
    def ask_task_ids(loose)
      open
      @results.flush(loose: loose, ask: true)
      loop do
        kind, payload = @inlet.frame
        return JsonText.decode(payload) if kind == Wire::TASK_IDS

        @buffered << [kind, payload]
      end
    end

    # Calls user code that may fail without ending the process.
    def guarded
      yield
    rescue *FAILURES => e
      report(e)
    end

    # Tells the host of an exception in user code, but the same one only so often.
    def report(error)
      where = [error.class, error.backtrace&.first]
      now = clock
      return if now - @told.fetch(where, -REPEAT_SECONDS) < REPEAT_SECONDS

      @told.clear if @told.size > 100
      @told[where] = now
      @component.report_error(error)
    end

    def clock
      ::Process.clock_gettime(::Process::CLOCK_MONOTONIC)
    end
  end
end
