# frozen_string_literal: true

# Counts words: how often each was seen is printed as it changes.
#
#     stormhost run topology.rb -- [FILE]

require 'stormhost'

# The lines of a file. What fails on its way is emitted again.
class Lines < Stormhost::ReliableSpout
  output_fields :line

  def tuples
    File.foreach(ARGV.first || File.join(__dir__, 'words.txt'), chomp: true) { |line| yield line }
  end
end

# Takes lines apart.
class Split < Stormhost::AutoAckBolt
  output_fields :word

  def execute(input)
    input.line.downcase.scan(/\w+/) { |word| emit(word) }
  end
end

# Counts words; the same word comes to the same task.
class Count < Stormhost::AutoAckBolt
  output_fields :word, :count

  def prepare
    @counts = Hash.new(0)
  end

  def execute(input)
    emit([input.word, @counts[input.word] += 1])
  end
end

# How it is all connected.
class WordCount < Stormhost::Topology
  spout Lines
  bolt Split, parallelism: 2 do
    source Lines
  end
  bolt Count, parallelism: 2 do
    source Split, fields: :word
  end
  bolt Stormhost::Print do
    source Count
  end
end
