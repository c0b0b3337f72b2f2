"""Numbers by key to four tasks. Arguments: how many numbers, and how many different keys."""

from __future__ import annotations

from sys import argv

from marked import Marked
from stormhost import AutoAckBolt, FieldsGrouping, Stream, Topology

TOTAL, KEYS = int(argv[1]), int(argv[2])


class Numbers(Marked):
    class Default(Stream):
        fields = "key"

    total = TOTAL

    def rows(self):
        for number in range(TOTAL):
            # A prime step goes through all keys, in no order that a cache could use.
            yield f"key-{number * 7919 % KEYS}"


class Take(AutoAckBolt):
    def execute(self, input):
        pass


class Keys(Topology):
    lines = Numbers(1)
    take = Take(4)
    take.inputs.append(FieldsGrouping(lines, "key"))
