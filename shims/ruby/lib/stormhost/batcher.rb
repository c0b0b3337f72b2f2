# frozen_string_literal: true

module Stormhost
  # Calls `batch` with what has come in, every `interval` seconds, or as soon as `max_size` inputs are there.
  #
  # When `batch` returns, all its inputs are acked; when it raises, all are failed. What it emits is anchored to all of them.
  # The last batch is pushed when the input ends.
  class TimeBatcher < Bolt
    # `interval 0.5`: seconds between batches.
    word :interval, 1.0
    # `max_size 100`: inputs that make a batch at once; nil: only the clock does.
    word :max_size, nil

    # The block becomes `batch`.
    def self.on_batch(&block)
      define_method(:batch, &block)
    end

    def self.tick_interval(*)
      interval
    end

    # Called with the inputs of one batch, in order of arrival; never with none.
    def batch(_inputs)
      raise NotImplementedError, "#{self.class} needs a method batch(inputs), or on_batch"
    end

    # Gathers.
    def execute(input)
      (@stormhost_gathered ||= []) << input
      most = self.class.max_size
      push if most && @stormhost_gathered.size >= most
    end

    # Pushes what is there.
    def tick
      push
    end

    # Pushes the last batch.
    def finish
      push
    end

    # Deals with what has been gathered, now.
    def push
      inputs = @stormhost_gathered
      return if inputs.nil? || inputs.empty?

      @stormhost_gathered = []
      @stormhost_current = inputs
      begin
        batch(inputs)
      rescue *FAILURES => e
        report_error(e)
        inputs.each { |input| self.fail(input, Traceback.summary(e)) }
      else
        inputs.each { |input| ack(input) }
      ensure
        @stormhost_current = nil
      end
    end

    # As Bolt#emit; within `batch` anchored to all of its inputs unless `anchors` says otherwise.
    def emit(values, anchors: nil, **options)
      stormhost_emit(values, anchors: anchors.nil? ? @stormhost_current : anchors, **options)
    end
  end
end
