# frozen_string_literal: true

require_relative 'helper'

# Bolts that ack automatically, in conversation with a host.
class TestBolts < Minitest::Test
  include Conversations

  HOW = { inputs: { 'default' => %w[how what] },
          outputs: [['default', %w[a b]], ['late_ones', ['late']], ['empty', []], ['chosen', ['value'], true]] }.freeze
  NO_TASK = 'direct_task is the number of a task, not '
  WHAT = { inputs: { 'default' => ['what'] }, outputs: [['default', ['said']]] }.freeze

  conversation :words_are_split, 'split', inputs: { 'default' => ['sentence'] } do |host|
    host.rows('the cow', 'jumped', '', 'over the moon').until_consumed
    assert_equal(%w[the cow jumped over the moon], host.values.flatten)
    assert_equal([0, 0, 1, 3, 3, 3], host.sent_rows.map(&:input))
    assert_equal([0, 1, 2, 3], host.acks)
    assert_equal(0, host.close)
    assert_includes(host.stderr, 'printed while loading')
  end

  conversation :the_handshake_tells_what_it_is, 'split' do |host|
    said = host.hello['stormhost']
    assert_equal([1, 'auto'], said.values_at('version', 'acks'))
    assert_equal("stormhost-ruby #{Stormhost::VERSION}", said['library'])
    assert_equal(said['encoding'], said['codec'])
  end

  conversation :streams_keep_their_order, 'echo', **HOW do |host|
    host.rows(%w[both x], ['late', 1], ['empty', nil], ['else', { 'k' => [1.5] }]).until_consumed
    expected = [['default', %w[first x]], ['late_ones', ['x']], ['default', %w[third x]], ['late_ones', [1]], ['empty', []],
                ['default', ['else', { 'k' => [1.5] }]]]
    assert_equal(expected, host.sent_rows.map { |row| [row.stream, row.values] })
    assert_equal([0, 0, 0, 1, 2, 3], host.sent_rows.map(&:input))
  end

  conversation :a_direct_row_names_its_task, 'echo', **HOW do |host|
    host.rows(%w[plain x], %w[direct y], tasks: [9, 12]).until_consumed
    assert_equal([0, 12], host.sent_rows.map(&:task))
  end

  conversation :a_task_that_is_no_number_is_refused, 'echo', **HOW do |host|
    host.rows(['direct to', '3'], ['direct to', 3.0], ['direct to', -1], ['direct to', 1 << 32], ['direct to', 3]).until_consumed
    assert_equal(['"3"', '3.0', '-1', '4294967296'].map { |shown| "Stormhost::EmitError: #{NO_TASK}#{shown} [SH0603]" },
                 host.fails.map(&:last))
    assert_equal([[['x'], 3]], host.sent_rows.map { |row| [row.values, row.task] })
    assert_equal([4], host.acks)
  end

  conversation :task_ids_are_waited_for, 'echo', **HOW do |host|
    host.rows(%w[where x])
    host.until_rows(1)
    assert_equal(128, host.frames.last.flags & 128)
    host.rows(%w[while waiting])
    host.task_ids([4, 5]).until_consumed
    assert_equal([%w[where x], [1, [4, 5]], %w[while waiting]], host.values)
  end

  conversation :what_raises_fails_and_the_bolt_goes_on, 'clumsy', **WHAT do |host|
    host.rows('raise', 'not implemented', 'deep', 'fine').until_consumed
    assert_equal([0, 1, 2], host.fails.map(&:first))
    assert_equal('ArgumentError: not today', host.fails[0][1])
    assert_equal([%w[before], %w[fine]], host.values)
    story = host.said('error').first['msg']
    assert_match(/components\.rb:\d+:in `execute': not today \(ArgumentError\)\z/, story)
    assert_equal([3], host.acks)
  end

  conversation :prints_never_harm, 'clumsy', **WHAT do |host|
    host.rows('print', 'write', 'grandchild', 'read', 'fork').until_consumed
    assert_equal([%w[print], %w[write], %w[grandchild], ['end of file'], %w[read], %w[fork]], host.values)
    assert_equal(0, host.close)
    ['printed in Ruby', 'written to descriptor 1', 'printed by a grandchild'].each { |said| assert_includes(host.stderr, said) }
  end

  conversation :what_is_emitted_is_not_changed_later, 'clumsy', **WHAT do |host|
    host.rows('mutate').until_consumed
    assert_equal([['as it was'], [['as it was']], ['mutate']], host.values)
  end

  conversation :it_can_fail_log_report_and_measure, 'clumsy', **WHAT, conf: { 'x' => 'y' } do |host|
    host.rows('fail', 'log', 'report', 'metric', 'settings', 'field').until_consumed
    assert_equal([0, 'did not like it'], host.fails.first)
    assert_equal([{ 'command' => 'log', 'msg' => 'a line', 'level' => 3 }], host.said('log'))
    assert_equal('a problem', host.said('error').first['msg'])
    assert_includes(host.said('metrics'), { 'command' => 'metrics', 'name' => 'speed', 'params' => 3.5 })
    assert_includes(host.values, ['["y", 3, "it", 3]'])
    assert_equal("NoMethodError: a tuple of source.default has no field 'no_such_field'; it has: what", host.fails.last.last)
  end

  conversation :a_flood_is_sent_in_pieces, 'clumsy', **WHAT do |host|
    host.rows('flood', 'large').until_consumed
    assert_equal(10_012, host.values.size)
    assert_equal(%w[0 9999], [host.values.first.first, host.values[9_999].first])
    assert_operator(host.frames.map { |frame| frame.rows.size }.max, :<=, 4096)
    assert_operator(host.frames.count { |frame| frame.rows.any? { |row| row.values.first.size == 1_000_000 } }, :>=, 10)
  end

  conversation :a_timeout_that_strikes_while_a_frame_is_written_leaves_it_whole, 'clumsy', **WHAT do |host|
    host.rows('hurry', 'after')
    sleep 0.15 # nobody reads: the frame waits in the pipe when the timeout strikes
    host.until_consumed
    assert_equal([[0, 'Timeout::Error: execution expired']], host.fails)
    assert_equal([1], host.acks)
    assert_equal([0, 0, 'after'], [host.sent_rows[0].input, host.sent_rows[-2].input, host.values.last.first])
    assert_equal(0, host.close)
  end

  conversation :finished_work_does_not_wait_for_slow_work, 'clumsy', **WHAT do |host|
    host.rows('quick', 'slow', 'slow', 'slow')
    host.until_consumed(1)
    assert_operator(host.taken, :<, 4)
    host.until_consumed
  end

  conversation :an_exit_sends_what_is_finished, 'clumsy', **WHAT do |host|
    host.rows('fine', 'exit', 'never')
    assert_equal(7, host.leave)
    assert_equal([['fine']], host.values)
    assert_equal([0], host.acks)
  end

  conversation :a_hanging_bolt_tells_where_it_stands, 'clumsy', **WHAT do |host|
    host.rows('fine').until_consumed
    host.rows('stand')
    deadline = Process.clock_gettime(Process::CLOCK_MONOTONIC) + Host::DEADLINE
    # Asked again until it has got there.
    until host.stderr.include?("in `sleep'")
      flunk("no stack: #{host.stderr}") if Process.clock_gettime(Process::CLOCK_MONOTONIC) > deadline
      host.kill('USR2')
      sleep(0.02)
    end
    assert_match(/components\.rb:\d+:in `sleep'/, host.stderr)
  end

  conversation :it_speaks_before_the_first_input_and_after_the_last, 'early' do |host|
    host.until_rows(2)
    host.task_ids([8])
    host.rows('x').until_consumed
    host.command('finish').until_message('finished')
    assert_equal([['early'], ['and where'], ['[8]'], ['at the end']], host.values)
    assert_equal([nil, nil, 0, nil], host.sent_rows.map(&:input))
  end

  conversation :heartbeats_are_answered, 'split' do |host|
    host.command('heartbeat').until_message('sync')
  end

  conversation :arguments_of_the_topology_arrive, 'with_arguments' do |host|
    host.rows('x').until_consumed
    assert_equal([[['x', 2], { key: 'value' }], [], Dir.pwd].inspect, host.values[0][0])
  end

  conversation :wrong_values_fail_at_the_line_that_made_them, 'clumsy', **WHAT do |host|
    cases = {
      '1 << 64' => "field 'said' of stream 'default': the integer does not fit into 64 bits; send it as text",
      'Float::NAN' => "field 'said' of stream 'default': NaN is not a finite number; send nil instead",
      '"\xff"' => "field 'said' of stream 'default': the text holds the byte FF at position 0, which is not UTF-8; " \
                  'name its encoding, or use scrub',
      '"\xff".b' => "field 'said' of stream 'default': a value of type String with bytes (ASCII-8BIT) cannot be sent; " \
                    'name its encoding with force_encoding, or use base64',
      '[{1 => 2}]' => "field 'said' of stream 'default': a map's keys must be text, 1 is not; use to_s",
      '[Object]' => "field 'said' of stream 'default': a value of type Class cannot be sent; " \
                    'send nil, true, false, Integer, Float, String, Array or Hash',
      '["a", "b"]' => "stream 'default' has 1 field (said), got 2 values",
      'Time.now' => "field 'said' of stream 'default': a value of type Time cannot be sent; use its iso8601",
      '(x = []; x << x; [x])' => "field 'said' of stream 'default': it is nested deeper than 120 levels, or contains itself",
      '"x" * (33 << 20)' => "field 'said' of stream 'default': the text has #{33 << 20} bytes, more than #{32 << 20}"
    }
    host.rows(*cases.keys.map { |code| "emit #{code}" }).until_consumed
    told = cases.values.map { |said| "Stormhost::EmitError: #{said} [#{said.include?(', got ') ? 'SH0602' : 'SH0604'}]" }
    assert_equal(told, host.fails.map(&:last))
    assert_empty(host.values)
    assert_match(/components\.rb:\d+:in `execute'/, host.said('error').first['msg'])
  end
end
