# frozen_string_literal: true

module Stormhost
  LEVELS = { trace: 0, debug: 1, info: 2, warn: 3, error: 4 }.freeze

  # What spouts and bolts have in common: life cycle, log, settings.
  #
  # `initialize` gets what the topology passes behind the class, and runs in the child only. `prepare` runs after it, once `conf`
  # and `context` are there.
  class Component
    extend Streams

    # Words that stand in the body of a component's class.
    module Words
      # A setting of this component: `set 'redis.host', 'localhost'`. Read it in the child with `conf['redis.host']`.
      def set(key, value)
        own_conf[key.to_s] = value
      end

      # The component's own settings, inherited ones first.
      def conf
        inherited = superclass.respond_to?(:conf) ? superclass.conf : {}
        inherited.merge(own_conf)
      end

      # The block becomes `prepare`.
      def on_init(&block)
        define_method(:prepare, &block)
      end

      # The block becomes `close`.
      def on_close(&block)
        define_method(:close, &block)
      end

      private

      def own_conf
        @own_conf ||= {}
      end

      # A word that sets a value for the class and its subclasses, and without an argument returns it.
      def word(name, default)
        variable = "@#{name}"
        define_singleton_method(name) do |*given|
          next instance_variable_set(variable, given.first) unless given.empty?
          next instance_variable_get(variable) if instance_variable_defined?(variable)

          superclass.respond_to?(name) ? superclass.public_send(name) : default
        end
      end
    end
    extend Words

    # All settings that are in force.
    def conf
      @stormhost_conf || self.class.conf
    end

    # Storm's context: `task->component`, `source->stream->fields` and so on. Filled before `prepare`.
    def context
      @stormhost_context || {}
    end

    # Number of this task, from 1 over the whole topology.
    def task_id
      @stormhost_task_id || 0
    end

    # The component's name in the topology.
    def component_id
      @stormhost_component_id || self.class.name
    end

    # Called once in the child, when `conf` and `context` are there and before anything is taken or emitted.
    def prepare; end

    # Called once at an orderly stop.
    def close; end

    # Writes to the host's log, at :trace, :debug, :info, :warn or :error. A plain `puts` is logged too.
    def log(message, level = :info)
      number = LEVELS.fetch(level.to_sym) do
        raise ArgumentError, "unknown log level #{level.inspect}; one of #{LEVELS.keys.join(', ')}"
      end
      tell({ 'command' => 'log', 'msg' => message.to_s, 'level' => number }, "[#{level}] #{message}")
    end

    # Tells the host of an error, with its backtrace if it is an exception. Fails no tuple.
    def report_error(error)
      text = error.is_a?(Exception) ? Traceback.story(error) : error.to_s
      tell({ 'command' => 'error', 'msg' => text }, text)
    end

    # Sends a figure to the host's metrics; `value` is whatever JSON can say.
    def metric(name, value)
      @stormhost_link&.message({ 'command' => 'metrics', 'name' => name.to_s, 'params' => Values.clean(value) })
    end

    # Speaks with the host until it is through, then ends the process.
    #
    # For a script that is a component by itself, as Storm has them: a last line `MyBolt.new.run`.
    def run
      require 'stormhost/child'
      Child.run { self }
    end

    # For this library: gives the component what it knows of its place in the world.
    def stormhost_place(conf:, context:, task_id:, component_id:)
      @stormhost_conf = conf
      @stormhost_context = context
      @stormhost_task_id = task_id
      @stormhost_component_id = component_id
    end

    # For this library: the conversation with the host.
    attr_accessor :stormhost_link

    private

    def tell(message, text)
      if @stormhost_link&.opened?
        @stormhost_link.message(message)
      elsif !@stormhost_link&.foreword(message)
        STDERR.puts(text) # `warn` says nothing where $VERBOSE is nil
      end
    end
  end
end
