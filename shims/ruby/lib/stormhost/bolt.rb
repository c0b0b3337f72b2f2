# frozen_string_literal: true

module Stormhost
  # Takes tuples, emits others, and says itself what became of its input: `ack` or `fail`, each exactly once.
  #
  # Inputs may be acked in any order, and later than in the `execute` that got them. What is never acked is failed by the
  # message timeout. An exception out of `execute` is reported and fails that input; the bolt goes on.
  class Bolt < Component
    # Words that stand in the body of a bolt's class.
    module Words
      # The block becomes `execute`; what it returns is emitted unless `emit: false`: an Array of Arrays is several rows, another
      # Array one, nil or an empty Array none, anything else a bare value. `anchor:` and `ack:`: whether a bolt that acks by hand
      # anchors what the block returns, and acks its input after that.
      def on_receive(emit: true, anchor: false, ack: false, &block)
        define_method(:stormhost_receive, &block)
        define_method(:execute) do |input|
          result = stormhost_receive(input)
          unless !emit || result.nil? || result == []
            anchors = anchor ? input : nil
            rows = result.is_a?(Array) && result.first.is_a?(Array) ? result : [result]
            rows.each { |row| emit(row, anchors: anchors) }
          end
          self.ack(input) if ack
        end
      end

      # The block becomes `finish`.
      def on_finish(&block)
        define_method(:finish, &block)
      end

      # The block becomes `tick`; it is called every `seconds`.
      def on_tick(seconds, &block)
        tick_interval seconds
        define_method(:tick, &block)
      end
    end
    extend Words

    # `tick_interval 5`: seconds between calls of `tick`; nil: no ticks.
    word :tick_interval, nil

    # Called for each tuple. Fields are methods (`input.word`), items by name and by index; see `input.meta`.
    def execute(_input)
      raise NotImplementedError, "#{self.class} needs a method execute(input), or on_receive"
    end

    # Called every `tick_interval` seconds.
    def tick; end

    # Called once when the input has ended, so that a last batch can be pushed.
    def finish; end

    # Emits one tuple.
    #
    # `values`: an Array is the row; anything else is a bare value, where the stream has one field. `stream`: its id, `default` if
    # nil. `anchors`: the input, or several, that fail if this tuple fails; none by default. `direct_task`: the receiving task, for
    # direct streams only. `need_task_ids`: wait, and return the numbers of the tasks that the tuple went to.
    # Raises EmitError for what cannot be sent.
    def emit(values, stream: nil, anchors: nil, direct_task: nil, need_task_ids: false)
      stormhost_emit(values, stream: stream, anchors: anchors, direct_task: direct_task, need_task_ids: need_task_ids)
    end

    # Says that this input has been dealt with.
    def ack(input)
      stormhost_ack(input)
    end

    # Says that this input could not be dealt with; its spout is told, with the reason.
    def fail(input, reason = nil)
      stormhost_fail(input, reason)
    end

    # Links define these three on the running component.
    def stormhost_emit(*, **)
      raise Error, 'emit is possible from prepare on, in a running bolt; see Stormhost::Testing.run_bolt'
    end

    def stormhost_ack(_input)
      raise Error, 'ack is possible in a running bolt only; see Stormhost::Testing.run_bolt'
    end

    def stormhost_fail(_input, _reason)
      raise Error, 'fail is possible in a running bolt only; see Stormhost::Testing.run_bolt'
    end
  end

  # A bolt whose emits are anchored to the current input, which is acked when `execute` returns.
  #
  # An exception out of `execute` is reported and fails the input. `fail(input)` within `execute` fails it without an exception;
  # `ack` does nothing.
  class AutoAckBolt < Bolt
  end
end
