# frozen_string_literal: true

module Stormhost
  # A component without a child: the host itself does its work. See its subclasses.
  class Hosted
    extend Streams

    class << self
      # The full name of the Java class that it stands for; by default that of the Ruby class.
      def java_class(given = nil)
        @java_class = given unless given.nil?
        @java_class || name&.split('::')&.last
      end

      # What stands in the description in place of a command.
      def described
        { 'java_class' => java_class }
      end
    end

    # Its declaration. `key:`, `mode:`, `url:` and whatever else is no word of a declaration are options.
    class Declared < Declaration
      attr_reader :streams

      # As in the constructors of the field's Java classes.
      ARGUMENTS = %w[host port key].freeze
      OWN = %i[parallelism conf env cwd inputs].freeze

      def initialize(kind, hosted_class, arguments, id: nil, fields: nil, **options)
        own, others = options.partition { |name, _| OWN.include?(name) }.map(&:to_h)
        super(kind, id || ComponentDeclaration.id_of(hosted_class), **own)
        raise ArgumentError, "it takes these arguments: #{ARGUMENTS.join(', ')}" if arguments.size > ARGUMENTS.size

        @hosted_class = hosted_class
        named = others.to_h { |name, value| [name.to_s.tr('_', '.'), value.is_a?(Symbol) ? value.to_s : value] }
        @options = ARGUMENTS.first(arguments.size).zip(arguments).to_h.merge(named)
        @streams = hosted_class.streams.dup
        @streams['default'] = Stream.new('default', Stream.names(fields), false) unless fields.nil?
        @serializer = 'json'
      end

      def hosted
        { **@hosted_class.described, 'options' => @options }
      end
    end
  end

  # A spout that is a Java class. stormhost runs no JVM; `RedisSpout` and its like have a counterpart in the host, in whatever package
  # they are, and `stormhost check` says of all others that they have none.
  class JVMSpout < Hosted
  end

  # A bolt that is a Java class, as JVMSpout is a spout.
  class JVMBolt < Hosted
  end

  # Reads Redis: `spout Stormhost::RedisSpout, id: :lines, key: 'lines'`. Options: see `docs/redis.md`.
  class RedisSpout < Hosted
    def self.described
      { 'builtin' => 'redis' }
    end
  end

  # Writes to Redis: `bolt Stormhost::RedisSink, id: :counts, mode: :hash`. Options: see `docs/redis.md`.
  class RedisSink < Hosted
    def self.described
      { 'builtin' => 'redis' }
    end
  end
end
