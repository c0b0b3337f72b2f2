"""Large values through two bolts. Arguments: how many, and how long each is in bytes."""

from __future__ import annotations

from sys import argv

from marked import Marked
from probe import tell
from stormhost import AutoAckBolt, ShuffleGrouping, Stream, Topology

TOTAL, LENGTH = int(argv[1]), int(argv[2])


class Values(Marked):
    class Default(Stream):
        fields = "value"

    total = TOTAL

    def rows(self):
        value = "x" * LENGTH
        for _ in range(TOTAL):
            yield value


class Pass(AutoAckBolt):
    class Default(Stream):
        fields = "value"

    def execute(self, input):
        self.emit(input.value)


class Take(AutoAckBolt):
    taken = 0

    def execute(self, input):
        self.taken += len(input.value)

    def close(self):
        tell("taken", bytes=self.taken)


class Large(Topology):
    lines = Values(1)
    split = Pass(1)
    count = Take(1)
    split.inputs.append(ShuffleGrouping(lines))
    count.inputs.append(ShuffleGrouping(split))
