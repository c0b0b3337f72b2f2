"""The word count with three fields of mixed types a stream and 1 KB a tuple. Arguments: the file, and how many sentences it has."""

from __future__ import annotations

import sys

from marked import Marked
from probe import tell
from send_all import obey
from stormhost import AutoAckBolt, FieldsGrouping, ShuffleGrouping, Stream, Topology

obey()
PADDING = "x" * 1000


class Lines(Marked):
    class Default(Stream):
        fields = "sentence", "weight", "padding"

    total = int(sys.argv[2])

    def rows(self):
        with open(sys.argv[1], encoding="ascii") as lines:
            for number, line in enumerate(lines):
                yield line.rstrip(), number / 2, PADDING


class Split(AutoAckBolt):
    class Default(Stream):
        fields = "word", "weight", "padding"

    def execute(self, input):
        weight, padding = input.weight, input.padding
        for word in input.sentence.split():
            self.emit((word, weight, padding))


class Count(AutoAckBolt):
    class Default(Stream):
        fields = "word", "n", "padding"

    def initialize(self):
        self.counts = {}

    def execute(self, input):
        word = input.word
        n = self.counts[word] = self.counts.get(word, 0) + 1
        self.emit((word, n, input.padding))

    def close(self):
        tell("counts", counts=self.counts)


class Mixed(Topology):
    lines = Lines(1)
    split = Split(1)
    count = Count(1)
    split.inputs.append(ShuffleGrouping(lines))
    count.inputs.append(FieldsGrouping(split, "word"))
