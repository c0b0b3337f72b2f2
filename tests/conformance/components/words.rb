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

{ 'spout' => Lines, 'split' => Split, 'count' => Count, 'relay' => Relay, 'odd' => Odd }.fetch(ARGV[0]).new.run
