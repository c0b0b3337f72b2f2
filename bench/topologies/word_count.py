"""Counts the words of a file, sentence by sentence, with every sentence acked. Arguments: the file, and how many sentences it has."""

from __future__ import annotations

import os
import sys

from marked import Marked
from probe import tell
from send_all import obey
from stormhost import AutoAckBolt, FieldsGrouping, ShuffleGrouping, Stream, Topology

tell("file begins")
obey()


class Lines(Marked):
    class Default(Stream):
        fields = "sentence"

    total = int(sys.argv[2])

    def rows(self):
        return map(str.rstrip, open(sys.argv[1], encoding="ascii"))


class Split(AutoAckBolt):
    class Default(Stream):
        fields = "word"

    first = True

    def initialize(self):
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


WHERE = os.environ.get("BENCH_WHERE")
"""`inside`: in the host."""


class WordCount(Topology):
    lines = Lines(1, where=WHERE)
    split = Split(1, where=WHERE)
    count = Count(1, where=WHERE)
    split.inputs.append(ShuffleGrouping(lines))
    count.inputs.append(FieldsGrouping(split, "word"))
