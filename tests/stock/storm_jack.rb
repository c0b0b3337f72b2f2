# A bolt of all trades on Storm's own library: does what each tuple orders.

require "./storm"

class Jack < Storm::Bolt
  def prepare(conf, context)
    @tasks = context["task->component"].select { |_, name| name == "see" }.keys.map(&:to_i).sort
    @held = []
    log("conf #{conf["jack.of"]}")
  end

  def process(tup)
    if tup.component == "__system"
      emit(["tick #{tup.values[0]}"])
      return ack(tup)
    end
    order, n = tup.values
    case order
    when "direct"
      emit(["direct #{n}"], stream: "chosen", direct_task: @tasks[n % @tasks.size], anchor: tup)
    when "streams"
      emit(["default #{n}"], anchor: tup)
      emit(["late #{n}", true], stream: "late", anchor: tup)
    when "told"
      told = emit(["told #{n}"], anchor: tup)
      emit(["went to #{told}"], anchor: tup)
    when "log"
      %i[logTrace logDebug logInfo logWarn logError].each { |say| send(say, "said #{say}") }
    when "error"
      reportError("it is bad")
    when "join"
      emit(["twice on one and once on #{@held.size}"], anchors: [tup, tup, *@held])
    when "hold"
      return @held.push(tup)
    when "release"
      @held.reverse_each { |held| ack(held) }
      @held = []
    when "never"
      return
    when "fail"
      return fail(tup)
    end
    ack(tup)
  end
end

Jack.new.run
