"""One tuple for every task of a bolt: when it is acked, all children are there. Run with `-p idle=500`."""

from __future__ import annotations

from marked import Marked
from stormhost import AllGrouping, AutoAckBolt, Stream, Topology


class One(Marked):
    class Default(Stream):
        fields = "value"

    total = 1

    def rows(self):
        yield "value"


class Idle(AutoAckBolt):
    def execute(self, input):
        pass


class Many(Topology):
    lines = One(1)
    idle = Idle(1)
    idle.inputs.append(AllGrouping(lines))
