"""Cuts sentences into words; what has none goes to a stream of its own."""

import storm


class SplitSentence(storm.BasicBolt):
    def process(self, tup):
        words = tup.values[0].split()
        for word in words:
            storm.emit([word])
        if not words:
            storm.emit([tup.values[0]], stream="empty")


SplitSentence().run()
