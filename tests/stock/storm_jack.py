"""A bolt of all trades on Storm's own library: does what each tuple orders."""

import storm


class Jack(storm.Bolt):
    def initialize(self, conf, context):
        self.tasks = sorted(int(task) for task, name in context["task->component"].items() if name == "see")
        self.held = []
        storm.log("conf %s" % conf["jack.of"])

    def process(self, tup):
        if tup.component == "__system":
            storm.emit(["tick %s" % tup.values[0]])
            return storm.ack(tup)
        order, n = tup.values
        if order == "direct":
            storm.emitDirect(self.tasks[n % len(self.tasks)], ["direct %d" % n], stream="chosen", anchors=[tup])
        elif order == "streams":
            storm.emit(["default %d" % n], anchors=[tup])
            storm.emit(["late %d" % n, True], stream="late", anchors=[tup])
        elif order == "told":
            told = storm.emit(["told %d" % n], anchors=[tup])
            storm.emit(["went to %s" % told], anchors=[tup])
        elif order == "log":
            for say in (storm.logTrace, storm.logDebug, storm.logInfo, storm.logWarn, storm.logError):
                say("said %s" % say.__name__)
        elif order == "error":
            storm.reportError("it is bad")
        elif order == "metrics":
            storm.rpcMetrics("words", {"n": n})
        elif order == "join":
            storm.emit(["twice on one and once on %d" % len(self.held)], anchors=[tup, tup, *self.held])
        elif order == "hold":
            return self.held.append(tup)
        elif order == "release":
            for held in reversed(self.held):
                storm.ack(held)
            self.held = []
        elif order == "never":
            return None
        elif order == "fail":
            return storm.fail(tup)
        storm.ack(tup)


Jack().run()
