# frozen_string_literal: true

require 'json'
require 'open3'
require 'stormhost/wire'

# A host that follows a script: starts a component as a real child, and reads what it says as PROTOCOL.md has it.
class Host
  MAIN = File.expand_path('../lib/stormhost/main.rb', __dir__)
  COMPONENTS = File.expand_path('components.rb', __dir__)
  DEADLINE = 20

  # A row that the child sent: its stream, values, whether it is tracked, and what it is tied to.
  Row = Struct.new(:stream, :values, :tracked, :input, :anchors, :task)
  Frame = Struct.new(:consumed, :flags, :rows, :acks, :fails)

  attr_reader :frames, :messages, :hello, :forewords, :taken, :sent, :stderr

  # Starts a component of components.rb; `inputs`: stream id to fields; `outputs`: [id, fields, direct, listeners].
  def initialize(component, kind: 'bolt', inputs: { 'default' => ['word'] }, outputs: [['default', ['word']]], conf: {}, codec: nil,
                 offer: true, command: nil)
    @kind = kind
    @outputs = outputs
    @frames = []
    @messages = []
    @sent = @taken = 0
    @data = ''.b
    command ||= [RbConfig.ruby, '-w', MAIN, 'component', "#{COMPONENTS}:Components", component, '--']
    @in, @out, @err, @process = Open3.popen3({ 'STORMHOST_CODEC' => codec }, *command)
    [@in, @out].each(&:binmode)
    @stderr = +''
    @reader = Thread.new { listen }
    @inputs = inputs.keys
    @in.write("#{JSON.generate(setup(inputs, conf, offer))}\nend\n")
  end

  def listen
    @err.each_line { |line| @stderr << line }
  rescue IOError
    nil # the test is over
  end

  def setup(inputs, conf, offer)
    specs = inputs.map { |stream, fields| { component: 'source', stream: stream, fields: fields } }
    specs << { component: '__system', stream: '__tick', fields: ['rate_secs'] }
    context = { 'taskid' => 3, 'componentid' => 'it', 'task->component' => { '3' => 'it' } }
    unless offer
      context['stream->outputfields'] = @outputs.to_h { |id, fields| [id, fields] }
      context['source->stream->fields'] = { 'source' => inputs }
    end
    frames = { versions: [1], encodings: %w[msgpack json], kind: @kind, task: 3, max_frame: 64 << 20, inputs: @kind == 'bolt' ? specs : [],
               outputs: @outputs.map do |id, fields, direct, listeners|
                          { stream: id, fields: fields, direct: direct || false, listeners: listeners.nil? || listeners }
                        end }
    { conf: conf, pidDir: nil, context: context, **(offer ? { stormhost: frames } : {}) }
  end

  # Waits for the answer to the handshake.
  def open
    @forewords = []
    @forewords << @hello until (@hello = message_of_json).key?('pid')
    @encoding = @hello.dig('stormhost', 'encoding')
    @auto = @hello.dig('stormhost', 'acks') == 'auto'
    self
  end

  # A message in Storm's dialect.
  def message_of_json
    read until (found = @data.index("\nend\n"))
    text = @data.slice!(0, found + 5)
    JSON.parse(text[0...-5][/^\{.*/m]) # what was printed before stands before it
  end

  def write_json(message)
    @in.write("#{JSON.generate(message)}\nend\n")
  end

  def write_frame(kind, payload)
    @in.write([Stormhost::Wire::MAGIC, kind, payload.bytesize].pack('a3aV') << payload)
  end

  # Sends rows of one stream in one frame. `tasks`: one, or one a row.
  def rows(*rows, stream: 'default', tasks: 7)
    @sent += rows.size
    columns = rows.map { |row| Array(row) }.transpose
    tasks_of_rows = tasks.is_a?(Array) ? tasks.pack('V*') : ''
    run = [@inputs.index(stream), columns.size, rows.size, tasks.is_a?(Array) ? 0 : tasks].pack('vvVV') << tasks_of_rows
    write_frame('T', [1].pack('V') << run << columns.map { |column| column_of(column) }.join)
    self
  end

  def tick
    @sent += 1
    write_frame('T', [1, @inputs.size, 1, 1, 0xFFFFFFFF].pack('VvvVV') << column_of([5]))
    self
  end

  def command(command)
    write_frame('C', JSON.generate({ command: command }))
    self
  end

  def credit(count)
    write_frame('N', [count].pack('Q<'))
    self
  end

  def acked(first, count = 1)
    write_frame('A', [first, count].pack('Q<Q<'))
    self
  end

  def failed(number, kind = 'failed', reason = 'said so')
    write_frame('F', JSON.generate([[number, kind, reason]]))
    self
  end

  def task_ids(ids)
    write_frame('I', JSON.generate(ids))
    self
  end

  def kill(signal)
    Process.kill(signal, @process.pid)
    self
  end

  # Reads frames until the block returns something.
  def until(awaited)
    deadline = now + DEADLINE
    until (found = yield)
      raise "waited #{DEADLINE} s for #{awaited}; stderr: #{@stderr}" if now > deadline

      next_frame(awaited)
    end
    found
  end

  def until_consumed(count = @sent)
    self.until("#{count} consumed") { @taken >= count }
    self
  end

  def until_rows(count)
    self.until("#{count} rows") { sent_rows.size >= count }
    self
  end

  def until_message(command)
    self.until("message #{command}") { @messages.find { |message| message['command'] == command } }
  end

  # Closes the input, and waits for the end of the child; returns its status.
  def close
    @in.close
    leave
  end

  # Waits for the end of the child; returns its status, or the signal that ended it.
  def leave
    loop { next_frame('the end') }
  rescue EOFError
    @reader.join(DEADLINE)
    status = @process.value
    status.exitstatus || "signal #{status.termsig}"
  end

  # Ends it whatever it does.
  def stop
    Process.kill('KILL', @process.pid)
  rescue Errno::ESRCH
    nil
  ensure
    @process.value
    [@in, @out, @err].each(&:close)
  end

  def sent_rows
    @frames.flat_map(&:rows)
  end

  def values
    sent_rows.map(&:values)
  end

  def fails
    @frames.flat_map(&:fails)
  end

  # Ids that are acked, in either way.
  def acks
    return @frames.flat_map(&:acks) unless @auto

    (0...@taken).to_a - fails.map(&:first)
  end

  def said(command)
    @messages.select { |message| message['command'] == command }
  end

  private

  def now
    Process.clock_gettime(Process::CLOCK_MONOTONIC)
  end

  def column_of(values)
    data = @encoding == 'msgpack' ? MessagePack.pack(values) : JSON.generate(values)
    [data.bytesize].pack('V') << data.b
  end

  def decoded(data)
    @encoding == 'msgpack' ? MessagePack.unpack(data) : JSON.parse(data)
  end

  def read(awaited = 'the answer')
    raise "waited #{DEADLINE} s for #{awaited}; stderr: #{@stderr}" unless @out.wait_readable(DEADLINE)

    @data << @out.readpartial(1 << 16)
  end

  def next_frame(awaited)
    read(awaited) until @data.bytesize >= 8
    raise "no frame: #{@data[0, 80].inspect}" unless @data.start_with?(Stormhost::Wire::MAGIC)

    length = @data.unpack1('V', offset: 4)
    read(awaited) until @data.bytesize >= 8 + length
    kind = @data[3]
    payload = @data.slice!(0, 8 + length)[8..]
    case kind
    when 'M' then @messages << JSON.parse(payload)
    when 'R' then @frames << results(payload)
    else raise "a frame of kind #{kind}"
    end
  end

  def results(payload)
    reader = Reader.new(payload)
    consumed, flags, emits, count = reader.take('Q<VVv', 18)
    blocks = Array.new(count) { block(reader) }
    raise 'the blocks have other rows' unless blocks.sum(&:size) == emits

    order = flags & 1 == 0 ? [0] * emits : reader.take("C#{emits}", emits)
    rows = order.map { |from| blocks[from].shift }
    before = @taken
    @taken = consumed
    read_marks(reader, rows, before) if flags & 2 != 0
    read_anchors(reader, rows) if flags & 4 != 0
    reader.take("V#{emits}", 4 * emits).zip(rows) { |task, row| row.task = task } if flags & 8 != 0
    acks = flags & 16 == 0 ? [] : reader.list('Q<', 8)
    fails = flags & 32 == 0 ? [] : JSON.parse(reader.bytes(reader.take('V', 4).first))
    raise 'bytes behind the last section' unless reader.over?

    Frame.new(consumed, flags, rows, acks, fails)
  end

  def block(reader)
    stream, width, count, tracked = reader.take('vvVV', 12)
    id, fields, = @outputs[stream]
    raise 'columns are missing' unless width == fields.size && count.positive?

    columns = Array.new(width) { decoded(reader.bytes(reader.take('V', 4).first)) }
    raise 'columns of another length' unless columns.all? { |column| column.size == count }

    (width.zero? ? [[]] * count : columns.transpose).map { |values| Row.new(id, values, tracked, nil, [], 0) }
  end

  def read_marks(reader, rows, before)
    marks = reader.list('V', 4)
    raise 'not a mark for each input' unless marks.size == @taken - before

    begun = 0
    [*marks, rows.size].each_with_index do |mark, position|
      rows[begun...mark].each { |row| row.input = before + position }
      begun = mark
    end
  end

  def read_anchors(reader, rows)
    ends = reader.take("V#{rows.size}", 4 * rows.size)
    ids = reader.take("Q<#{ends.last}", 8 * ends.last)
    begun = 0
    rows.zip(ends) do |row, last|
      row.anchors = ids[begun...last]
      begun = last
    end
  end

  # Takes a payload apart from the front.
  class Reader
    def initialize(data)
      @data = data
      @at = 0
    end

    def take(form, size)
      found = @data.unpack(form, offset: @at)
      @at += size
      found
    end

    def bytes(size)
      @at += size
      @data.byteslice(@at - size, size)
    end

    def list(form, size)
      count, = take('V', 4)
      take("#{form}#{count}", size * count)
    end

    def over?
      @at == @data.bytesize
    end
  end
end
