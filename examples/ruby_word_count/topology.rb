# frozen_string_literal: true

# Counts words. Texts go in line by line, four tasks count, the twenty most frequent words come out.
#
#     stormhost run examples/ruby_word_count/topology.rb -- [--counts FILE] [TEXT …]

require 'optparse'
require 'stormhost'

CARRIED = Dir[File.expand_path('../word_count/texts/*.txt', __dir__)]
SHOWN = 20

# What stands behind `--` on the command line. Every child sees the same words as the declaring process.
def options
  found = { counts: 'word_counts.tsv' }
  texts = OptionParser.new { |parser| parser.on('--counts FILE') { |file| found[:counts] = file } }.parse(ARGV)
  found.merge(texts: texts.empty? ? CARRIED : texts)
end

# Emits the lines of all texts. Each is tracked, and emitted again should a bolt fail it.
class Lines < Stormhost::ReliableSpout
  output_fields :sentence

  # Opened before the first line is read: what goes wrong in `prepare` ends the run at once, with the story.
  def prepare
    @texts = options[:texts].map { |path| File.open(path, encoding: 'UTF-8') }
  end

  # What is not UTF-8 becomes U+FFFD, which is no letter: bytes of another encoding part words, as in `tr`.
  def tuples
    @texts.each do |text|
      text.each_line { |line| yield line.scrub }
    end
  end
end

# Takes a sentence apart into words, in small letters. What the block returns is emitted.
class Split < Stormhost::AutoAckBolt
  output_fields :word

  on_receive do |input|
    input.sentence.scan(/[A-Za-z]+/).map { |word| [word.downcase] }
  end
end

# Counts the words that come to this task. All of one kind do: that is what the fields grouping is for.
class Count < Stormhost::AutoAckBolt
  output_fields :word, :count

  def prepare
    @counts = Hash.new(0)
  end

  def execute(input)
    @counts[input.word] += 1
  end

  def finish
    @counts.each { |word, count| emit [word, count] }
  end
end

# Puts the counts of all tasks in order, writes them to a file, and shows the first few.
class Top < Stormhost::AutoAckBolt
  output_fields :line

  def prepare
    @counts = {}
    @path = options[:counts]
    # Under another name until it is whole: whoever waits for the file never sees half of one.
    @file = File.open("#{@path}.unfinished", 'w')
  end

  def execute(input)
    @counts[input.word] = input.count
  end

  def finish
    ranking = @counts.sort_by { |word, count| [-count, word] }
    @file.write(*ranking.map { |word, count| "#{count}\t#{word}\n" })
    @file.close
    File.rename(@file.path, @path)
    log "#{ranking.size} different words; all counts are in #{@path}"
    ranking.first(SHOWN).each { |word, count| emit format('%<count>7d %<word>s', count: count, word: word) }
  end
end

class WordCount < Stormhost::Topology
  spout Lines

  bolt Split, parallelism: 2 do
    source Lines
  end

  bolt Count, parallelism: 4 do
    source Split, fields: :word
  end

  bolt Top do
    source Count, :global
  end

  bolt Stormhost::Print do
    source Top
  end
end
