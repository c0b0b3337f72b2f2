# A bolt on Storm's own library: notes what it gets, and from where.

require "json"
require "./storm"

class See < Storm::Bolt
  def prepare(_conf, context)
    @me = context.values_at("componentid", "taskid")
    @journal = File.open(ENV.fetch("JOURNAL"), "a")
  end

  def process(tup)
    @journal.syswrite("#{["saw", *@me, tup.stream, *tup.values].to_json}\n")
    ack(tup)
  end
end

See.new.run
