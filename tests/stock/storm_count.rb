# A bolt on Storm's own library; writes each word to the journal before its ack.

require "json"
require "./storm"

class Count < Storm::Bolt
  def prepare(_conf, _context)
    @journal = File.open(ENV.fetch("JOURNAL"), "a")
  end

  def process(tup)
    @journal.syswrite("#{["word", tup.values[0]].to_json}\n")
    ack(tup)
  end
end

Count.new.run
