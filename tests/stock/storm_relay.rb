# A bolt on Storm's own library: passes on what it gets.

require "./storm"

class Relay < Storm::Bolt
  def process(tup)
    emit(tup.values, anchor: tup)
    ack(tup)
  end
end

Relay.new.run
