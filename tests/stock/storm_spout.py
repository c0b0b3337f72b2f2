"""A spout on Storm's own library: emits each line of a file once, and notes what becomes of it."""

import json
import os
import sys

import storm


def note(*words):
    with open(os.environ["JOURNAL"], "a") as journal:
        journal.write(json.dumps(words) + "\n")


class Lines(storm.Spout):
    def initialize(self, conf, context):
        self.lines = list(enumerate(open(sys.argv[1]).read().splitlines()))

    def nextTuple(self):
        if self.lines:
            number, line = self.lines.pop(0)
            storm.emit([line], id="line %d" % number)

    def ack(self, id):
        note("acked", id)

    def fail(self, id):
        note("failed", id)


Lines().run()
