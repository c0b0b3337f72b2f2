# frozen_string_literal: true

module Stormhost
  # A second pair of eyes on a spout whose code does not return.
  #
  # `tuples` over a message queue blocks whenever the queue is empty, and what it yielded just before must not wait for the next
  # message. A thread looks at it now and then, but only while something is unsent.
  class Watch
    # How long (s) rows may wait for a call that blocks: one to two of these.
    LOOK = 0.004
    private_constant :LOOK

    # The block is called every few milliseconds once armed, with what it returned before, until it returns nil.
    def initialize(&look)
      @look = look
      @armed = false
      @calls = Thread::Queue.new
    end

    # Cheap when armed already.
    def arm
      return if @armed

      @armed = true
      @thread ||= Thread.new { watch }
      @calls << true
    end

    private

    def watch
      loop do
        @calls.pop
        seen = false
        until seen.nil?
          sleep LOOK
          seen = @look.call(seen)
        end
        @armed = false
        # Armed between the last look and the line above? Then nobody calls: look once more.
        arm unless @look.call(false).nil?
      end
    rescue HostGone
      exit!(1)
    end
  end
end
