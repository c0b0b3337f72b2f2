# frozen_string_literal: true

require_relative 'helper'

# Random values go through a child and come back the same, in either encoding.
class TestRoundTrip < Minitest::Test
  include Conversations

  ECHO = { inputs: { 'default' => %w[how what] }, outputs: [['default', %w[a b]], ['late_ones', ['late']]] }.freeze
  CHARACTERS = ['a', '"', '\\', "\n", "\u0000", 'é', "\u2028", '😀', "\u{10FFFF}"].freeze
  EDGES = [0, -1, 127, 128, 255, 256, (1 << 31) - 1, 1 << 32, (1 << 53) + 1, (1 << 62), (1 << 63) - 1, (1 << 64) - 1, -(1 << 63)].freeze
  FLOATS = [0.0, -0.0, 1.0, 0.1, 5e-324, 1.7976931348623157e308, 1e22, -2.5].freeze

  def value(random, depth = 0)
    case random.rand(depth < 4 ? 8 : 6)
    when 0 then nil
    when 1 then [true, false].sample(random: random)
    when 2 then EDGES.sample(random: random) ^ random.rand(2)
    when 3 then FLOATS.sample(random: random)
    when 4, 5 then Array.new(random.rand(40)) { CHARACTERS.sample(random: random) }.join * [1, 100].sample(random: random)
    when 6 then Array.new(random.rand(4)) { value(random, depth + 1) }
    else Array.new(random.rand(4)) { |at| ["k#{at}", value(random, depth + 1)] }.to_h
    end
  end

  conversation :values_come_back_as_they_went, 'echo', **ECHO do |host|
    seed = Random.new_seed
    random = Random.new(seed)
    values = Array.new(2000) { value(random) }
    values.each_slice(100) { |some| host.rows(*some.map { |one| ['else', one] }).until_consumed }
    assert_empty(host.fails, "seed #{seed}")
    host.values.map(&:last).zip(values).each do |got, sent|
      # As text 0.0, -0.0 and 0 differ, and so do 1 and 1.0.
      assert_equal(sent.inspect, got.inspect, "seed #{seed}")
    end
  end
end
