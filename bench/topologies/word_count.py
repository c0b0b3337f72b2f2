"""Counts the words of a file, sentence by sentence, with every sentence acked. Arguments: the file, and how many sentences it has."""

from __future__ import annotations

import sys

from probe import tell, tell_usage
from send_all import obey
from stormhost import AutoAckBolt, FieldsGrouping, ShuffleGrouping, Spout, Stream, Topology

tell("file begins")
obey()


class Lines(Spout):
    class Default(Stream):
        fields = "sentence"

    def initialize(self):
        path, total = sys.argv[1:3]
        self.lines = enumerate(open(path, encoding="ascii"), 1)
        self.acked = self.failed = 0
        self.total = int(total)
        self.mark = 1
        tell("ready", component="lines")

    def next_tuple(self):
        for number, line in self.lines:
            self.emit(line.rstrip(), id=number)
            return
        self.done()

    def ack(self, id):
        self.acked += 1
        if self.acked == self.mark:
            tell_usage("first ack" if self.mark == 1 else "last ack")
            self.mark = self.total

    def fail(self, id):
        self.failed += 1

    def close(self):
        tell("outcome", acked=self.acked, failed=self.failed)


class Split(AutoAckBolt):
    class Default(Stream):
        fields = "word"

    def initialize(self):
        self.first = True
        tell("ready", component="split")

    def execute(self, input):
        if self.first:
            self.first = False
            tell("first tuple")
        for word in input.sentence.split():
            self.emit(word)


class Count(AutoAckBolt):
    class Default(Stream):
        fields = "word", "n"

    def initialize(self):
        self.counts = {}
        tell("ready", component="count")

    def execute(self, input):
        word = input.word
        n = self.counts[word] = self.counts.get(word, 0) + 1
        self.emit((word, n))

    def close(self):
        tell("counts", counts=self.counts)


class WordCount(Topology):
    lines = Lines(1)
    split = Split(1)
    count = Count(1)
    split.inputs.append(ShuffleGrouping(lines))
    count.inputs.append(FieldsGrouping(split, "word"))
