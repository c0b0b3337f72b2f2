# frozen_string_literal: true

require 'stormhost/link'
require 'stormhost/outputs'
require 'stormhost/rows'

module Stormhost
  # A link whose every emit goes out at once: what the Storm dialect and the testing helper have in common.
  class PlainLink < Link
    def initialize(component, outputs)
      super()
      @component = component
      @outputs = outputs
      @classes = {}
      @arrived = 0
    end

    # Binds the component to methods that send one thing at a time.
    def bind
      link = self
      @component.stormhost_link = self
      emit = @component.is_a?(Spout) ? :spout_emit : :bolt_emit
      @component.define_singleton_method(:stormhost_emit) { |values, **options| link.public_send(emit, values, **options) }
      return if @component.is_a?(Spout)

      @component.define_singleton_method(:stormhost_ack) { |input| link.ack(input) }
      @component.define_singleton_method(:stormhost_fail) { |input, reason| link.fail(input, reason) }
    end

    # The tuple object for one arrival; ids count from 0.
    def row(component, stream, fields, values, task)
      made = @classes[[component, stream, fields]] ||= Rows.make(component, stream, fields)
      at = (@arrived << Rows::TASK_BITS) | (task.negative? ? 0 : task & Rows::TASK_MASK)
      @arrived += 1
      made.new(*values, at)
    end

    def bolt_emit(values, stream: nil, anchors: nil, direct_task: nil, need_task_ids: false)
      output = @outputs.find(stream, direct_task)
      tied = Rows::Row === anchors ? [anchors] : Array(anchors)
      row = Values.clean_row(values, output.fields, output.name)
      send_bolt(output, row, tied.map { |anchor| Rows.number(anchor) }, direct_task, need_task_ids)
    end

    def spout_emit(values, id: nil, stream: nil, direct_task: nil, need_task_ids: false)
      output = @outputs.find(stream, direct_task)
      send_spout(output, Values.clean_row(values, output.fields, output.name), id, direct_task, need_task_ids)
    end

    # A function that makes a spout emit once: its `next_tuple`, or a step of its `tuples`.
    def self.puller(spout)
      return spout.method(:next_tuple) unless overrides?(spout, Spout, :tuples)

      steps = Enumerator.new { |yielder| spout.stormhost_each { |values| yielder.yield(values) } }
      lambda do
        values = steps.next
        spout.emit(values) unless values.nil?
      rescue StopIteration
        spout.done
      end
    end
  end
end
