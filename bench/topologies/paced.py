"""The word count at a given rate, with how long each tree took at its spout. Arguments: the file, its sentences, sentences a second (0: no limit)."""

from __future__ import annotations

from sys import argv
from time import monotonic

from marked import Marked
from probe import tell
from stormhost import FieldsGrouping, ShuffleGrouping, Stream, Topology
from word_count import Count, Split

# The first trees meet children that have just been started.
WARM_UP = 0.1


class Lines(Marked):
    class Default(Stream):
        fields = "sentence"

    total = int(argv[2])

    def initialize(self):
        super().initialize()
        rate = float(argv[3])
        self.file = open(argv[1], encoding="ascii")
        self.step = 1 / rate if rate else 0.0
        self.due = monotonic()
        self.took = []

    def rows(self):
        return iter(())

    def next_tuple(self):
        now = monotonic()
        if now < self.due:
            return  # the library waits a millisecond, or until there is an ack
        line = self.file.readline()
        if not line:
            self.done()
            return
        self.due += self.step
        self.emit(line.rstrip(), id=now)

    def ack(self, id):
        self.took.append(monotonic() - id)
        super().ack(id)

    def close(self):
        took = sorted(self.took[int(len(self.took) * WARM_UP) :])
        tell("latency", p50=took[len(took) // 2], p99=took[len(took) * 99 // 100], longest=took[-1])
        super().close()


class Paced(Topology):
    lines = Lines(1)
    split = Split(1)
    count = Count(1)
    split.inputs.append(ShuffleGrouping(lines))
    count.inputs.append(FieldsGrouping(split, "word"))
