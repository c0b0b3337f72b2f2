# frozen_string_literal: true

require_relative 'helper'

# The same components with a host that makes no offer, as Apache Storm.
class TestStormDialect < Minitest::Test
  include Conversations

  def stormy(component, **options)
    made = host(component, offer: false, **options)
    assert_equal({ 'pid' => made.instance_variable_get(:@process).pid }, made.message_of_json)
    made
  end

  def tuple(id, *values, stream: 'default')
    { id: id, comp: 'source', stream: stream, task: 4, tuple: values }
  end

  def test_a_bolt_anchors_and_acks_by_itself
    host = stormy('split', inputs: { 'default' => ['sentence'] })
    host.write_json(tuple('77', 'the cow'))
    emitted = { 'command' => 'emit', 'stream' => 'default', 'anchors' => ['77'], 'need_task_ids' => false }
    assert_equal(emitted.merge('tuple' => ['the']), host.message_of_json)
    assert_equal(emitted.merge('tuple' => ['cow']), host.message_of_json)
    assert_equal({ 'command' => 'ack', 'id' => '77' }, host.message_of_json)
  end

  def test_a_bolt_that_raises_fails_its_input_and_answers_heartbeats
    host = stormy('clumsy', inputs: { 'default' => ['what'] }, outputs: [['default', ['said']]])
    host.write_json(tuple('1', 'raise'))
    said = Array.new(3) { host.message_of_json }
    assert_equal(%w[emit error fail], said.map { |message| message['command'] })
    host.write_json({ id: '2', comp: nil, stream: '__heartbeat', task: -1, tuple: [] })
    assert_equal({ 'command' => 'sync' }, host.message_of_json)
  end

  def test_the_reason_of_a_fail_is_logged
    host = stormy('clumsy', inputs: { 'default' => ['what'] }, outputs: [['default', ['said']]])
    host.write_json(tuple('1', 'fail'))
    assert_equal('fails a tuple: did not like it', host.message_of_json['msg'])
    assert_equal({ 'command' => 'fail', 'id' => '1' }, host.message_of_json)
  end

  def test_task_ids_may_stand_behind_a_tuple
    host = stormy('echo', inputs: { 'default' => %w[how what] }, outputs: [['default', %w[a b]], ['late_ones', ['late']]])
    host.write_json(tuple('1', 'where', 'x'))
    assert(host.message_of_json['need_task_ids'])
    host.write_json(tuple('2', 'late', 'y'))
    host.write_json([5, 6])
    assert_equal([1, [5, 6]], host.message_of_json['tuple'])
    assert_equal('ack', host.message_of_json['command'])
    assert_equal('late_ones', host.message_of_json['stream'])
  end

  def test_a_spout_does_as_it_is_told
    host = stormy('numbers', kind: 'spout', outputs: [['default', ['n']]], conf: { 'count' => 1 })
    host.write_json({ command: 'activate', id: '' })
    assert_equal(%w[log sync], [host.message_of_json, host.message_of_json].map { |message| message['command'] })
    host.write_json({ command: 'next', id: '' })
    emitted = host.message_of_json
    assert_equal([[1], false], emitted.values_at('tuple', 'need_task_ids'))
    host.message_of_json
    host.write_json({ command: 'ack', id: emitted['id'] })
    assert_equal('ack ["id", 1]', host.message_of_json['msg'])
    assert_equal({ 'command' => 'sync' }, host.message_of_json)
  end

  def test_a_fail_wakes_a_spout_that_is_done_until_it_emits_nothing
    host = stormy('numbers', kind: 'spout', outputs: [['default', ['n']]], conf: { 'count' => 2, 'replay' => true })
    told = lambda do |command, id = ''|
      host.write_json({ command: command, id: id })
      said = []
      said << host.message_of_json until said.last == { 'command' => 'sync' }
      said.filter_map { |message| [message['id'], message['tuple']] if message['command'] == 'emit' }
    end
    first, = Array.new(3) { told.call('next') }.flatten(1)
    assert_equal([1], first.last)
    assert_empty(told.call('next'))
    assert_empty(told.call('fail', first.first))
    again = Array.new(3) { told.call('next') }.flatten(1)
    assert_equal([[1]], again.map(&:last))
    told.call('fail', again.first.first)
    assert_equal([[1]], told.call('next').map(&:last))
  end

  def test_tuples_are_taken_one_by_one
    host = stormy('enumerated', kind: 'spout', outputs: [['default', ['n']]])
    said = Array.new(4) do
      host.write_json({ command: 'next', id: '' })
      message = host.message_of_json
      host.message_of_json if message['command'] == 'emit'
      message['tuple']
    end
    assert_equal([[1], [2], [3], nil], said)
    assert_equal(0, host.close)
  end

  def test_a_script_that_ends_in_run_is_a_component
    host = host('', command: [RbConfig.ruby, '-I', File.expand_path('../lib', __dir__), Host::COMPONENTS, 'Split'],
                    inputs: { 'default' => ['sentence'] }).open
    host.rows('the cow').until_consumed
    assert_equal([['the'], ['cow']], host.values)
  end
end
