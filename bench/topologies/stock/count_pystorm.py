"""A counter as users of pystorm write it. Argument: the serializer, `json` or `msgpack`."""

import sys

from pystorm import Bolt


class Count(Bolt):
    def initialize(self, conf, context):
        self.counts = {}

    def process(self, tup):
        word = tup.values[0]
        n = self.counts[word] = self.counts.get(word, 0) + 1
        self.emit([word, n])


Count(serializer=sys.argv[1]).run()
