# frozen_string_literal: true

# The parts of the matrix in Ruby, on our library. `words.rb ROLE [TEXT]`; what each role does stands in the README above.

require 'json'
require 'stormhost'

# Adds a line to the journal, in one piece whoever else writes.
def note(*words)
  File.open(ENV.fetch('JOURNAL'), 'a') { |journal| journal.syswrite("#{JSON.generate(words)}\n") }
end

# Emits each line of a file once.
class Lines < Stormhost::Spout
  output_fields :line

  def prepare
    @lines = File.readlines(ARGV[1], chomp: true, encoding: 'UTF-8')
    @next = 0
  end

  def next_tuple
    return done if @next == @lines.size

    emit(@lines[@next], id: "line #{@next}")
    @next += 1
  end

  def ack(id) = note('acked', id)
  def fail(id) = note('failed', id)
end

# A line into words.
class Split < Stormhost::AutoAckBolt
  output_fields :word

  def execute(input)
    input[0].split.each { |word| emit word }
  end
end

# Notes each word.
class Count < Stormhost::Bolt
  def execute(input)
    note('word', input[0])
    ack(input)
  end
end

# Passes on whatever it gets.
class Relay < Stormhost::AutoAckBolt
  output_fields :at, :value

  def execute(input)
    emit [input[0], input[1]]
  end
end

# Does what its lines order.
class Odd < Stormhost::AutoAckBolt
  output_fields :line

  REFUSED = {
    'nan' => Float::NAN, 'infinity' => -Float::INFINITY, 'huge' => 1 << 64, 'surrogate' => "\xED\xA0\x80", 'bytes' => "\xFF".b,
    'object' => Object.new, 'key' => { 1 => 2 }, 'inner' => [[{ 'a' => Float::INFINITY }]]
  }.freeze

  def execute(input)
    order, word = input[0].split
    case order
    when '!raise' then raise(ArgumentError, 'odd on purpose')
    when '!exit' then exit!(7)
    when '!wide' then emit(['one', 'too many'])
    when '!nowhere' then emit('lost', stream: :nowhere)
    when '!refuse' then refuse(REFUSED.fetch(word))
    else
      puts 'printed by the odd one' if order == '!print'
      emit(input[0])
    end
  end

  # A list is a row; so a value that is one stands in a row.
  def refuse(value)
    emit([value])
  end
end

# Emits every line until it is acked, and says at its end how often each was.
class Reliable < Stormhost::ReliableSpout
  output_fields :line
  max_tries 1000

  def prepare
    @lines = File.readlines(ARGV[1], chomp: true, encoding: 'UTF-8')
    @acks = [0] * @lines.size
  end

  def tuples
    @lines.each_with_index do |line, at|
      emit line, id: at
      yield
    end
  end

  def ack(id) = @acks[id] += 1

  def fail(_id)
    note('failed otherwise', *failure) unless failure.first == 'child_died'
  end

  def close = note('acks', @acks.size, *@acks.minmax)
end

# Counts, and tells when its input has ended.
class Tally < Stormhost::AutoAckBolt
  output_fields :word, :n

  def prepare
    @counts = Hash.new(0)
  end

  def execute(input)
    @counts[input[0]] += 1
  end

  def finish
    @counts.each { |word, count| emit [word, count] }
  end
end

# Appends each word to a file before it acks.
class Write < Stormhost::AutoAckBolt
  def prepare
    @file = File.open(ARGV[1], File::WRONLY | File::APPEND | File::CREAT)
  end

  def execute(input)
    @file.syswrite("#{input[0]}\n")
  end
end

ROLES = {
  'spout' => Lines, 'split' => Split, 'count' => Count, 'relay' => Relay, 'odd' => Odd, 'reliable' => Reliable, 'tally' => Tally,
  'write' => Write
}.freeze

ROLES.fetch(ARGV[0]).new.run
