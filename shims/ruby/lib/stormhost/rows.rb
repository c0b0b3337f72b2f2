# frozen_string_literal: true

module Stormhost
  # Where a tuple comes from. `id`: its number, counted by the receiving task; `component` and `stream`: who sent it, on which
  # stream; `task`: number of the task that sent it.
  Meta = Struct.new(:id, :component, :stream, :task)

  # The tuple objects that `execute` is given.
  #
  # One class per input stream, made once a task, so that fields are plain methods. A field's name wins over everything: whatever
  # else a tuple can do is written so that it calls no method on the tuple that a field may be called like.
  #
  # What the tuple itself has stands in one integer: `id << 20 | task`. `meta` is made from it on demand.
  module Rows
    TASK_BITS = 20
    TASK_MASK = (1 << TASK_BITS) - 1
    # Ruby itself, or this library, would come to harm without these: such a field is reached as an item only.
    RESERVED = %w[initialize instance_variable_get object_id stormhost_at].freeze
    private_constant :RESERVED

    # Base of all tuples.
    class Row
      # For this library: `id << TASK_BITS | task`.
      attr_reader :stormhost_at
    end

    # A class whose instances are made from one value a field and, last, `id << 20 | task`.
    def self.make(component, stream, fields)
      # In a class of its own, so that fields may be called like what it defines.
      base = Class.new(Row)
      add_methods(base, "#{component}.#{stream}", fields.map { |name| name.to_s.dup.freeze }, component, stream)
      row = Class.new(base)
      parameters = fields.each_index.map { |position| "stormhost_v#{position}" }
      assignments = parameters.map { |name| "@#{name} = #{name}" }
      row.class_eval(<<~RUBY, __FILE__, __LINE__ + 1)
        def initialize(#{[*parameters, 'at'].join(', ')}) # def initialize(stormhost_v0, at)
          #{[*assignments, '@stormhost_at = at'].join('; ')} # @stormhost_v0 = stormhost_v0; @stormhost_at = at
        end
      RUBY
      fields.each_with_index do |name, position|
        next unless name.match?(/\A[[:alpha:]_][[:alnum:]_]*\z/) && !name.start_with?('__') && !RESERVED.include?(name)

        # A reader that Ruby knows as one costs less than a method; its own name is of no use to anybody.
        row.attr_reader("stormhost_v#{position}")
        row.alias_method(name, "stormhost_v#{position}")
        row.remove_method("stormhost_v#{position}")
      end
      row
    end

    def self.add_methods(row, title, fields, component, stream)
      variables = fields.each_index.map { |position| :"@stormhost_v#{position}" }
      index = fields.each_with_index.to_h
      none = ->(name) { "a tuple of #{title} has no field '#{name}'; it has: #{fields.empty? ? 'none' : fields.join(', ')}" }
      values = ->(of) { variables.map { |variable| of.instance_variable_get(variable) } }
      define_access(row, variables, index, none, values)
      define_identity(row, values)
      row.define_method(:meta) { Meta.new(@stormhost_at >> TASK_BITS, component, stream, @stormhost_at & TASK_MASK) }
      text = lambda do |of|
        "#{title}(#{fields.zip(values.call(of)).map { |name, value| "#{name}=#{value.inspect}" }.join(', ')})"
      end
      row.define_method(:inspect) { text.call(self) }
      row.define_method(:to_s) { text.call(self) }
      row.define_method(:method_missing) do |name, *|
        error = NoMethodError.new(none.call(name), name, receiver: self)
        error.set_backtrace(caller) # or Ruby would point into this file
        raise error
      end
      row.define_method(:respond_to_missing?) { |_name, _private = false| false }
      row.define_method(:to_h) { fields.zip(values.call(self)).to_h }
    end

    def self.define_access(row, variables, index, none, values)
      row.define_method(:[]) do |key|
        case key
        when String, Symbol
          position = index.fetch(key.to_s) { raise KeyError, none.call(key) }
          instance_variable_get(variables[position])
        when Integer
          variable = variables.fetch(key) do
            raise IndexError, "a tuple of #{variables.size} fields has no number #{key}"
          end
          instance_variable_get(variable)
        else values.call(self)[key]
        end
      end
      row.define_method(:to_a) { values.call(self) }
      row.define_method(:size) { variables.size }
      row.define_method(:each) { |&block| values.call(self).each(&block) }
      row.define_method(:deconstruct) { values.call(self) }
      row.define_method(:deconstruct_keys) { |_| index.to_h { |name, position| [name.to_sym, values.call(self)[position]] } }
    end

    # Two tuples are equal only if they are the same one: a bolt that keeps its inputs in a list must not lose one because another
    # holds the same values. Compared with an Array, values count.
    def self.define_identity(row, values)
      at = ->(of) { of.instance_variable_get(:@stormhost_at) }
      row.define_method(:==) do |other|
        Array === other ? values.call(self) == other : row === other && at.call(other) == @stormhost_at
      end
      row.define_method(:eql?) { |other| row === other && at.call(other) == @stormhost_at }
      row.define_method(:hash) { @stormhost_at.hash }
    end

    # The number of an input tuple. Raises TypeError for what is none.
    def self.number(input)
      raise TypeError, "expected an input tuple, got #{input.class}" unless Row === input

      input.stormhost_at >> TASK_BITS
    end

    private_class_method :add_methods, :define_access, :define_identity
  end
end
