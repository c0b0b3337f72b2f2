# frozen_string_literal: true

require_relative 'helper'
require 'stormhost/frames_bolt'
require 'stringio'

# What is collected for frames, by itself.
class TestResults < Minitest::Test
  include Stormhost

  # A codec that can be told to fail.
  class Failing < Codec::Json
    attr_accessor :broken

    def finish(*)
      raise NoMemoryError, 'told so' if broken

      super
    end
  end

  def setup
    @codec = Failing.new
    @written = StringIO.new(''.b)
    @bolt = Class.new(AutoAckBolt) { output_fields :word }.new
    link = BoltLink.new(nil, Wire::Outlet.new(@written), @codec, { 'outputs' => [{ 'stream' => 'default', 'fields' => ['word'] }] }, @bolt)
    link.bind
    @results = link.instance_variable_get(:@results)
  end

  # For each frame that was written: what is consumed, how many rows, the column.
  def frames
    inlet = Wire::Inlet.new(nil, @written.string)
    found = []
    loop do
      payload = inlet.frame.last
      found << [payload.unpack1('Q<'), payload.unpack1('V', offset: 12), payload[/\[.*?\]/n]]
    end
  rescue NoMethodError # nothing more to read, and nothing to read from
    found
  end

  def consume(word)
    @bolt.emit(word)
    @results.marks << @results.rows.size
  end

  def test_what_no_frame_could_be_made_of_is_sent_with_the_next
    consume 'first'
    @codec.broken = true
    2.times { assert_raises(NoMemoryError) { @results.flush } }
    assert_empty(@written.string)
    assert_equal(0, @results.said)
    refute_empty(@results)
    @codec.broken = false
    consume 'second'
    @results.flush
    assert_equal([[1, 1, '["first"]'], [2, 1, '["second"]']], frames)
    assert_empty(@results)
  end

  def test_a_message_that_was_cut_short_is_the_last
    channel = Object.new
    def channel.write(_data) = raise(Interrupt)
    outlet = Wire::Outlet.new(channel)
    assert_raises(Interrupt) { outlet.frame('M', '{}') }
    assert_raises(HostGone) { outlet.frame('M', '{}') }
  end

  def test_a_fail_waits_for_the_frame_that_consumes_its_input
    @results.fails << [1, 'too early'] << [0, 'due']
    consume 'first'
    @results.flush
    assert_includes(@written.string, '[[0,"due"]]')
    assert_equal([[1, 'too early']], @results.fails)
  end
end
