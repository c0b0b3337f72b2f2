# frozen_string_literal: true

module Stormhost
  # One output stream: its number on the wire, its fields, and whether anybody listens.
  Output = Struct.new(:index, :name, :fields, :direct, :listeners) do
    def width
      fields.size
    end
  end

  # All output streams of a component, found by id.
  class Outputs
    # A frame has 32 bits for a task.
    MAX_TASK = (1 << 32) - 1
    private_constant :MAX_TASK

    attr_reader :list

    def initialize(list)
      @list = list
      @by_name = list.to_h { |output| [output.name, output] }
    end

    # The output called `stream` (nil: `default`). Raises EmitError when it is not declared, where a direct stream is emitted to
    # without a task, or a normal one with a task, and for a task that is no number.
    def find(stream, direct_task)
      name = stream.nil? ? 'default' : stream.to_s
      output = @by_name.fetch(name) { raise Values.unknown_stream(name, @by_name.keys) }
      reason = if output.direct && !task?(direct_task)
                 "stream '#{name}' is direct: say which task, with direct_task:"
               elsif task?(direct_task) && !number?(direct_task)
                 "direct_task is the number of a task, not #{direct_task.inspect}"
               elsif task?(direct_task) && !output.direct
                 "stream '#{name}' is not direct; declare it with direct: true"
               end
      raise EmitError.new(reason, 'SH0603') if reason

      output
    end

    private

    # Task 0 is nobody, as in Storm.
    def task?(given)
      given ? given != 0 : false
    end

    # Storm's `task->component` has text for its keys: what is taken from there has to be made a number first.
    def number?(task)
      task.is_a?(Integer) && task.between?(1, MAX_TASK)
    end
  end
end
