"""A bolt on Storm's own library: notes what it gets, and from where."""

import json
import os

import storm


class See(storm.BasicBolt):
    def initialize(self, conf, context):
        self.me = (context["componentid"], context["taskid"])
        self.journal = os.open(os.environ["JOURNAL"], os.O_WRONLY | os.O_APPEND | os.O_CREAT)

    def process(self, tup):
        note = ["saw", *self.me, tup.stream, *tup.values]
        os.write(self.journal, json.dumps(note).encode() + b"\n")


See().run()
