# frozen_string_literal: true

require_relative 'helper'

# Spouts in conversation with a host.
class TestSpouts < Minitest::Test
  include Conversations

  N = { kind: 'spout', outputs: [['default', ['n']]] }.freeze

  conversation :it_emits_within_its_credit_and_says_when_it_is_done, 'numbers', **N do |host|
    host.credit(3).until_rows(3)
    host.credit(100).until_message('done')
    assert_equal([[1], [2], [3], [4], [5]], host.values)
    assert_equal([1] * 5, host.sent_rows.map(&:tracked))
    assert_equal(0, host.close)
  end

  conversation :acks_and_fails_arrive_with_the_ids, 'numbers', **N do |host|
    host.credit(100).until_message('done')
    host.acked(0, 2).failed(3, 'timeout', 'slow').until_consumed(2)
    assert_equal(['ack ["id", 1]', 'ack ["id", 2]', 'fail ["id", 4] ["timeout", "slow"]'], host.said('log').map { |line| line['msg'] })
    assert_equal(2, host.frames.last.consumed)
  end

  conversation :a_fail_wakes_it, 'numbers', **N, conf: { 'replay' => true } do |host|
    host.credit(100).until_message('done')
    host.failed(1).until_rows(6)
    assert_equal([2], host.values.last)
    host.until('done again') { host.said('done').size == 2 }
    host.acked(5).until_consumed(2)
    assert_includes(host.said('log').map { |line| line['msg'] }, 'ack ["id", 2]')
  end

  conversation :it_can_be_paused, 'numbers', **N do |host|
    host.credit(2).until_rows(2)
    host.command('deactivate').until_consumed(1)
    host.credit(100)
    host.command('heartbeat').until_message('sync')
    assert_equal(2, host.values.size)
    host.command('activate').until_message('done')
    assert_equal(%w[deactivate activate], host.said('log').map { |line| line['msg'] })
  end

  conversation :tuples_may_yield_and_emit, 'plain', kind: 'spout', outputs: [['default', ['n']], ['other', %w[a b]]] do |host|
    host.credit(100).until_message('done')
    assert_equal([['bare'], ['row'], ['emitted'], ['tracked'], [1, 2], ['last']], host.values)
    assert_equal([0, 0, 0, 1, 0, 0], host.sent_rows.map(&:tracked))
    assert_equal(0, host.close)
    assert_includes(host.stderr, 'closed')
  end

  conversation :tuples_may_return_an_enumerator, 'enumerated', **N do |host|
    host.credit(100).until_message('done')
    assert_equal([[1], [2], [3]], host.values)
  end

  conversation :what_is_emitted_before_its_code_blocks_is_sent, 'blocking', **N do |host|
    host.credit(100).until_rows(40)
    assert_equal([39], host.values.last)
  end

  conversation :the_end_leaves_its_code_in_order, 'blocking', **N do |host|
    host.credit(7).until_rows(7)
    assert_equal(0, host.close)
    assert_includes(host.stderr, 'left in order')
  end

  conversation :an_exception_ends_it_with_its_story, 'crashing', **N do |host|
    host.credit(100)
    assert_equal(1, host.leave)
    assert_equal([['one']], host.values)
    assert_match(/components\.rb:\d+:in `block in <class:Crashing>': no more \(ArgumentError\)/, host.stderr)
    refute_includes(host.stderr, 'lib/stormhost')
  end

  conversation :a_reliable_spout_replays_and_gives_up, 'replaying', **N do |host|
    host.credit(100).until_message('done')
    host.acked(0).failed(1, 'child_died').until_rows(3)
    host.failed(2).until_rows(4)
    host.failed(3).until_message('error')
    assert_equal([['a'], ['b'], ['b'], ['b']], host.values)
    assert_equal(['ack 1', 'fail 2 child_died', 'fail 2 failed', 'fail 2 failed'], host.said('log').map { |line| line['msg'] })
    assert_includes(host.said('error').first['msg'], 'given up after 2 tries: "b" (id 2): failed: said so')
  end

  conversation :an_exception_in_fail_loses_no_replay, 'fumbling', **N do |host|
    host.credit(100).until_message('done')
    host.failed(1).until_rows(3)
    assert_equal([['a'], ['b'], ['b']], host.values)
    assert_match(/components\.rb:\d+:in `fail': cannot even fail \(ArgumentError\)/, host.until_message('error')['msg'])
    host.failed(2).until('the dead letter') { host.said('dead_letter').any? }
    assert_equal([['b']], host.said('dead_letter').map { |message| message['tuple'] })
  end

  conversation :untracked_rows_that_nobody_hears_are_not_sent, 'plain',
               kind: 'spout', outputs: [['default', ['n'], false, false], ['other', %w[a b], false, false]] do |host|
    host.credit(100).until_message('done')
    assert_equal([['tracked']], host.values)
  end
end
