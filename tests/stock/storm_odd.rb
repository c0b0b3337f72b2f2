# A bolt on Storm's own library: does what its lines order, which it should not.

require "./storm"

class Odd < Storm::Bolt
  def process(tup)
    line = tup.values[0]
    case line
    when "!raise" then raise ArgumentError, "odd on purpose"
    when "!exit" then exit!(7)
    when "!wide" then emit(["one", "too many"], anchor: tup)
    when "!nowhere" then emit(["lost"], stream: "nowhere", anchor: tup)
    else
      puts "printed by the odd one" if line.start_with?("!print")
      emit([line], anchor: tup)
    end
    ack(tup)
  end
end

Odd.new.run
