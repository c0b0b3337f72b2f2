"""The word count with acks by hand and out of order, each bolt holding so many tuples. Arguments: the file, its sentences, how many."""

from __future__ import annotations

from random import Random
from sys import argv

from probe import tell
from send_all import obey
from stormhost import Bolt, FieldsGrouping, ShuffleGrouping, Stream, Topology
from word_count import Lines

obey()
HOLD = int(argv[3])


class Holding(Bolt):
    """Keeps what it is done with until it holds `HOLD`, then acks one of these for each that comes, in no order."""

    def initialize(self):
        self.held = []
        self.random = Random(1).random

    def hold(self, input):
        held = self.held
        if len(held) < HOLD:
            held.append(input)
        else:
            at = int(self.random() * HOLD)
            self.ack(held[at])
            held[at] = input

    def finish(self):
        for input in self.held:
            self.ack(input)
        self.held = []


class Split(Holding):
    class Default(Stream):
        fields = "word"

    def execute(self, input):
        for word in input.sentence.split():
            self.emit(word, anchors=input)
        self.hold(input)


class Count(Holding):
    class Default(Stream):
        fields = "word", "n"

    def initialize(self):
        super().initialize()
        self.counts = {}

    def execute(self, input):
        word = input.word
        n = self.counts[word] = self.counts.get(word, 0) + 1
        self.emit((word, n), anchors=input)
        self.hold(input)

    def close(self):
        tell("counts", counts=self.counts)


class ByHand(Topology):
    lines = Lines(1)
    split = Split(1)
    count = Count(1)
    split.inputs.append(ShuffleGrouping(lines))
    count.inputs.append(FieldsGrouping(split, "word"))
