"""A bolt on pystorm that acks by hand; writes each word to the journal before its ack. Argument: the serializer."""

import json
import os
import sys

from pystorm import Bolt


class Count(Bolt):
    auto_ack = False

    def initialize(self, conf, context):
        self.journal = os.open(os.environ["JOURNAL"], os.O_WRONLY | os.O_APPEND | os.O_CREAT)

    def process(self, tup):
        os.write(self.journal, json.dumps(["word", tup.values[0]]).encode() + b"\n")
        self.ack(tup)


Count(serializer=sys.argv[1]).run()
