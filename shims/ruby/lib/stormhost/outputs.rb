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
    attr_reader :list

    def initialize(list)
      @list = list
      @by_name = list.to_h { |output| [output.name, output] }
    end

    # The output called `stream` (nil: `default`). Raises EmitError when it is not declared, and where a direct stream is emitted
    # to without a task, or a normal one with a task.
    def find(stream, direct_task)
      name = stream.nil? ? 'default' : stream.to_s
      output = @by_name.fetch(name) { raise Values.unknown_stream(name, @by_name.keys) }
      reason = if output.direct && !task?(direct_task)
                 "stream '#{name}' is direct: say which task, with direct_task:"
               elsif task?(direct_task) && !output.direct
                 "stream '#{name}' is not direct; declare it with direct: true"
               end
      raise EmitError.new(reason, 'SH0603') if reason

      output
    end

    private

    # Task 0 is nobody, as in Storm.
    def task?(number)
      !number.nil? && number != 0
    end
  end
end
