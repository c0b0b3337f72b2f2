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
      raise EmitError, "stream '#{name}' is direct: say which task, with direct_task:" if output.direct && !task?(direct_task)
      raise EmitError, "stream '#{name}' is not direct; declare it with direct: true" if task?(direct_task) && !output.direct

      output
    end

    private

    # Task 0 is nobody, as in Storm.
    def task?(number)
      !number.nil? && number != 0
    end
  end
end
