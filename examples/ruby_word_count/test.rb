# frozen_string_literal: true

# Tries the bolts out as plain objects: a list in, a list out.

require 'minitest/autorun'
require_relative 'topology'

# The README says how to run it.
class TestBolts < Minitest::Test
  def run_bolt(...) = Stormhost::Testing.run_bolt(...)

  def test_words_are_split_and_made_small
    assert_equal(%w[the cow jumped], run_bolt(Split.new, ['The cow,', 'JUMPED!'], fields: :sentence).emitted)
  end

  def test_words_are_counted_when_the_input_has_ended
    assert_equal([['a', 2], ['b', 1]], run_bolt(Count.new, %w[a b a], fields: :word).emitted)
  end
end
