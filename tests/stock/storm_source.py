"""A spout on Storm's own library: sends a tuple to everybody first, and when all have answered, a hundred rows."""

import json
import os
import sys

import storm

ROWS = int(sys.argv[1])


def note(*words):
    with open(os.environ["JOURNAL"], "a") as journal:
        journal.write(json.dumps(words) + "\n")


class Source(storm.Spout):
    def initialize(self, conf, context):
        components = context["task->component"]
        self.direct = sorted(int(task) for task, name in components.items() if name == "direct")
        self.asked = self.warm = self.through = False

    def nextTuple(self):
        if not self.asked:
            self.asked = True
            storm.emit(["everybody"], stream="warm", id="warm")
        elif self.warm and not self.through:
            self.through = True
            for n in range(ROWS):
                note("told", n, storm.emit([n % 10, n], id=n))
                storm.emitDirect(self.direct[n % len(self.direct)], [n % 10, n], stream="chosen")

    def ack(self, id):
        if id == "warm":
            self.warm = True
        else:
            note("acked", id)

    def fail(self, id):
        note("failed", id)


Source().run()
