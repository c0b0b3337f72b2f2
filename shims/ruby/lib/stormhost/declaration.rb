# frozen_string_literal: true

module Stormhost
  # A component as it is declared in the body of a Topology: what to make, and what it listens to. Not yet a process.
  #
  # The block behind `spout` and `bolt` speaks to it: `source`, `set`, `env`.
  class Declaration
    attr_reader :id, :kind, :parallelism, :conf, :cwd, :replay, :serializer, :place, :inputs

    def initialize(kind, id, parallelism: 1, conf: {}, env: {}, cwd: nil, inputs: [])
      @kind = kind
      @id = id&.to_s
      @parallelism = parallelism
      @conf = conf.is_a?(Hash) ? conf.transform_keys(&:to_s) : conf
      @env = env.is_a?(Hash) ? env.transform_keys(&:to_s) : env
      @cwd = cwd
      @place = Place.here
      @inputs = Inputs.new(inputs)
    end

    # Listens to a component, given by its class, its id, or what `spout` or `bolt` returned.
    #
    #     source Lines                              # shuffle
    #     source :lines, :global                    # Storm's other groupings: all, direct, none, local_or_shuffle
    #     source Split, fields: [:word]             # the same word goes to the same task; or partial_key:
    #     source Split, :shuffle, stream: :late     # a stream other than `default`
    def source(from, grouping = nil, stream: 'default', **by)
      return inputs << from if from.is_a?(Grouping)

      # `fields: …` and `partial_key: …` name the grouping and its fields at once.
      word, fields = by.first || [grouping || :shuffle, []]
      known = Grouping.of(word)
      inputs << (known ? known.new(from, *fields, stream: stream) : UnknownGrouping.new(word, from, *fields, stream: stream))
    end

    # A setting of this component.
    def set(key, value)
      @conf[key.to_s] = value
    end

    # Adds a variable to the environment of its children; without arguments, all that were added.
    def env(name = nil, value = nil)
      name.nil? ? @env : @env[name.to_s] = value.to_s
    end

    # Stream id to Stream.
    def streams
      {}
    end

    # What is wrong with it that the description cannot express: [message, hint].
    def complaint; end

    # The program inside the host in place of a process; nil for all others.
    def builtin; end

    # The subscriptions of one component, each with the line on which it was made.
    class Inputs
      include Enumerable

      def initialize(groupings)
        @items = []
        Array(groupings).each { |grouping| self << grouping }
      end

      # Adds a grouping.
      def <<(grouping)
        @items << [grouping, (grouping.place if grouping.is_a?(Grouping)) || Place.here]
        self
      end

      # Yields groupings with their places.
      def each(&block)
        @items.each(&block)
      end
    end
  end

  # A component that is a Ruby class.
  class ComponentDeclaration < Declaration
    attr_reader :component_class

    def initialize(kind, component_class, arguments, id: nil, parallelism: 1, conf: {}, env: {}, cwd: nil, replay: nil, inputs: [],
                   **keywords)
      super(kind, id || ComponentDeclaration.id_of(component_class), parallelism: parallelism, env: env, cwd: cwd, inputs: inputs,
                                                                     conf: component_class.conf.merge(conf.transform_keys(&:to_s)))
      @component_class = component_class
      # As RedStorm has it: an Array alone is the list of arguments.
      @arguments = arguments.size == 1 && arguments.first.is_a?(Array) ? arguments.first : arguments
      @keywords = keywords
      interval = component_class.tick_interval if component_class.respond_to?(:tick_interval)
      @conf['topology.tick.tuple.freq.secs'] ||= interval unless interval.nil?
      replay = component_class.replay if replay.nil? && component_class.respond_to?(:replay)
      @replay = replay&.to_s
      @serializer = 'json'
    end

    def streams
      component_class.streams
    end

    # The real object, for the child.
    def build
      component_class.new(*@arguments, **@keywords)
    end

    def complaint
      base = kind == 'spout' ? Spout : Bolt
      unless component_class <= base
        other = kind == 'spout' ? 'bolt' : 'spout'
        return ["#{component_class} is no #{kind}", "declare it with `#{other}`"] if component_class < Component

        return ["#{component_class} is no #{kind}", "let it inherit from Stormhost::#{base.name.split('::').last}"]
      end
      missing = ComponentDeclaration.missing_method(component_class)
      missing && ["#{component_class} has no method #{missing}", "'#{id}' needs one"]
    end

    # `Words::SplitBolt` → `split_bolt`; nil for a class without a name.
    def self.id_of(component_class)
      name = component_class.name&.split('::')&.last
      name && Declaration.underscored(name)
    end

    # The method without which a component of this class cannot do anything.
    def self.missing_method(component_class)
      own = ->(base, name) { component_class.instance_method(name).owner != base }
      if component_class < Spout || component_class == Spout
        'next_tuple, nor tuples' unless own[Spout, :next_tuple] || own[Spout, :tuples]
      elsif component_class < TimeBatcher && !own[TimeBatcher, :execute]
        'batch(inputs)' unless own[TimeBatcher, :batch]
      else
        'execute(input)' unless own[Bolt, :execute]
      end
    end
  end

  class Declaration
    # `LateOnes` → `late_ones`, `HTTPErrors` → `http_errors`.
    def self.underscored(name)
      name.gsub(/([A-Z]+)([A-Z][a-z])/, '\1_\2').gsub(/([a-z\d])([A-Z])/, '\1_\2').downcase
    end
  end
end
