"""Counts words by the step that its own config names."""

import os
from collections import Counter

import storm


class WordCount(storm.BasicBolt):
    def initialize(self, conf, context):
        self.counts = Counter()
        self.step = conf["count.step"]
        storm.logInfo("greeting: " + os.environ["GREETING"])

    def process(self, tup):
        word = tup.values[0]
        self.counts[word] += self.step
        storm.emit([word, self.counts[word]])


WordCount().run()
