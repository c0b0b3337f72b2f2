"""A spout on pystorm: emits each line of a file once, and notes what becomes of it. Arguments: the serializer, and the file."""

import json
import os
import sys

from pystorm import Spout


def note(*words):
    with open(os.environ["JOURNAL"], "a") as journal:
        journal.write(json.dumps(words) + "\n")


class Lines(Spout):
    def initialize(self, stormconf, context):
        self.lines = list(enumerate(open(sys.argv[2]).read().splitlines()))

    def next_tuple(self):
        if self.lines:
            number, line = self.lines.pop(0)
            self.emit([line], tup_id="line %d" % number)

    def ack(self, tup_id):
        note("acked", tup_id)

    def fail(self, tup_id):
        note("failed", tup_id)


Lines(serializer=sys.argv[1]).run()
