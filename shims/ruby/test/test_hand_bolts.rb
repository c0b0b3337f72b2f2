# frozen_string_literal: true

require_relative 'helper'

# Bolts that ack by hand, and those that gather.
class TestHandBolts < Minitest::Test
  include Conversations

  N = { inputs: { 'default' => ['n'] }, outputs: [['default', ['n']], ['nobody', ['n'], false, false]] }.freeze

  conversation :acks_come_in_any_order, 'held', **N do |host|
    host.rows(1, 2, 'ack').until_consumed
    assert_equal('hand', host.hello.dig('stormhost', 'acks'))
    assert_equal([2, 1, 0], host.acks)
  end

  conversation :rows_are_tied_to_the_anchors_they_name, 'held', **N do |host|
    host.rows(1, 2, 'join').until_consumed
    assert_equal([[-1], [3], ['alone'], ['one']], host.values)
    assert_equal([[], [0, 1, 2], [], [2]], host.sent_rows.map(&:anchors))
    assert_empty(host.acks)
  end

  conversation :fails_are_told_with_their_reason, 'held', **N do |host|
    host.rows(1, 'fail', 'raise', 'ack and raise', 'ack text').until_consumed
    assert_equal([[1, 'by hand'], [0, 'failed by the bolt'], [2, 'RuntimeError: by hand'],
                  [4, 'TypeError: expected an input tuple, got String']], host.fails)
    assert_equal([3], host.acks)
  end

  conversation :ticks_are_rows_too, 'held', **N do |host|
    host.rows(1)
    host.tick.until_consumed
    assert_equal([[-1], ['tick']], host.values)
    assert_equal([1], host.acks)
  end

  conversation :finish_and_close_are_called, 'held', **N do |host|
    host.rows(1, 2).until_consumed
    host.command('finish').until_message('finished')
    assert_equal([[], [0], [1]], host.sent_rows.map(&:anchors))
    assert_equal([0, 1], host.acks)
    assert_equal(0, host.close)
    assert_includes(host.stderr, 'closed in order')
  end

  conversation :batches_are_acked_or_failed_whole, 'batches', inputs: { 'default' => ['n'] }, outputs: [['default', ['size']]] do |host|
    host.rows(1, 2, 3, 4).until_consumed
    assert_equal([0, 1, 2], host.acks)
    host.tick.until_consumed
    assert_equal([[0, 1, 2], [3]], host.sent_rows.map(&:anchors))
    assert_equal([0, 1, 2, 3, 4], host.acks.sort)
    host.rows(1, 'bad', 3).until_consumed
    assert_equal([5, 6, 7], host.fails.map(&:first))
    host.rows('last').until_consumed
    host.command('finish').until_message('finished')
    assert_equal([[3], [1], [1]], host.values)
  end

  conversation :a_block_receives_as_in_redstorm, 'doubled', inputs: { 'default' => ['n'] } do |host|
    host.rows(0, 3).until_consumed
    assert_equal([[3], [6]], host.values)
    assert_equal([[1], [1]], host.sent_rows.map(&:anchors))
    assert_equal([0, 1], host.acks)
  end
end
