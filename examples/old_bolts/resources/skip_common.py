"""For storm.py: its plain Bolt anchors and acks by hand."""

import storm

COMMON = {"a", "and", "of", "the", "to", "it", "in", "was", "that"}


class SkipCommonBolt(storm.Bolt):
    def initialize(self, conf, context):
        self.skipped = 0

    def process(self, tup):
        word = tup.values[0]
        if word in COMMON:
            self.skipped += 1
            storm.logDebug("skipped %d so far" % self.skipped)
        else:
            storm.emit([word], anchors=[tup])
        storm.ack(tup)


SkipCommonBolt().run()
