# A spout on Storm's own library: emits each line of a file once, and notes what becomes of it.

require "json"
require "./storm"

class Lines < Storm::Spout
  def open(_conf, _context)
    @lines = File.readlines(ARGV[0], chomp: true).each_with_index.to_a
  end

  def nextTuple
    line, number = @lines.shift
    emit([line], id: "line #{number}") if line
  end

  def ack(id)
    note("acked", id)
  end

  def fail(id)
    note("failed", id)
  end

  def note(*words)
    File.open(ENV.fetch("JOURNAL"), "a") { |journal| journal.syswrite("#{words.to_json}\n") }
  end
end

Lines.new.run
