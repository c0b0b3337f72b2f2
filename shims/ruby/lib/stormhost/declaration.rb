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
      @env = env.to_h { |name, value| [name.to_s, value.to_s] }
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

    # What is wrong with it that the description cannot express: pairs of message and hint.
    def complaints
      found = []
      found << ["the parallelism of '#{id}' is #{parallelism.inspect}, and no whole number", nil] unless parallelism.is_a?(Integer)
      streams.each_value do |stream|
        stream.fields.grep_v(String).each do |field|
          found << ["stream '#{stream.id}' of '#{id}' has the field #{field.inspect}, which is no text",
                    'one name, or several: output_fields :word, :count']
        end
      end
      found
    end

    # The program inside the host in place of a process; nil for all others.
    def builtin; end

    # What stands in the description in place of a command; nil for what has one.
    def hosted
      builtin && { 'builtin' => builtin }
    end

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

    def complaints
      [*super, wrong_kind || missing_method || wrong_arguments].compact
    end

    # `Words::SplitBolt` → `split_bolt`; nil for a class without a name.
    def self.id_of(component_class)
      name = component_class.name&.split('::')&.last
      name && Declaration.underscored(name)
    end

    private

    def wrong_kind
      base = kind == 'spout' ? Spout : Bolt
      return if component_class <= base

      hint = if component_class <= Spout || component_class <= Bolt
               "declare it with `#{kind == 'spout' ? 'bolt' : 'spout'}`"
             else
               "let it inherit from Stormhost::#{base.name.split('::').last}"
             end
      ["#{component_class} is no #{kind}", hint]
    end

    # The method without which a component of this class cannot do anything.
    def missing_method
      own = ->(base, name) { component_class.instance_method(name).owner != base }
      missing = if component_class <= Spout
                  'next_tuple, nor tuples' unless own[Spout, :next_tuple] || own[Spout, :tuples]
                elsif component_class <= TimeBatcher && !own[TimeBatcher, :execute]
                  'batch(inputs)' unless own[TimeBatcher, :batch]
                else
                  'execute(input)' unless own[Bolt, :execute]
                end
      missing && ["#{component_class} has no method #{missing}", "'#{id}' needs one"]
    end

    # Arguments that `initialize` will not take, found before a child trips over them.
    def wrong_arguments
      taken = component_class.instance_method(:initialize)
      names = taken.parameters.select { |kind, _| %i[key keyreq].include?(kind) }.map(&:last)
      unless taken.parameters.any? { |kind, _| kind == :keyrest }
        unknown = @keywords.keys - names
        return ["'#{id}': neither `#{kind}` nor #{component_class}#initialize knows #{unknown.first}:", nil] if unknown.any?
      end
      missing = taken.parameters.filter_map { |kind, name| name if kind == :keyreq } - @keywords.keys
      return ["'#{id}': #{component_class}#initialize is not given #{missing.first}:", nil] if missing.any?

      needed = taken.parameters.count { |kind, _| kind == :req }
      room = needed + taken.parameters.count { |kind, _| kind == :opt }
      room = @arguments.size if taken.parameters.any? { |kind, _| kind == :rest } && taken.owner <= Component
      return if @arguments.size.between?(needed, room)

      ["'#{id}': #{component_class}#initialize takes #{[needed, room].uniq.join(' to ')} arguments, got #{@arguments.size}",
       'what stands behind the class reaches its initialize']
    end
  end

  class Declaration
    # `LateOnes` → `late_ones`, `HTTPErrors` → `http_errors`.
    def self.underscored(name)
      name.gsub(/([A-Z]+)([A-Z][a-z])/, '\1_\2').gsub(/([a-z\d])([A-Z])/, '\1_\2').downcase
    end
  end
end
