# frozen_string_literal: true

# Counts the words of a file, sentence by sentence, with every sentence acked, as `word_count.py` does. Arguments: the file, and how
# many sentences it has.

require 'stormhost'
require_relative 'probe'

Probe.tell('file begins')

# What nobody listens to is sent all the same where `BENCH_SEND=1`; see `send_all.py`. No user should reach into the library so.
if ENV['BENCH_SEND'] == '1'
  require 'stormhost/outputs'
  Stormhost::Output.prepend(Module.new { def listeners = true })
end

# The spout of all benchmarks: it counts what is acked, and marks the first and the last ack with what every process used until then.
class Lines < Stormhost::Spout
  output_fields :sentence

  def prepare
    @total = ARGV[1].to_i
    @number = @acked = @failed = 0
    @mark = 1
    Probe.tell('ready', component: 'lines')
  end

  def tuples
    File.foreach(ARGV[0], encoding: 'UTF-8') do |line|
      @number += 1
      emit line.chomp!, id: @number
      yield
    end
  end

  def ack(_id)
    @acked += 1
    return unless @acked == @mark # one comparison an ack: the mark is the first, then the last

    if @mark == 1
      Probe.tell_usage('first ack')
      @mark = @total
    end
    Probe.tell_usage('last ack') if @acked == @total
  end

  def fail(_id)
    @failed += 1
  end

  def close
    Probe.tell('outcome', acked: @acked, failed: @failed)
  end
end

# Takes sentences apart.
class Split < Stormhost::AutoAckBolt
  output_fields :word

  def prepare
    Probe.tell('ready', component: 'split')
  end

  def execute(input)
    unless @begun
      @begun = true
      Probe.tell('first tuple')
    end
    input.sentence.split.each { |word| emit word }
  end
end

# Counts, and emits each count.
class Count < Stormhost::AutoAckBolt
  output_fields :word, :n

  def prepare
    @counts = {}
    Probe.tell('ready', component: 'count')
  end

  def execute(input)
    word = input.word
    n = @counts[word] = (@counts[word] || 0) + 1
    emit [word, n]
  end

  def close
    Probe.tell('counts', counts: @counts)
  end
end

class WordCount < Stormhost::Topology
  spout Lines
  bolt(Split) { source Lines }
  bolt(Count) { source Split, fields: :word }
end
