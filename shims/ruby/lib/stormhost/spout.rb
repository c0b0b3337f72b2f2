# frozen_string_literal: true

module Stormhost
  # Emits tuples: by `next_tuple`, which is called again and again, or by `tuples`, which yields them or returns an Enumerator.
  #
  # A tuple that is emitted with an `id` is tracked: `ack(id)` or `fail(id)` is called once when its tree is complete or lost.
  # Without an `id` nothing more is heard of it. An exception out of `next_tuple` or `tuples` ends the process.
  class Spout < Component
    # Words that stand in the body of a spout's class.
    module Words
      # The block becomes `next_tuple`; what it returns is emitted unless `emit: false`: an Array is a row, nil nothing, anything
      # else a bare value.
      def on_send(emit: true, &block)
        define_method(:stormhost_send, &block)
        define_method(:next_tuple) do
          values = stormhost_send
          self.emit(values) unless !emit || values.nil?
        end
      end

      # The block becomes `ack`.
      def on_ack(&block)
        define_method(:ack, &block)
      end

      # The block becomes `fail`.
      def on_fail(&block)
        define_method(:fail, &block)
      end

      # The block becomes `activate`.
      def on_activate(&block)
        define_method(:activate, &block)
      end

      # The block becomes `deactivate`.
      def on_deactivate(&block)
        define_method(:deactivate, &block)
      end
    end
    extend Words

    # `replay :host`: the host keeps what is pending and emits it again when it fails.
    word :replay, nil

    # Emits none, one or many tuples, and returns soon.
    def next_tuple
      raise NotImplementedError, "#{self.class} needs a method next_tuple, on_send, or tuples"
    end

    # Instead of `next_tuple`: yields rows or bare values, or nil after calling `emit` itself. May return an Enumerator instead.
    #
    # Yield nil while there is nothing: only then are acks and fails taken. When it returns, the spout is done.
    def tuples
      raise NotImplementedError
    end

    # The tuple with this id, and all that came of it, has been dealt with.
    def ack(_id); end

    # The tuple with this id, or something that came of it, failed or timed out.
    def fail(_id); end

    # Within `fail`: the kind (`failed`, `timeout`, `child_died`, `refused`, `dead_letter`) and the reason.
    def failure
      @stormhost_failure || ['', '']
    end

    # Called when the topology goes on after a pause.
    def activate; end

    # Called when the topology is paused.
    def deactivate; end

    # Says that this spout has nothing more to emit. Acks and fails still arrive.
    #
    # A spout with `next_tuple` that has a `fail` of its own is asked again after a fail, until it emits nothing.
    def done
      @stormhost_done = true
      nil # what an `on_send` returns is emitted
    end

    # Emits one tuple.
    #
    # `values`: an Array is the row; anything else is a bare value, where the stream has one field. `id`: any object; given back to
    # `ack` or `fail`; nil: not tracked. `stream`, `direct_task`, `need_task_ids`: as for bolts.
    # Raises EmitError for what cannot be sent.
    def emit(values, id: nil, stream: nil, direct_task: nil, need_task_ids: false)
      stormhost_emit(values, id: id, stream: stream, direct_task: direct_task, need_task_ids: need_task_ids)
    end

    # Links define this on the running component.
    def stormhost_emit(*, **)
      raise Error, 'emit is possible from prepare on, in a running spout; see Stormhost::Testing.run_spout'
    end

    # For this library, as all below: whether it is done.
    def stormhost_done?
      @stormhost_done
    end

    # Takes back that it is done.
    def stormhost_undone
      @stormhost_done = false
    end

    def stormhost_acked(id)
      ack(id)
    end

    def stormhost_failed(id, kind, reason)
      @stormhost_failure = [kind, reason]
      self.fail(id)
    end

    # Emits one tuple that waits to be replayed; false when there is none.
    def stormhost_again
      false
    end

    # Whether tuples wait to be replayed.
    def stormhost_replays?
      false
    end

    # Yields what `tuples` yields, or what the Enumerator holds that it returns.
    def stormhost_each(&block)
      result = tuples(&block)
      result.each(&block) if result.is_a?(Enumerator)
    end
  end

  # A spout that keeps what is pending and emits again what failed.
  #
  # Every tuple is tracked; without an `id` it gets a number. `ack(id)` is called once, `fail(id)` after each failed try, before
  # the replay. After `max_tries` a tuple goes to `dead_letter`.
  class ReliableSpout < Spout
    # One tuple on its way, and how often it has failed.
    Pending = Struct.new(:id, :values, :stream, :direct_task, :tries) do
      # Two tuples are the same only if they are one.
      alias_method :eql?, :equal?
      def hash
        __id__
      end
    end

    # `max_tries 5`: how often a tuple is emitted in all. A fail because a process died costs no try.
    word :max_tries, 3

    # As Spout#emit, but always tracked.
    def emit(values, id: nil, stream: nil, direct_task: nil, need_task_ids: false)
      id = @stormhost_number = (@stormhost_number || 0) + 1 if id.nil?
      kept = copy(values) # for the replay, while the caller may go on changing its own
      pending = Pending.new(id, kept, stream, direct_task, 0)
      stormhost_emit(kept, id: pending, stream: stream, direct_task: direct_task, need_task_ids: need_task_ids)
    end

    # Called with what failed too often. Hands it to the host's dead letters; override it to keep the tuple elsewhere.
    def dead_letter(id, values, reason)
      report_error("given up after #{self.class.max_tries} tries: #{values.inspect} (id #{id.inspect}): #{reason}")
      link = @stormhost_link # Storm knows no such thing as dead letters
      link.dead_letter(values, *@stormhost_given_up_on, reason) if link.respond_to?(:dead_letter)
    end

    def stormhost_acked(pending)
      ack(pending.id)
    end

    def stormhost_failed(pending, kind, reason)
      @stormhost_failure = [kind, reason]
      pending.tries += 1 unless kind == 'child_died'
      begin
        self.fail(pending.id)
      ensure # whatever that raises, the tuple is not to be lost
        stormhost_again_or_never(pending, kind, reason)
      end
    end

    def stormhost_again
      return false unless stormhost_replays?

      pending = @stormhost_replays.shift
      stormhost_emit(pending.values, id: pending, stream: pending.stream, direct_task: pending.direct_task)
      true
    end

    def stormhost_replays?
      !(@stormhost_replays.nil? || @stormhost_replays.empty?)
    end

    private

    def stormhost_again_or_never(pending, kind, reason)
      return if kind == 'dead_letter' # the host has set it aside: it would kill its child again

      if pending.tries >= self.class.max_tries
        @stormhost_given_up_on = [pending.stream, pending.direct_task]
        dead_letter(pending.id, pending.values, reason.empty? ? kind : "#{kind}: #{reason}")
      else
        (@stormhost_replays ||= []) << pending
      end
    end

    # What is nested too deep is refused by the emit that follows.
    def copy(values, depth = 0)
      return values if depth > Values::MAX_DEPTH

      case values
      when String then values.dup
      when Array then values.map { |item| copy(item, depth + 1) }
      when Hash then values.transform_values { |item| copy(item, depth + 1) }
      else values
      end
    end
  end
end
