# frozen_string_literal: true

require 'stormhost/jsontext'
require 'stormhost/plain'
require 'stormhost/wire'

module Stormhost
  # The Storm JSON dialect, for hosts that do not offer frames: a component written for us runs on Apache Storm too.
  module Storm
    # The link that fits the component, spout or bolt.
    def self.link(component, channel_in, channel_out, rest)
      kind = component.is_a?(Spout) ? SpoutLink : BoltLink
      kind.new(component, Channel.new(channel_in, channel_out, rest))
    end

    # Messages of JSON text, each followed by a line `end`. Task ids, which are arrays, are kept apart.
    class Channel
      def initialize(channel_in, channel_out, rest)
        @in = channel_in
        @outlet = Wire::Outlet.new(channel_out)
        @data = rest
        @commands = []
        @task_ids = []
      end

      # Sends one message.
      def write(message)
        @outlet.write(JsonText.encode(message) << "\nend\n")
      end

      # The next message that is no list of task ids. Raises EndOfInput.
      def command
        sort while @commands.empty?
        @commands.shift
      end

      # The next list of task ids; what comes before it waits.
      def task_ids
        sort while @task_ids.empty?
        @task_ids.shift
      end

      private

      def sort
        message = read
        (message.is_a?(Array) ? @task_ids : @commands) << message
      end

      def read
        searched = 0
        until (found = @data.index("\nend\n", searched))
          searched = [0, @data.bytesize - 4].max
          @data << @in.readpartial(Wire::READ)
        end
        text = @data.byteslice(0, found)
        @data = @data.byteslice(found + 5..)
        JsonText.decode(text)
      rescue EOFError
        raise EndOfInput
      end
    end

    # What spouts and bolts share in this dialect.
    module Shared
      def initialize(component, channel)
        declared = component.class.streams
        fields = component.context['stream->outputfields'] || declared.transform_values(&:fields)
        # Storm does not tell a child which streams are direct; the class knows.
        outputs = fields.each_with_index.map do |(name, names), index|
          Output.new(index, name, names, declared[name]&.direct || false, true)
        end
        super(component, Outputs.new(outputs))
        @channel = channel
      end

      def open
        return if @opened

        @opened = true
        @channel.write({ 'pid' => ::Process.pid })
      end

      def message(message)
        open
        @channel.write(message)
      end

      # Everything has been sent already.
      def stop; end

      private

      # Calls user code that may fail without ending the process.
      def guarded
        yield
      rescue *FAILURES => e
        @component.report_error(e)
      end

      # Sends an emit, and waits for task ids where they are wanted and the dialect gives them.
      def send_emit(message, direct_task, need_task_ids)
        open
        direct = direct_task && direct_task != 0
        message['task'] = direct_task if direct
        message['need_task_ids'] = need_task_ids && !direct
        @channel.write(message)
        return unless need_task_ids

        direct ? [direct_task] : @channel.task_ids
      end
    end

    # Takes tuples one by one.
    class BoltLink < PlainLink
      include Shared

      def initialize(component, channel)
        super
        @auto = component.is_a?(AutoAckBolt)
        @ids = {}
        @current = []
      end

      def run
        open
        loop do
          message = @channel.command
          if message['stream'] == '__heartbeat'
            @channel.write({ 'command' => 'sync' })
          elsif message['stream'] == '__tick' && message['comp'] == '__system'
            guarded { @component.tick }
            @channel.write({ 'command' => 'ack', 'id' => message['id'] })
          else
            execute(message)
          end
        rescue EndOfInput
          break
        end
        @component.close
      end

      def ack(input)
        answer('ack', Rows.number(input)) unless @auto
      end

      # Storm's `fail` has no place for the reason.
      def fail(input, reason)
        @component.log("fails a tuple: #{reason}", :warn) if reason && @ids.key?(Rows.number(input))
        answer('fail', Rows.number(input))
      end

      def send_bolt(output, row, anchors, direct_task, need_task_ids)
        ids = (@auto ? @current : anchors).filter_map { |of| @ids[of] }
        message = { 'command' => 'emit', 'stream' => output.name, 'tuple' => row, 'anchors' => ids }
        send_emit(message, direct_task, need_task_ids)
      end

      private

      def execute(message)
        component, stream, values = message.values_at('comp', 'stream', 'tuple')
        fields = @component.context.dig('source->stream->fields', component, stream)
        fields = values.each_index.map { |at| "field_#{at}" } if fields.nil? || fields.size != values.size
        input = row(component, stream, fields, values, message['task'] || 0)
        number = Rows.number(input)
        @ids[number] = message['id']
        @current = @auto ? [number] : []
        begin
          @component.execute(input)
        rescue *FAILURES => e
          @component.report_error(e)
          answer('fail', number)
        else
          answer('ack', number) if @auto
        end
        @current = []
      end

      # Storm halts the worker for an answer to what has been answered already.
      def answer(command, number)
        id = @ids.delete(number)
        @channel.write({ 'command' => command, 'id' => id }) unless id.nil?
      end
    end

    # Does as it is told: `next`, `ack`, `fail`; each command ends with `sync`.
    class SpoutLink < PlainLink
      include Shared

      def initialize(component, channel)
        super
        @pending = {}
        @sequence = @emitted = 0
        @wakes = Link.wakes?(component)
        @woken = false
      end

      def run
        open
        pull = PlainLink.puller(@component)
        loop do
          message = @channel.command
          obey(message['command'], message['id'], pull)
          @channel.write({ 'command' => 'sync' })
        rescue EndOfInput
          break
        end
        @component.close
      end

      def send_spout(output, row, id, direct_task, need_task_ids)
        message = { 'command' => 'emit', 'stream' => output.name, 'tuple' => row }
        @emitted += 1
        unless id.nil?
          key = (@sequence += 1).to_s
          @pending[key] = id
          message['id'] = key
        end
        send_emit(message, direct_task, need_task_ids)
      end

      private

      def obey(command, id, pull)
        case command
        when 'next' then ask(pull) unless @component.stormhost_again || @component.stormhost_done?
        when 'ack' then told(id) { |mine| @component.stormhost_acked(mine) }
        when 'fail'
          told(id) { |mine| @component.stormhost_failed(mine, 'failed', '') }
          wake
        when 'activate' then guarded { @component.activate }
        when 'deactivate' then guarded { @component.deactivate }
        end
      end

      def ask(pull)
        before = @emitted
        pull.call
        return unless @woken && @emitted == before

        @woken = false
        @component.done
      end

      # What a spout that is done emits now it may have queued in `fail`; it is done again as soon as it emits nothing.
      def wake
        return unless @wakes && @component.stormhost_done?

        @component.stormhost_undone
        @woken = true
      end

      def told(key)
        guarded { yield @pending.delete(key) } if @pending.key?(key)
      end
    end
  end
end
