# frozen_string_literal: true

# Components are plain objects in a test: a list in, a list out.

require 'minitest/autorun'
require 'stormhost/testing'
require_relative 'topology'

# The bolts of the topology.
class TestWordCount < Minitest::Test
  def run_bolt(...) = Stormhost::Testing.run_bolt(...)

  def test_a_line_is_taken_apart
    assert_equal(%w[the cow the moon], run_bolt(Split.new, ['The cow, the moon'], fields: :line).emitted)
  end

  def test_words_are_counted
    assert_equal([['cow', 1], ['moon', 1], ['cow', 2]], run_bolt(Count.new, %w[cow moon cow], fields: :word).emitted)
  end
end
