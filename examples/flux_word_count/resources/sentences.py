"""Emits every line of a file once, and again whatever fails."""

import sys

import storm


class Sentences(storm.Spout):
    def initialize(self, conf, context):
        with open(sys.argv[1]) as lines:
            self.sentences = dict(enumerate(lines.read().split("\n")[:-1]))
        self.due = list(self.sentences)

    def nextTuple(self):
        if self.due:
            number = self.due.pop(0)
            storm.emit([self.sentences[number]], id=str(number))

    def fail(self, id):
        self.due.append(int(id))


Sentences().run()
