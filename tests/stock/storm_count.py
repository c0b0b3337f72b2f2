"""A bolt on Storm's own library that acks by hand; writes each word to the journal before its ack."""

import json
import os

import storm


class Count(storm.Bolt):
    def initialize(self, conf, context):
        self.journal = os.open(os.environ["JOURNAL"], os.O_WRONLY | os.O_APPEND | os.O_CREAT)

    def process(self, tup):
        os.write(self.journal, json.dumps(["word", tup.values[0]]).encode() + b"\n")
        storm.ack(tup)


Count().run()
