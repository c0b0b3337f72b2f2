# frozen_string_literal: true

module Stormhost
  # One conversation with the host. Implemented for frames, for Storm's JSON, and for tests.
  #
  # A link defines `stormhost_emit` (and for bolts `stormhost_ack` and `stormhost_fail`) on its component in `bind`, then runs the
  # loop. Until it is `opened?`, which is when the handshake has been answered, messages go by `foreword`, or else to standard
  # error: Storm would take them for the answer, and a component that fails in `prepare` must not have answered.
  class Link
    def opened?
      @opened
    end

    # Gives the component its `emit`, before `prepare`.
    def bind
      raise NotImplementedError
    end

    # Answers the handshake; further calls do nothing.
    def open
      raise NotImplementedError
    end

    # Works until the host closes our input.
    def run
      raise NotImplementedError
    end

    # Sends what is finished, before the process ends for a reason of its own. Called after `open` only.
    def stop
      raise NotImplementedError
    end

    # Sends a log line, an error or a metric.
    def message(_message)
      raise NotImplementedError
    end

    # Sends a log line or an error ahead of the handshake's answer. False where the host may not expect any.
    def foreword(_message)
      false
    end

    # Whether the component has its own method `name` in place of the one of `base`.
    def self.overrides?(component, base, name)
      component.method(name).owner != base.instance_method(name).owner
    end

    # Whether this spout, when done, is asked again after a fail: it has `next_tuple`, and a `fail` that may have queued something.
    def self.wakes?(spout)
      overrides?(spout, Spout, :fail) && !overrides?(spout, Spout, :tuples) && !spout.is_a?(ReliableSpout)
    end
  end
end
