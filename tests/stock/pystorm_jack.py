"""A bolt of all trades on pystorm: does what each tuple orders. Argument: the serializer."""

import sys

from pystorm import Bolt


class Jack(Bolt):
    auto_ack = auto_anchor = False

    def initialize(self, conf, context):
        self.tasks = sorted(int(task) for task, name in context["task->component"].items() if name == "see")
        self.held = []
        self.log("conf %s" % conf["jack.of"])

    def process_tick(self, tup):
        self.emit(["tick %s" % tup.values[0]])
        self.ack(tup)

    def process(self, tup):
        order, n = tup.values
        if order == "direct":
            self.emit(["direct %d" % n], stream="chosen", direct_task=self.tasks[n % len(self.tasks)], anchors=[tup])
        elif order == "streams":
            self.emit(["default %d" % n], anchors=[tup])
            self.emit(["late %d" % n, True], stream="late", anchors=[tup])
        elif order == "told":
            told = self.emit(["told %d" % n], anchors=[tup], need_task_ids=True)
            self.emit(["went to %s" % told], anchors=[tup])
        elif order == "log":
            for level in ("trace", "debug", "info", "warn", "error"):
                self.log("said log" + level.capitalize(), level=level)
        elif order == "error":
            try:
                raise ValueError("it is bad")
            except ValueError as exception:
                self.raise_exception(exception, tup)
        elif order == "metrics":
            self.report_metric("words", {"n": n})
        elif order == "join":
            self.emit(["twice on one and once on %d" % len(self.held)], anchors=[tup, tup, *self.held])
        elif order == "hold":
            return self.held.append(tup)
        elif order == "release":
            for held in reversed(self.held):
                self.ack(held)
            self.held = []
        elif order == "never":
            return None
        elif order == "fail":
            return self.fail(tup)
        self.ack(tup)


Jack(serializer=sys.argv[1]).run()
