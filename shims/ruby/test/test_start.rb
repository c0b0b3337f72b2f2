# frozen_string_literal: true

require_relative 'helper'

# Children that never come to work.
class TestStart < Minitest::Test
  include Conversations

  def leaving(component, **options)
    child = host(component, **options)
    status = begin
      child.open
      nil
    rescue EOFError
      child.leave
    end
    [status, child.stderr, child.forewords]
  end

  def test_what_cannot_start_leaves_with_its_story_before_it_answers
    { 'bad_start' => 'no database (IOError)', 'bad_prepare' => 'no database either (IOError)' }.each do |component, said|
      status, stderr, forewords = leaving(component)
      assert_equal(1, status)
      assert_match(/components\.rb:\d+:in `\w+': #{Regexp.escape(said)}/, stderr)
      refute_includes(stderr, 'lib/stormhost/')
      # What it had to say before that is no answer.
      assert_equal(component == 'bad_prepare' ? ['about to fail'] : [], forewords.map { |message| message['msg'] })
    end
  end

  def test_what_is_no_spout_or_is_gone_is_told
    assert_includes(leaving('split', kind: 'spout', outputs: [])[1], 'it is declared as a spout, but Split is none')
    assert_includes(leaving('nobody')[1], "topology Components has no component 'nobody' any more")
  end

  def test_a_codec_that_cannot_be_had_is_told
    assert_includes(leaving('split', codec: 'yaml')[1], 'STORMHOST_CODEC=yaml: not installed, or unknown (msgpack, json)')
  end

  def test_by_hand_it_says_how_it_is_started
    command = [RbConfig.ruby, Host::MAIN, 'component', Host::COMPONENTS, 'split']
    _, stderr, status = Open3.capture3(*command, stdin_data: '')
    assert_equal(1, status.exitstatus)
    assert_includes(stderr, 'a component is started by a host, not by hand')
    _, stderr, = Open3.capture3(*command, stdin_data: "\x83\xA4conf")
    assert_includes(stderr, 'the host does not begin with JSON')
    _, stderr, status = Open3.capture3(RbConfig.ruby, Host::MAIN, 'component')
    assert_equal(2, status.exitstatus)
    assert_includes(stderr, 'usage: ')
  end

  def test_a_host_that_is_gone_is_no_story
    host = host('split', codec: 'json').open
    host.instance_variable_get(:@out).close
    host.rows('x')
    assert_equal(1, host.instance_variable_get(:@process).value.exitstatus)
    refute_includes(host.stderr, 'Error')
  end

  def test_bytes_that_are_no_frame_end_it
    host = host('split', codec: 'json').open
    host.instance_variable_get(:@in).write('rubbish, not a frame')
    assert_equal(1, host.leave)
    assert_includes(host.stderr, 'the host sent bytes that are no frame')
  end
end
