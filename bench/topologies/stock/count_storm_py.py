"""A counter as users of Storm write it, on Storm's own storm.py. `BENCH_MULTILANG`: the folder where that lies."""

import os
import sys

sys.path.insert(0, os.environ["BENCH_MULTILANG"])
import storm


class Count(storm.BasicBolt):
    def initialize(self, conf, context):
        self.counts = {}

    def process(self, tup):
        word = tup.values[0]
        n = self.counts[word] = self.counts.get(word, 0) + 1
        storm.emit([word, n])


Count().run()
