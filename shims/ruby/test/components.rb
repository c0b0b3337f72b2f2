# frozen_string_literal: true

require 'stormhost'
require 'timeout'

# Components that the tests start as real children; each test names one.
puts 'printed while loading'

class Split < Stormhost::AutoAckBolt
  output_fields :word
  def execute(input)
    input.sentence.split.each { |word| emit word }
  end
end

# Emits what it got, on the stream that the first field names.
class Echo < Stormhost::AutoAckBolt
  output_fields :a, :b
  output_fields late_ones: :late
  stream :empty
  stream :chosen, :value, direct: true

  def execute(input)
    case input.how
    when 'late' then emit input.what, stream: :late_ones
    when 'empty' then emit [], stream: 'empty'
    when 'direct' then emit input.what, stream: :chosen, direct_task: input.meta.task
    when 'direct to' then emit 'x', stream: :chosen, direct_task: input.what
    when 'where' then emit [1, emit(['where', input.what], need_task_ids: true)]
    when 'both'
      emit ['first', input.what]
      emit input.what, stream: :late_ones
      emit ['third', input.what]
    else emit [input.how, input.what]
    end
  end
end

# Does what its input says, most of it wrong.
class Clumsy < Stormhost::AutoAckBolt
  output_fields :said

  def execute(input)
    what = input.what
    case what
    when 'raise'
      emit 'before'
      raise ArgumentError, 'not today'
    when 'exit' then exit(7)
    when 'not implemented' then raise NotImplementedError, 'nor this'
    when 'deep' then execute(input)
    when 'print' then print "printed in Ruby\n"
    when 'write' then IO.for_fd(1, autoclose: false).syswrite("written to descriptor 1\n")
    when 'grandchild' then system('echo printed by a grandchild')
    when 'read' then emit($stdin.read.empty? ? 'end of file' : 'something')
    when 'fork' then Process.wait(fork { emit('from the fork') && exit(3) })
    when 'fail' then self.fail(input, 'did not like it')
    when 'log' then log 'a line', :warn
    when 'report' then report_error 'a problem'
    when 'metric' then metric :speed, 3.5
    when 'settings' then emit [conf['x'], task_id, component_id, context['taskid']].inspect
    when 'field' then emit input.no_such_field
    when 'flood' then 10_000.times { |number| emit number.to_s }
    when 'large' then 10.times { |number| emit number.to_s * 1_000_000 }
    when 'hurry' then Timeout.timeout(0.05) { 100.times { |number| emit number.to_s * 1_000_000 } }
    when 'slow' then sleep 0.05
    when 'stand' then sleep
    when 'mutate'
      text = +'as it was'
      list = [text]
      emit text
      emit [list]
      text << ', changed'
    when /\Aemit / then return emit(eval(what.delete_prefix('emit ')))
    end
    emit what
  end
end

# Keeps everything until told what to do; answers in the wrong order.
class Held < Stormhost::Bolt
  output_fields :n
  output_fields nobody: :n

  def prepare
    @held = []
    emit(-1)
  end

  def execute(input)
    @held << input
    case input.n
    when 'ack'
      @held.reverse_each { |held| ack held }
      @held = []
    when 'join'
      emit @held.size, anchors: @held
      emit 'alone'
      emit 'one', anchors: input
      emit 'unheard', stream: :nobody, anchors: input
    when 'fail'
      self.fail(input, 'by hand')
      self.fail(@held.first)
    when 'raise' then raise 'by hand'
    when 'ack and raise'
      ack input
      raise 'too late'
    when 'ack text' then ack 'text'
    end
  end

  def tick
    emit 'tick'
  end

  def finish
    @held.each do |held|
      emit 'last', anchors: held
      ack held
    end
  end

  def close
    puts 'closed in order'
  end
end

class Batches < Stormhost::TimeBatcher
  output_fields :size
  interval 0.5
  max_size 3

  on_batch do |inputs|
    raise ArgumentError, 'a bad one' if inputs.any? { |input| input.n == 'bad' }

    emit inputs.size
  end
end

# As RedStorm has it: a block whose value is emitted.
class Doubled < Stormhost::Bolt
  output_fields :n
  on_receive(anchor: true, ack: true) { |tuple| tuple[:n] == 0 ? nil : [[tuple[:n]], [tuple[:n] * 2]] }
end

# Tracked numbers, up to what the settings say.
class Numbers < Stormhost::Spout
  output_fields :n
  set :count, 5

  def prepare
    @n = 0
    @again = []
  end

  def next_tuple
    if (id = @again.pop) then emit id, id: ['id', id]
    elsif @n < conf['count'] then emit @n += 1, id: ['id', @n]
    else done
    end
  end

  def ack(id) = log("ack #{id}")

  def fail(id)
    log "fail #{id} #{failure}"
    @again << id.last if conf['replay']
  end

  def activate = log('activate')
  def deactivate = log('deactivate')
end

# Untracked things, in every way that `tuples` may say them.
class Plain < Stormhost::Spout
  output_fields :n
  stream :other, :a, :b

  def tuples
    yield 'bare'
    yield ['row']
    emit 'emitted'
    emit 'tracked', id: 1
    emit [1, 2], stream: :other
    yield
    yield 'last'
  end

  def close = puts('closed')
end

# An Enumerator in place of yields.
class Enumerated < Stormhost::Spout
  output_fields :n
  def tuples = (1..3).each_entry
end

# Its code blocks, as a client of a message queue does.
class Blocking < Stormhost::Spout
  output_fields :n
  def tuples
    40.times { |number| yield number }
    sleep
  ensure
    puts 'left in order'
  end
end

class Crashing < Stormhost::Spout
  output_fields :n
  on_send do
    emit 'one'
    raise ArgumentError, 'no more'
  end
end

class Replaying < Stormhost::ReliableSpout
  output_fields :n
  max_tries 2

  def tuples
    yield 'a'
    yield 'b'
  end

  def ack(id) = log("ack #{id}")
  def fail(id) = log("fail #{id} #{failure.first}")
end

# Its own code fails at every fail.
class Fumbling < Replaying
  def fail(_id) = raise(ArgumentError, 'cannot even fail')
end

class BadStart < Stormhost::AutoAckBolt
  def initialize(*)
    super()
    raise IOError, 'no database'
  end

  def execute(_input) = nil
end

class BadPrepare < Stormhost::AutoAckBolt
  def prepare
    log 'about to fail'
    raise IOError, 'no database either'
  end

  def execute(_input) = nil
end

# Speaks before the first input.
class Early < Stormhost::AutoAckBolt
  output_fields :word

  def prepare
    emit 'early'
    @where = emit('and where', need_task_ids: true)
  end

  def execute(_input) = emit(@where.to_s)
  def finish = emit('at the end')
end

class WithArguments < Stormhost::AutoAckBolt
  output_fields :word

  def initialize(*arguments, **keywords)
    super()
    @got = [arguments, keywords]
  end

  def execute(_input) = emit([@got, ARGV, Dir.pwd].inspect)
end

class Components < Stormhost::Topology
  spout Plain
  spout Numbers
  spout Enumerated
  spout Blocking
  spout Crashing
  spout Replaying
  spout Fumbling
  bolt Split, parallelism: 2 do
    source Plain
  end
  bolt Echo do
    source Split
  end
  bolt Clumsy do
    source Split, fields: :word
  end
  bolt(Held) { source Split, :all }
  bolt(Batches) { source Echo, :global, stream: :late_ones }
  bolt(Doubled) { source Numbers }
  bolt(BadStart) { source Echo, :direct, stream: :chosen }
  bolt(BadPrepare) { source Echo, stream: :empty }
  bolt(Early) { source :split }
  bolt(WithArguments, 'x', 2, key: 'value', id: :with_arguments, parallelism: 3) { source Split, partial_key: [:word] }
end

Object.const_get(ARGV.first).new.run if __FILE__ == $PROGRAM_NAME
