# frozen_string_literal: true

require_relative 'helper'
require 'tmpdir'

# What the describer says of a topology's file.
class TestTopology < Minitest::Test
  PARTS = <<~RUBY
    require 'stormhost'
    include Stormhost
    class LateSpout < Spout
      output_fields :word
      stream :late_ones, :word
      set 'own', 1
      replay :host
      def next_tuple = nil
    end
    class SplitBolt < AutoAckBolt
      output_fields :word
      tick_interval 2.5
      def execute(input) = nil
    end
  RUBY

  # Describes a file with these contents behind the parts; the first line of `source` is line 15.
  def described(source, name: nil, args: [], parts: PARTS)
    Dir.mktmpdir do |folder|
      folder = File.realpath(folder)
      yield folder if block_given?
      File.write(File.join(folder, 'topology.rb'), parts + source)
      command = [RbConfig.ruby, '-w', Host::MAIN, 'describe', ['topology.rb', name].compact.join(':'), '--', *args]
      out, err, status = Open3.capture3(*command, chdir: folder)
      assert_equal(0, status.exitstatus, err)
      return JSON.parse(out).merge('stderr' => err, 'folder' => folder)
    end
  end

  def mistakes(source, **options)
    described(source, **options)['mistakes'].map { |mistake| [mistake['message'], mistake['hint'], mistake['at']&.fetch('line')] }
  end

  def test_a_topology_is_described
    ir = described(<<~RUBY, args: ['a b'])
      class Words < Topology
        late = spout LateSpout, parallelism: 2, conf: { 'own' => 2 }
        bolt SplitBolt, id: :split, parallelism: 3, env: { A: 'b' } do
          source late
          source LateSpout, :global, stream: :late_ones
          source :split, fields: %i[word]
          set :mine, [1]
        end
        configure 'Named' do |where|
          max_spout_pending 500
          set 'where', where.to_s
        end
      end
      puts 'not in the answer'
    RUBY
    assert_equal([1, 'Named', 'topology.rb', 'ruby', []], ir.values_at('version', 'name', 'file', 'language', 'mistakes'))
    assert_equal({ 'topology.max.spout.pending' => 500, 'where' => 'local' }, ir['conf'])
    late, split = ir['components']
    assert_equal(['late_spout', 'spout', 2, 'host'], late.values_at('id', 'kind', 'parallelism', 'replay'))
    assert_equal({ 'own' => 2 }, late['conf'])
    assert_equal({ 'default' => { 'fields' => ['word'], 'direct' => false }, 'late_ones' => { 'fields' => ['word'], 'direct' => false } },
                 late['streams'])
    assert_equal([{ 'topology.tick.tuple.freq.secs' => 2.5, 'mine' => [1] }, { 'A' => 'b' }, ir['folder'], nil],
                 split.values_at('conf', 'env', 'cwd', 'replay'))
    assert_equal([Host::MAIN, 'component', "#{ir['folder']}/topology.rb:Words", 'split', '--', 'a b'], split['command'].last(6))
    assert_equal([['split', 'late_spout', 'default', 'shuffle', [], 18], ['split', 'late_spout', 'late_ones', 'global', [], 19],
                  ['split', 'split', 'default', 'fields', ['word'], 20]],
                 ir['subscriptions'].map { |one| [*one.values_at('to', 'from', 'stream', 'grouping', 'fields'), one['at']['line']] })
    assert_includes(ir['stderr'], 'not in the answer')
  end

  def test_groupings_are_words_or_objects
    ir = described(<<~RUBY)
      class T < Topology
        late = spout LateSpout
        split = bolt SplitBolt do
          source late, :all
          source FieldsGrouping.new(late, :word)
          source late, partial_key: :word
          source late, :local_or_shuffle
          source late, :sideways
        end
        split.inputs << NoneGrouping.new(:late_spout, stream: :late_ones)
      end
    RUBY
    expected = [['all', []], ['fields', ['word']], ['partial_key', ['word']], ['local_or_shuffle', []], ['sideways', []], ['none', []]]
    assert_empty(ir['mistakes'])
    assert_equal(expected, ir['subscriptions'].map { |one| one.values_at('grouping', 'fields') })
  end

  def test_programs_and_the_sink_are_components_too
    ir = described(<<~RUBY) { |folder| Dir.mkdir(File.join(folder, 'resources')) }
      class T < Topology
        spout 'ruby', 'lines.rb', 5.to_s, id: :lines, fields: :line, serializer: :msgpack
        bolt 'grep', 'x', id: :grep, fields: :line, streams: { odd: { fields: :a, direct: true } }, cwd: '/tmp' do
          source :lines
        end
        bolt Print do
          source :grep
        end
      end
    RUBY
    lines, grep, sink = ir['components']
    assert_equal([[RbConfig.ruby, 'lines.rb', '5'], 'spout', 'msgpack', "#{ir['folder']}/resources"],
                 lines.values_at('command', 'kind', 'serializer', 'cwd'))
    assert_equal([%w[grep x], '/tmp', { 'fields' => ['a'], 'direct' => true }],
                 [*grep.values_at('command', 'cwd'), grep['streams']['odd']])
    assert_equal(%w[print print bolt], sink.values_at('id', 'builtin', 'kind'))
    refute(sink.key?('command'))
  end

  def test_commands_of_the_shell_are_components_too
    ir = described(<<~RUBY)
      class T < Topology
        spout Lines, 'tail -F x.log'
        bolt Lines, 'LC_ALL=C /usr/bin/sort -u', parallelism: 2, fields: %i[a b], separator: ',', null: true do
          source :tail
        end
        bolt Exec, './notify', id: :told, batch: 10, timeout: 5 do
          source :sort, fields: :a
        end
      end
    RUBY
    assert_empty(ir['mistakes'])
    tail, sort, told = ir['components']
    assert_equal(['tail', 'spout', { 'run' => 'tail -F x.log', 'as' => 'lines' }], tail.values_at('id', 'kind', 'shell'))
    assert_equal(['sort', 2, { 'run' => 'LC_ALL=C /usr/bin/sort -u', 'as' => 'lines', 'separator' => ',', 'null' => true }, %w[a b]],
                 [*sort.values_at('id', 'parallelism', 'shell'), sort['streams']['default']['fields']])
    assert_equal([{ 'run' => './notify', 'as' => 'exec', 'batch' => 10, 'timeout' => 5 }, {}, ir['folder']],
                 told.values_at('shell', 'streams', 'cwd'))
    refute(told.key?('command'))
  end

  def test_a_topology_builds_on_another
    ir = described(<<~RUBY)
      class Base < Topology
        spout LateSpout
        bolt(SplitBolt, id: :split) { source LateSpout }
        configure { debug true }
      end
      class More < Base
        spout LateSpout, parallelism: 4
        bolt(SplitBolt, id: :again) { source :split }
      end
    RUBY
    assert_equal('More', ir['name'])
    assert_equal([['late_spout', 4], ['split', 1], ['again', 1]], ir['components'].map { |one| one.values_at('id', 'parallelism') })
    assert_equal({ 'topology.debug' => true }, ir['conf'])
  end

  def test_all_mistakes_are_found_with_their_places
    found = mistakes(<<~RUBY)
      class Idle < Bolt
      end
      class T < Topology
        spout LateSpout
        spout LateSpout
        spout SplitBolt, id: :wrong
        bolt Idle
        bolt 42
        bolt 'x', fields: :a
        bolt 'x', id: :y, serialiser: 'json'
        bolt SplitBolt, id: :a, parallelism: Object do
          source 42
          inputs << 42
        end
        bolt(SplitBolt, id: :b) { source SplitBolt }
      end
    RUBY
    expected = [
      ["component 'late_spout' is declared twice, first in line 18", 'give each its own name, with id:', 19],
      ['42 is no bolt', '`bolt` takes a class that inherits from Stormhost::Bolt, or the words of a command', 22],
      ['a bolt is declared but has no name', 'give it one: id: :name', 23],
      ['bolt "x": unknown keyword: :serialiser', nil, 24],
      ['SplitBolt is no spout', 'declare it with `bolt`', 20],
      ['Idle has no method execute(input)', "'idle' needs one", 21],
      ["the parallelism of 'a' is Object, and no whole number", nil, 25],
      ["'a': 42 is no component", "source takes a component's class, its id, or what spout or bolt returned", 26],
      ["'a': an input must be a grouping, not 42", 'wrap it in one: Stormhost::ShuffleGrouping.new(…), or use source', 27],
      ["'b': several components are a SplitBolt: wrong, a, b", 'say which, by its id: source :wrong', 29]
    ]
    assert_equal(expected, found)
  end

  def test_arguments_that_initialize_will_not_take_are_found
    found = mistakes(<<~RUBY)
      class Greedy < SplitBolt
        def initialize(one, two = 2, key: 1) = super()
      end
      class T < Topology
        bolt(Greedy, id: :right) { }
        bolt Greedy, 1, 2, id: :well, key: 3
        bolt Greedy, 1, 2, 3, id: :many
        bolt Greedy, 1, id: :odd, paralelism: 3
        bolt SplitBolt, 'x', id: :none
        bolt SplitBolt, id: :one, parallelism: '2'
      end
    RUBY
    hint = 'what stands behind the class reaches its initialize'
    expected = [
      ["'right': Greedy#initialize takes 1 to 2 arguments, got 0", hint, 19],
      ["'many': Greedy#initialize takes 1 to 2 arguments, got 3", hint, 21],
      ["'odd': neither `bolt` nor Greedy#initialize knows paralelism:", nil, 22],
      ["'none': SplitBolt#initialize takes 0 arguments, got 1", hint, 23],
      ["the parallelism of 'one' is \"2\", and no whole number", nil, 24]
    ]
    assert_equal(expected, found)
  end

  def test_topologies_as_redstorm_has_them
    ir = described(<<~RUBY)
      class T < Topology
        spout LateSpout
        bolt SplitBolt, parallelism: 2 do
          source LateSpout, :shuffle
        end
        bolt SplitBolt, id: :again do
          source SplitBolt, :fields => ['word']
        end
        bolt ['python3', 'split.py'], id: :script do
          output_fields :word, :n
          source :again
        end
      end
    RUBY
    assert_empty(ir['mistakes'])
    assert_equal(%w[late_spout split_bolt again], ir['subscriptions'].map { |one| one['from'] })
    script = ir['components'].last
    assert_equal([%w[python3 split.py], %w[word n]], [script['command'], script['streams']['default']['fields']])
  end

  def test_a_keyword_that_initialize_needs_is_missed
    found = mistakes(<<~RUBY)
      class Keyed < SplitBolt
        def initialize(path:) = super()
      end
      class T < Topology
        bolt Keyed, id: :without
        bolt Keyed, id: :well, path: 'x'
      end
    RUBY
    assert_equal([["'without': Keyed#initialize is not given path:", nil, 19]], found)
  end

  def test_a_file_that_cannot_be_loaded_is_told
    {
      "raise ArgumentError, 'no'\n" => ['the file cannot be loaded: ArgumentError: no', 15],
      "require 'no_such_gem'\n" => ['the file cannot be loaded: LoadError: cannot load such file -- no_such_gem', 15],
      "class T\n  def (\nend\n" => [/the file cannot be loaded: SyntaxError: /, 17],
      "exit 3\n" => ['the file calls exit (3) when it is loaded', 15],
      '' => ['no topology class in this file', 1],
      "class A < Topology; end\nclass B < Topology; end\n" => ['several topologies: A, B', 16]
    }.each do |source, (said, line)|
      (message, hint, at), = mistakes(source)
      assert_operator(said, :===, message)
      assert_equal(line, at, source)
      assert_includes(hint.to_s, '--ruby') if source.start_with?('require')
    end
  end

  def test_one_of_several_is_chosen_by_name
    source = "class A < Topology; end\nclass B < Topology; end\n"
    assert_equal('B', described(source, name: 'B')['name'])
    assert_equal([["topology 'C' is not there", 'topologies in this file: A, B', 1]], mistakes(source, name: 'C'))
    assert_equal([["topology 'String' is no topology class", 'topologies in this file: A, B', 1]], mistakes(source, name: 'String'))
  end

  def test_the_user_s_traceback_is_cut
    ir = described("def broken = raise('no')\nbroken\n")
    traceback = ir['mistakes'].first['traceback']
    assert_match(/topology\.rb:15:in `broken': no \(RuntimeError\)\n\tfrom .*topology\.rb:16:in `<top \(required\)>'\z/, traceback)
  end
end
