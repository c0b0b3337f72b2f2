# frozen_string_literal: true

module Stormhost
  # A spout or bolt that is a program of its own, speaking Storm's protocol or ours: `bolt 'python3', 'split.py', fields: :word`.
  #
  # A first word `ruby` is the Ruby that reads the topology. `fields`: those of its stream `default`. `streams`: further ones, id →
  # fields, or id → `{ fields: …, direct: true }`. `serializer`: `json` or `msgpack`, what it speaks at first. `cwd`: its working
  # folder; by default `resources/` beside the topology's file if there is one, else that file's folder. `where: :inside`: a script in
  # Lua runs in the host itself, `bolt 'lua', 'split.lua', fields: :word, where: :inside`, and no Lua need be installed.
  class ProgramDeclaration < Declaration
    attr_reader :command, :where

    def initialize(kind, command, id: nil, fields: nil, streams: {}, serializer: 'json', replay: nil, where: nil, **options)
      super(kind, id, **options)
      @command = command.map { |word| word.is_a?(Symbol) ? word.to_s : word }
      @command[0] = RbConfig.ruby if @command.first == 'ruby'
      @streams = {}
      @streams['default'] = Stream.new('default', Stream.names(fields), false) unless fields.nil?
      streams.each { |name, given| @streams[name.to_s] = ProgramDeclaration.stream(name.to_s, given) }
      @serializer = serializer.to_s
      @replay = replay&.to_s
      @where = where&.to_s
    end

    # Its streams, by id.
    attr_reader :streams

    # The fields of its stream `default`, in the block behind it as in RedStorm.
    def output_fields(*fields)
      @streams['default'] = Stream.new('default', Stream.names(fields), false)
    end

    def self.stream(name, given)
      return Stream.new(name, Stream.names(given), false) unless given.is_a?(Hash)

      Stream.new(name, Stream.names(given.fetch(:fields, [])), given.fetch(:direct, false))
    end
  end

  # A sink inside the host: each tuple becomes a line on the standard output of `stormhost run`, its values separated by tabs. Text
  # stands as it is, anything else as JSON. Nothing else is ever written there. Declared as `bolt Stormhost::Print`.
  class Print
    # Its declaration.
    class Declared < Declaration
      def builtin
        'print'
      end

      def initialize(id: 'print', **options)
        super('bolt', id, **options)
        @serializer = 'json'
      end
    end
  end
end
