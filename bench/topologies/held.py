"""Sentences to one bolt that holds so many of them before it acks: that many trees are pending. Arguments: the file, its sentences, how many."""

from __future__ import annotations

from sys import argv

from by_hand import Holding
from stormhost import ShuffleGrouping, Topology
from word_count import Lines


class Hold(Holding):
    def execute(self, input):
        self.hold(input)


class Held(Topology):
    conf = {"topology.max.spout.pending": int(argv[3]) + 1000, "topology.message.timeout.secs": 600}
    lines = Lines(1)
    hold = Hold(1)
    hold.inputs.append(ShuffleGrouping(lines))
