# frozen_string_literal: true

require 'stormhost'
require 'stormhost/plain'

module Stormhost
  # Trying a component out as a plain object: a list in, a list out, no host and no process.
  #
  #     result = Stormhost::Testing.run_bolt(Split.new, ['the cow', 'jumped'])
  #     result.emitted # => ["the", "cow", "jumped"]
  module Testing
    # Among the inputs of `run_bolt`: a tick.
    TICK = Object.new
    def TICK.inspect = 'TICK'

    # A spout that emits nothing this many times in a row is taken to have nothing.
    EMPTY_CALLS = 100
    private_constant :EMPTY_CALLS

    # What a component did.
    #
    # `emitted`: everything it emitted, in order: a bare value where the stream has one field, else an Array. `streams`: the same by
    # stream. `acked`: bolts: the inputs, as given, that were acked; spouts: ids. `failed`: bolts: [input, reason]; spouts: ids.
    # `pending`: inputs that are neither. `logged`: [level, message]. `errors`: texts of reported errors. `anchors`: for each emit,
    # the inputs it is tied to. `ids`: spouts: the id of each emit, nil when it is not tracked.
    Result = Struct.new(:emitted, :streams, :acked, :failed, :pending, :logged, :errors, :anchors, :ids) do
      def self.empty
        new([], {}, [], [], [], [], [], [], [])
      end
    end

    module_function

    # Runs a bolt over `inputs` as a host would, from `prepare` to `finish` and `close`.
    #
    # An input is a Hash (field → value), an Array with one value a field of `fields`, a bare value, or TICK. Without `fields`, values
    # that come without names are reached by index. What `execute` raises fails that input.
    def run_bolt(bolt, inputs, fields: nil, component: 'source', stream: 'default', conf: {}, finish: true)
      recorder = Recorder.new(bolt, conf)
      bolt.prepare
      names = fields.nil? ? nil : Stream.names(fields).map(&:to_s)
      inputs.each { |given| recorder.take(given, names, component, stream) }
      bolt.finish if finish
      bolt.close
      recorder.closing
    end

    # Asks a spout for tuples until it has emitted `count` of them, is done, or seems to have nothing.
    #
    # Each tracked tuple is then acked, or failed if the block returns a reason for its values; replays are judged again. After a fail
    # a spout that has nothing more, but a `fail` of its own, is asked again until it emits nothing.
    def run_spout(spout, count = 1, conf: {}, &verdict)
      recorder = Recorder.new(spout, conf)
      spout.prepare
      pull = PlainLink.puller(spout)
      empty = 0
      emitted = recorder.result.emitted
      until emitted.size >= count || spout.stormhost_done? || empty >= EMPTY_CALLS
        before = emitted.size
        pull.call
        empty = emitted.size == before ? empty + 1 : 0
      end
      has_more = emitted.size >= count && !spout.stormhost_done?
      recorder.judge(has_more || !Link.wakes?(spout) ? nil : pull, &verdict)
      spout.close
      recorder.result
    end

    # Writes down what a component does.
    class Recorder < PlainLink
      # So often a spout is asked again after fails, in all.
      WAKES = 1000

      attr_reader :result

      def initialize(component, conf)
        outputs = component.class.streams.values.each_with_index.map do |stream, index|
          Output.new(index, stream.id, stream.fields, stream.direct, true)
        end
        super(component, Outputs.new(outputs))
        @result = Result.empty
        @given = []
        @open = {}
        @unanswered = []
        @wakes_left = WAKES
        @current = []
        @auto = component.is_a?(AutoAckBolt)
        @opened = true
        component.stormhost_place(conf: component.class.conf.merge(conf.transform_keys(&:to_s)), context: {}, task_id: 1,
                                  component_id: component.class.name)
        bind
      end

      # Executes one input.
      def take(given, fields, component, stream)
        return @component.tick if TICK.equal?(given)

        names, values = if given.is_a?(Hash) then [given.keys.map(&:to_s), given.values]
                        else
                          [fields, given.is_a?(Array) ? given : [given]]
                        end
        names ||= values.each_index.map { |at| "field_#{at}" }
        input = row(component, stream, names, values, 1)
        number = Rows.number(input)
        @given << given
        @open[number] = true
        @current = @auto ? [number] : []
        execute(input, number)
        @current = []
      end

      # Which inputs are left when all is over.
      def closing
        result.pending.concat(@open.keys.map { |number| @given[number] })
        result
      end

      # Acks or fails what the spout has tracked, replays included. `pull`: asks it again after a fail.
      def judge(pull)
        until @unanswered.empty?
          id, values = @unanswered.shift
          reason = block_given? ? yield(values) : nil
          shown = id.is_a?(ReliableSpout::Pending) ? id.id : id
          if reason.nil? || reason == false
            result.acked << shown
            @component.stormhost_acked(id)
          else
            result.failed << shown
            @component.stormhost_failed(id, 'failed', reason.to_s)
            exhaust(pull) if pull
          end
          nil while @component.stormhost_again
        end
      end

      def ack(input)
        number = Rows.number(input)
        result.acked << @given[number] if !@auto && @open.delete(number)
      end

      def fail(input, reason)
        number = Rows.number(input)
        result.failed << [@given[number], reason.to_s] if @open.delete(number)
      end

      def send_bolt(output, row, anchors, direct_task, need_task_ids)
        result.anchors << (@auto ? @current : anchors).map { |number| @given[number] }
        record(output, row, direct_task, need_task_ids)
      end

      def send_spout(output, row, id, direct_task, need_task_ids)
        result.ids << (id.is_a?(ReliableSpout::Pending) ? id.id : id)
        @unanswered << [id, shown(row)] unless id.nil?
        record(output, row, direct_task, need_task_ids)
      end

      def message(message)
        case message['command']
        when 'log' then result.logged << [LEVELS.key(message['level']), message['msg']]
        when 'error' then result.errors << message['msg']
        end
      end

      private

      # Asks the spout until it emits nothing; a thousand times at the most, for a verdict that never has enough.
      def exhaust(pull)
        @component.stormhost_undone
        while (@wakes_left -= 1) >= 0
          before = result.emitted.size
          pull.call
          break if @component.stormhost_done? || result.emitted.size == before
        end
        @component.done
      end

      def execute(input, number)
        begin
          @component.execute(input)
        rescue *FAILURES => e
          @component.report_error(e)
          self.fail(input, Traceback.summary(e))
        end
        result.acked << @given[number] if @auto && @open.delete(number)
      end

      def record(output, row, direct_task, need_task_ids)
        result.emitted << shown(row)
        (result.streams[output.name] ||= []) << shown(row)
        need_task_ids ? [direct_task || 1] : nil
      end

      def shown(row)
        row.size == 1 ? row.first : row
      end
    end
    private_constant :Recorder
  end
end
