# frozen_string_literal: true

require 'stormhost/jsontext'
require 'stormhost/launch'

module Stormhost
  # The describer: loads a topology's file and writes it as IR (`docs/ir.md`), with every mistake it can find.
  module Describe
    module_function

    # Writes the IR to standard output; what user code prints meanwhile goes to standard error.
    def run(file, name, args)
      out = STDOUT.dup
      STDOUT.reopen(STDERR)
      ir = description(file, name, args)
      out.write(JsonText.encode(ir), "\n")
      out.close
    end

    # The IR of one topology of a file.
    def description(file, name, args)
      path = File.expand_path(file)
      ir = { 'version' => 1, 'name' => name || File.basename(path, '.*'), 'file' => file, 'language' => 'ruby', 'conf' => {},
             'components' => [], 'subscriptions' => [], 'mistakes' => [] }
      found = []
      topology = topology_in(path, name, found)
      if topology
        ir['name'] = topology.given_name || topology.name
        target = "#{path}:#{topology.name}"
        command_of = ->(id) { [*launcher, 'component', target, id, '--', *args] }
        Filling.new(ir, topology, found, command_of, File.dirname(path)).fill
      end
      ir['mistakes'] = found.map(&:as_json)
      ir
    end

    # How a child is started. Ruby's compiler for hot code makes components up to twice as fast, but has to be asked for; and told
    # how much memory it may use (MiB), since older ones take a quarter of a gigabyte at once. A component's code is small.
    def launcher
      jit = defined?(RubyVM::YJIT) && ENV['RUBY_YJIT_ENABLE'] != '0' ? ['--yjit', '--yjit-exec-mem-size=16'] : []
      [RbConfig.ruby, *jit, File.join(__dir__, 'main.rb')]
    end

    # Loads the file and picks the topology; nil, and a mistake, when that is not possible.
    def topology_in(path, name, found)
      defined = Launch.topologies(path)
      return chosen(path, name, defined, found) if name
      return defined.values.first if defined.size == 1

      found << if defined.empty?
                 Mistake.new('no topology class in this file',
                             'define one: class MyTopology < Stormhost::Topology; required ones do not count', Place.new(path, 1))
               else
                 Mistake.new("several topologies: #{defined.keys.join(', ')}",
                             "say which: #{File.basename(path)}:#{defined.keys.first}", defined.values[1].place)
               end
      nil
    rescue SignalException
      raise
    rescue Exception => e # rubocop:disable Lint/RescueException
      found << load_mistake(e, path)
      nil
    end

    def chosen(path, name, defined, found)
      topology = Launch.named(name)
      return topology if topology

      what = Object.const_defined?(name) ? 'is no topology class' : 'is not there'
      have = defined.empty? ? 'none' : defined.keys.join(', ')
      found << Mistake.new("topology '#{name}' #{what}", "topologies in this file: #{have}", Place.new(path, 1))
      nil
    rescue NameError # a name that no constant can have
      found << Mistake.new("topology '#{name}' is not there", "topologies in this file: #{defined.keys.join(', ')}",
                           Place.new(path, 1))
      nil
    end

    def load_mistake(error, path)
      message = "the file cannot be loaded: #{Traceback.summary(error)}"
      case error
      when SystemExit
        message = "the file calls exit (#{error.status}) when it is loaded"
        hint = 'put what should not run then under: if __FILE__ == $PROGRAM_NAME'
      when LoadError
        return Mistake.new('there is no such file', nil, Place.new(path, 1)) if error.path == path

        hint = "it was loaded with #{RbConfig.ruby}; is that the right Ruby? See --ruby"
      end
      Mistake.new(message, hint, place_of(error, path), Traceback.story(error))
    end

    # The innermost line of the topology's own file, else of user code.
    def place_of(error, path)
      if error.is_a?(SyntaxError) && (said = error.message.match(/\A(.+?):(\d+):/))
        return Place.new(File.expand_path(said[1]), said[2].to_i)
      end

      frames = (error.backtrace_locations || []).reject { |frame| Traceback.ours?(frame.path) }
      frame = frames.find { |one| one.path == path } || frames.first
      frame ? Place.new(File.expand_path(frame.path), frame.lineno) : Place.new(path, 1)
    end

    private_class_method :launcher, :topology_in, :chosen, :load_mistake, :place_of

    # Writes one topology into its description.
    class Filling
      def initialize(description, topology, found, command_of, folder)
        @ir = description
        @topology = topology
        @found = found
        @command_of = command_of
        @folder = folder
        @declarations = topology.declarations
      end

      def fill
        @found.concat(@topology.mistakes)
        @ir['conf'] = plain(@topology.conf, 'conf of the topology', @topology.place)
        @declarations.each_value do |declaration|
          @ir['components'] << component(declaration)
          declaration.inputs.each do |grouping, place|
            described = subscription(declaration, grouping, place)
            @ir['subscriptions'] << described if described
          end
        end
      end

      private

      def component(declaration)
        place = declaration.place
        declaration.complaints.each { |message, hint| @found << Mistake.new(message, hint, place) }
        plainly = ->(value, what) { plain(value, "#{what} of '#{declaration.id}'", place) }
        started = started(declaration, plainly)
        {
          'id' => declaration.id,
          'kind' => declaration.kind,
          'parallelism' => declaration.parallelism.is_a?(Integer) ? declaration.parallelism : 1,
          **started,
          'cwd' => File.expand_path(declaration.cwd || default_cwd(declaration)),
          'env' => plainly[declaration.env, 'env'],
          'serializer' => declaration.serializer,
          'replay' => declaration.replay,
          'streams' => declaration.streams.transform_values(&:as_json),
          'conf' => plainly[declaration.conf, 'conf'],
          **where(declaration),
          'at' => place&.as_json
        }
      end

      # How it is started: it is built in, a command of the shell, or a program.
      def started(declaration, plainly)
        hosted = declaration.hosted
        return plainly[hosted, 'options'] if hosted
        return { 'shell' => plainly[declaration.shell, 'command'] } if declaration.is_a?(ShellDeclaration)

        { 'command' => plainly[command(declaration), 'command'] }
      end

      def where(declaration)
        declaration.is_a?(ProgramDeclaration) && declaration.where ? { 'where' => declaration.where } : {}
      end

      def command(declaration)
        declaration.is_a?(ComponentDeclaration) ? @command_of[declaration.id] : declaration.command
      end

      # Our components run where the command was typed, programs in the `resources/` beside the topology, else beside it.
      def default_cwd(declaration)
        return Dir.pwd unless declaration.is_a?(ProgramDeclaration)

        resources = File.join(@folder, 'resources')
        File.directory?(resources) ? resources : @folder
      end

      def subscription(to, grouping, place)
        unless grouping.is_a?(Grouping)
          @found << Mistake.new("'#{to.id}': an input must be a grouping, not #{grouping.inspect}",
                                'wrap it in one: Stormhost::ShuffleGrouping.new(…), or use source', place)
          return
        end
        from = source_id(to, grouping.source, place)
        return if from.nil?

        { 'to' => to.id, 'from' => from, 'stream' => grouping.stream, 'grouping' => grouping.word,
          'fields' => plain(grouping.fields, "fields of an input of '#{to.id}'", place), 'at' => place&.as_json }
      end

      # The id of what is listened to. One that is nowhere is described all the same: `check` says what there is.
      def source_id(to, source, place)
        case source
        when String, Symbol then source.to_s
        when Declaration then source.id
        when Class then id_of_class(to, source, place)
        else
          @found << Mistake.new("'#{to.id}': #{source.inspect} is no component",
                                "source takes a component's class, its id, or what spout or bolt returned", place)
          nil
        end
      end

      def id_of_class(to, source, place)
        same = @declarations.values.select { |one| one.is_a?(ComponentDeclaration) && one.component_class == source }
        own = ComponentDeclaration.id_of(source)
        return same.first&.id || own if same.size < 2
        return own if same.any? { |one| one.id == own }

        @found << Mistake.new("'#{to.id}': several components are a #{source}: #{same.map(&:id).join(', ')}",
                              "say which, by its id: source :#{same.first.id}", place)
        nil
      end

      # `value` as JSON can say it; else a mistake, and nothing in its place.
      def plain(value, what, place)
        Values.clean(value)
      rescue EmitError => e
        @found << Mistake.new("#{what}: #{e.reason}", nil, place)
        value.is_a?(Hash) ? {} : []
      end
    end
  end
end
