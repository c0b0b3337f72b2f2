# frozen_string_literal: true

module Stormhost
  # Subclass it, and declare components in the body of the class:
  #
  #     class WordCount < Stormhost::Topology
  #       spout Lines
  #       bolt Split, parallelism: 2 do
  #         source Lines
  #       end
  #       bolt Count, id: :counter, parallelism: 4 do
  #         source Split, fields: :word
  #       end
  #       configure do
  #         max_spout_pending 500
  #       end
  #     end
  #
  # A component is called by its class's name in small letters, `LateOnes` is `late_ones`, or by its `id:`. What stands behind the
  # class, and keywords that are not ours, reach its `initialize`. A topology may build on another one: it has that one's components
  # too, and may replace them by declaring their ids anew.
  class Topology
    # The topologies that were defined, in this order.
    DEFINED = [] # rubocop:disable Style/MutableConstant

    # The block behind `configure`: `max_spout_pending 500` sets `topology.max.spout.pending`, `set` any setting by its full name.
    class Configuration < BasicObject
      def initialize(conf)
        @conf = conf
      end

      def set(key, value)
        @conf[key.to_s] = value
      end

      def respond_to_missing?(*)
        true
      end

      def method_missing(word, *values)
        return super unless values.size == 1

        # As Storm's `setNumWorkers` and `setNumAckers`, whose settings are called otherwise.
        key = { num_workers: 'workers', num_ackers: 'acker.executors' }[word] || word.to_s.tr('_', '.')
        @conf["topology.#{key}"] = values.first
      end
    end

    class << self
      # Where the class begins.
      attr_reader :place

      # A name other than that of the class; nil if none was given.
      attr_reader :given_name

      def inherited(topology)
        super
        topology.instance_variable_set(:@place, Place.here)
        DEFINED << topology
      end

      # Declares a spout: a class, a program's command, or Lines with a command of the shell.
      # Options: `id`, `parallelism`, `conf`, `env`, `cwd`, `replay`.
      def spout(what, *arguments, **options, &block)
        declare('spout', what, arguments, options, block)
      end

      # Declares a bolt: a class, a program's command, or Lines or Exec with a command of the shell.
      # Options as for spouts; in the block its `source`s.
      def bolt(what, *arguments, **options, &block)
        declare('bolt', what, arguments, options, block)
      end

      # Settings for the whole topology; and its name, if one is given.
      def configure(name = nil, &block)
        @given_name = name.to_s unless name.nil?
        Configuration.new(own_conf).instance_exec(:local, &block) if block
      end

      # Settings for the whole topology, inherited ones first.
      def conf
        self == Topology ? {} : superclass.conf.merge(own_conf)
      end

      # The components by id, inherited ones first, in order of declaration.
      def declarations
        self == Topology ? {} : superclass.declarations.merge(own_declarations)
      end

      # What was already seen to be wrong while the body ran.
      def mistakes
        self == Topology ? [] : superclass.mistakes + own_mistakes
      end

      private

      def declare(kind, what, arguments, options, block)
        declaration = declaration_of(kind, what, arguments, options)
        return if declaration.nil?

        if declaration.id.nil? || declaration.id.empty?
          own_mistakes << Mistake.new("a #{kind} is declared but has no name", 'give it one: id: :name', declaration.place)
          return declaration
        end
        note_twice(declaration)
        own_declarations[declaration.id] = declaration
        declaration.instance_exec(&block) if block
        declaration
      end

      def declaration_of(kind, what, arguments, options)
        words = [*what, *arguments]
        return ProgramDeclaration.new(kind, words, **options) if words.first.is_a?(String)
        return Print::Declared.new(**options) if what.is_a?(Class) && what <= Print
        return what.declared(kind, *arguments, **options) if [Lines, Exec].include?(what)
        return Hosted::Declared.new(kind, what, arguments, **options) if what.is_a?(Class) && what <= Hosted
        return ComponentDeclaration.new(kind, what, arguments, **options) if what.is_a?(Class) && what <= Component

        hint = "`#{kind}` takes a class that inherits from Stormhost::#{kind.capitalize}, or the words of a command"
        own_mistakes << Mistake.new("#{what.inspect} is no #{kind}", hint, Place.here)
        nil
      rescue ArgumentError => e
        own_mistakes << Mistake.new("#{kind} #{what.inspect}: #{e.message}", nil, Place.here)
        nil
      end

      def note_twice(declaration)
        before = own_declarations.delete(declaration.id)
        return if before.nil?

        own_mistakes << Mistake.new("component '#{declaration.id}' is declared twice, first in line #{before.place&.line}",
                                    'give each its own name, with id:', declaration.place)
      end

      def own_conf
        @own_conf ||= {}
      end

      def own_declarations
        @own_declarations ||= {}
      end

      def own_mistakes
        @own_mistakes ||= []
      end
    end
  end
end
