# frozen_string_literal: true

require_relative 'helper'
require_relative 'components'

# The helper by which users try their components out.
class TestTesting < Minitest::Test
  include Stormhost

  def test_a_bolt_is_fed_and_gives_back_what_it_did
    result = Testing.run_bolt(Split.new, [{ sentence: 'the cow' }, 'jumped'], fields: :sentence)
    assert_equal(%w[the cow jumped], result.emitted)
    assert_equal([{ sentence: 'the cow' }, 'jumped'], result.acked)
    assert_equal([[{ sentence: 'the cow' }], [{ sentence: 'the cow' }], ['jumped']], result.anchors)
  end

  def test_acks_by_hand_fails_and_ticks_are_seen
    result = Testing.run_bolt(Held.new, [1, 'fail', Testing::TICK], fields: 'n')
    assert_equal([['fail', 'by hand'], [1, '']], result.failed)
    assert_equal([-1, 'tick', 'last', 'last'], result.emitted)
    result = Testing.run_bolt(Held.new, [1, 2], fields: 'n', finish: false)
    assert_equal([[], [1, 2]], [result.acked, result.pending])
  end

  def test_what_raises_fails_its_input
    result = Testing.run_bolt(Clumsy.new, %w[raise log], fields: 'what')
    assert_equal([['raise', 'ArgumentError: not today']], result.failed)
    assert_equal([[:warn, 'a line']], result.logged)
    assert_includes(result.errors.first, 'not today (ArgumentError)')
    wrong = Testing.run_bolt(Clumsy.new, ['emit 1 << 64'], fields: 'what')
    assert_includes(wrong.failed.first.last, 'the integer does not fit into 64 bits')
  end

  def test_a_task_that_is_no_number_is_refused_here_too
    result = Testing.run_bolt(Echo.new, [['direct to', '3'], ['direct to', 3]], fields: %w[how what])
    assert_equal([[['direct to', '3'], 'Stormhost::EmitError: direct_task is the number of a task, not "3" [SH0603]']], result.failed)
    assert_equal({ 'chosen' => ['x'] }, result.streams)
  end

  def test_an_on_send_that_says_done_at_its_end_emits_nothing_more
    spout = Class.new(Spout) do
      output_fields :name
      on_init { @left = %w[cow moon] }
      on_send { @left.shift || done }
    end
    assert_equal(%w[cow moon], Testing.run_spout(spout.new, 9).emitted)
  end

  def test_streams_are_told_apart
    result = Testing.run_bolt(Echo.new, [%w[both x]], fields: %w[how what])
    assert_equal({ 'default' => [%w[first x], %w[third x]], 'late_ones' => ['x'] }, result.streams)
  end

  def test_a_spout_is_asked_and_judged
    result = Testing.run_spout(Numbers.new, 3)
    assert_equal([[1, 2, 3], [['id', 1], ['id', 2], ['id', 3]]], [result.emitted, result.acked])
    assert_equal([1, 2], Testing.run_spout(Numbers.new, 9, conf: { count: 2 }).emitted)
    assert_equal([1, 2, 3], Testing.run_spout(Enumerated.new, 9).emitted)
  end

  def test_a_spout_that_is_done_is_asked_again_after_a_fail
    once = [1, 3]
    result = Testing.run_spout(Numbers.new, 9, conf: { count: 3, replay: true }) { |n| 'no' if once.delete(n) }
    assert_equal([1, 2, 3, 1, 3], result.emitted)
    assert_equal([[['id', 2], ['id', 1], ['id', 3]], [['id', 1], ['id', 3]]], [result.acked, result.failed])
  end

  def test_a_spout_that_has_more_is_not_asked_beyond_the_count
    result = Testing.run_spout(Numbers.new, 2, conf: { replay: true }) { 'no' }
    assert_equal([[1, 2], [['id', 1], ['id', 2]]], [result.emitted, result.failed])
  end

  def test_a_reliable_spout_replays_what_was_judged_wrong
    tries = Hash.new(0)
    result = Testing.run_spout(Replaying.new, 2) { |values| 'try again' if values == 'b' && (tries[values] += 1) < 3 }
    assert_equal(%w[a b b], result.emitted)
    assert_equal([[1], [2, 2]], [result.acked, result.failed])
    assert_includes(result.errors.first, 'given up after 2 tries')
  end
end
