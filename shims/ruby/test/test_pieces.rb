# frozen_string_literal: true

require_relative 'helper'
require 'stormhost/jsontext'
require 'stormhost/rows'

# Parts by themselves.
class TestPieces < Minitest::Test
  include Stormhost

  def test_plain_values_stay_and_others_become_plain
    {
      nil => nil, true => true, -(1 << 63) => -(1 << 63), (1 << 64) - 1 => (1 << 64) - 1, 1.5 => 1.5, :word => 'word',
      { a: [:b, { 'c' => nil }] } => { 'a' => ['b', { 'c' => nil }] },
      'é'.encode('ISO-8859-1') => 'é', 'plain'.b => 'plain', 'a'.encode('UTF-16LE') => 'a'
    }.each do |given, expected|
      cleaned = Values.clean(given)
      expected.nil? ? assert_nil(cleaned) : assert_equal(expected, cleaned)
      assert_equal(Encoding::UTF_8, cleaned.encoding) if cleaned.is_a?(String)
    end
  end

  def test_what_cannot_be_sent_is_refused
    {
      (1 << 64) => '64 bits', -(1 << 63) - 1 => '64 bits', Float::INFINITY => 'not a finite number', Object.new => 'type Object',
      "a\xC3" => 'byte C3 at position 1', "\xED\xA0\x80" => 'byte ED at position 0', (1..2) => 'with to_a',
      { a: 1, 'a' => 2 } => 'one key twice', { nil => 1 } => 'keys must be text, nil is not'
    }.each do |given, said|
      error = assert_raises(EmitError, given.inspect) { Values.clean(given) }
      assert_includes(error.message, said)
    end
  end

  def test_a_row_is_an_array_and_all_else_a_bare_value
    assert_equal(['x'], Values.clean_row('x', ['a'], 's'))
    assert_equal([1, 2], Values.clean_row([1, 2], %w[a b], 's'))
    { [[1], %w[a b]] => "stream 's' has 2 fields (a, b), got 1 value [SH0602]",
      ['x', []] => "stream 's' has 0 fields (no fields), got a bare String [SH0602]",
      [[1, 2], ['a']] => "stream 's' has 1 field (a), got 2 values [SH0602]" }.each do |(values, fields), said|
      assert_equal(said, assert_raises(EmitError) { Values.clean_row(values, fields, 's') }.message)
    end
  end

  def made(*values, fields: %w[word n], id: 3, task: 9)
    Rows.make('split', 'default', fields).new(*values, (id << Rows::TASK_BITS) | task)
  end

  def test_fields_are_methods_and_items
    row = made('cow', 2)
    assert_equal(['cow', 2], [row.word, row.n])
    assert_equal(['cow', 'cow', 'cow', 2, ['cow', 2]], [row['word'], row[:word], row[0], row[-1], row[0..]])
    assert_equal([['cow', 2], 2, { 'word' => 'cow', 'n' => 2 }], [row.to_a, row.size, row.to_h])
    assert_equal('split.default(word="cow", n=2)', row.inspect)
    assert_equal([3, 'split', 'default', 9], row.meta.to_a)
    case row
    in { word:, n: Integer } then assert_equal('cow', word)
    end
  end

  def test_what_is_no_field_is_told
    row = made('cow', 2)
    none = "a tuple of split.default has no field 'x'; it has: word, n"
    assert_equal(none, assert_raises(KeyError) { row['x'] }.message)
    assert_includes(assert_raises(NoMethodError) { row.x }.message, none)
    assert_equal('a tuple of 2 fields has no number 2', assert_raises(IndexError) { row[2] }.message)
    refute_respond_to(row, :x)
    refute_respond_to(row, :to_ary)
  end

  def test_a_field_s_name_wins_over_everything
    fields = %w[meta class hash send inspect to_a format end size Upper v1 stormhost_v0] + ['with blank', 'initialize']
    row = made(*fields.each_index, fields: fields)
    fields.first(12).each_with_index { |field, at| assert_equal(at, row.public_send(field), field) }
    fields.each_with_index { |field, at| assert_equal(at, row[field], field) }
    assert_equal(3, Rows.number(row))
  end

  def test_tuples_are_equal_only_to_themselves_and_to_their_values
    kind = Rows.make('split', 'default', ['word'])
    one = kind.new('cow', 1 << 20)
    two = kind.new('cow', 2 << 20)
    assert_equal(1, [one, two].index(two))
    assert_equal([one], [one, two] - [two])
    assert(one == ['cow'])
    assert_equal(1, { one => 1 }[one])
  end

  def test_streams_are_inherited
    base = Class.new(Bolt) { output_fields :word }
    below = Class.new(base) do
      output_fields late: %i[a b]
      stream :chosen, 'x', direct: true
    end
    assert_equal([['word']], base.streams.values.map(&:fields))
    assert_equal({ 'default' => [['word'], false], 'late' => [%w[a b], false], 'chosen' => [['x'], true] },
                 below.streams.transform_values { |stream| [stream.fields, stream.direct] })
  end

  def test_words_of_a_class_are_inherited_too
    base = Class.new(TimeBatcher) { interval 2 }
    assert_equal([2, 2, nil, 1.0], [Class.new(base).interval, base.tick_interval, base.max_size, TimeBatcher.interval])
  end

  def test_names_in_small_letters
    { 'LateOnes' => 'late_ones', 'HTTPErrors' => 'http_errors', 'A' => 'a', 'Word2Vec' => 'word2_vec' }
      .each { |name, expected| assert_equal(expected, Declaration.underscored(name)) }
  end

  def test_text_that_is_no_utf8_does_not_stop_a_message
    assert_equal('{"msg":"a?","n":1}'.b, JsonText.encode({ 'msg' => "a\xFF", 'n' => 1 }))
  end

  def test_a_story_is_cut_to_the_user_s_frames_and_tells_causes
    error = assert_raises(RuntimeError) do
      raise IOError, 'first'
    rescue IOError
      Testing.run_bolt(Class.new(Bolt) { define_method(:prepare) { raise 'second' } }.new, [])
    end
    story = Traceback.story(error)
    assert_match(/test_pieces\.rb:\d+:in `.*': second \(RuntimeError\)/, story)
    assert_match(/caused by: .*first \(IOError\)/, story)
    refute_includes(story, 'lib/stormhost/')
    assert_equal('RuntimeError: second', Traceback.summary(error))
  end

  def test_emit_before_a_run_says_where_it_is_possible
    bolt = Class.new(Bolt).new
    assert_includes(assert_raises(Error) { bolt.emit('x') }.message, 'Stormhost::Testing.run_bolt')
    assert_includes(assert_raises(ArgumentError) { bolt.log('x', :loud) }.message, 'unknown log level :loud')
  end
end
