# frozen_string_literal: true

module Stormhost
  # A command of the shell as a component, which speaks no protocol (`docs/shell.md`): what Lines and Exec have in common.
  class ShellDeclaration < Declaration
    attr_reader :streams, :shell

    def initialize(kind, mode, command, words, id: nil, fields: nil, **options)
      super(kind, id || ShellDeclaration.id_of(command), **options)
      @serializer = 'json'
      @streams = fields.nil? ? {} : { 'default' => Stream.new('default', Stream.names(fields), false) }
      @shell = { 'run' => command, 'as' => mode }.merge(words.compact.transform_keys(&:to_s))
    end

    # The name of the command's program: `grep -v bot` is `grep`.
    def self.id_of(command)
      command.to_s.split.find { |word| !word.include?('=') }&.split('/')&.last&.[](/[A-Za-z][\w-]*/)
    end
  end

  # A command that is kept running: a line in for each tuple, a tuple for each line out.
  #
  #     spout Stormhost::Lines, 'tail -F access.log'                      # its lines are kept until their trees are done
  #     bolt Stormhost::Lines, 'grep -v bot', parallelism: 4 do           # a filter, at most once
  #       source :tail
  #     end
  #
  # `fields`: what a line becomes; several stand on it with `separator` (a tab) between them. `json`: lines are JSON objects by the
  # names of the fields. `null`: lines end with a NUL, as those of `find -print0`. The command runs where `stormhost` was typed.
  class Lines
    def self.declared(kind, command, fields: :line, json: nil, separator: nil, null: nil, **options)
      ShellDeclaration.new(kind, 'lines', command, { json: json, separator: separator, null: null }, fields: fields, **options)
    end
  end

  # A process for each tuple, or for a batch of them: its exit status 0 acks, anything else fails, with its stderr.
  #
  #     bolt Stormhost::Exec, './notify', parallelism: 4, timeout: 10 do
  #       source :alerts
  #     end
  #
  # A single tuple's values are the command's last arguments, stand in the environment under the names of their fields, and as a line
  # on standard input; a `batch` has a line a tuple there, and waits `linger` seconds for more. What it writes is emitted, anchored, as
  # `fields`. As many processes run at a time as there are tasks.
  class Exec
    def self.declared(kind, command, fields: nil, json: nil, separator: nil, null: nil, batch: nil, linger: nil, timeout: nil, **options)
      words = { json: json, separator: separator, null: null, batch: batch, linger: linger, timeout: timeout }
      ShellDeclaration.new(kind, 'exec', command, words, fields: fields, **options)
    end
  end
end
