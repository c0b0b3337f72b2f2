"""Sentences through a chain of bolts that pass them on. Arguments: the file, its sentences, how many bolts."""

from __future__ import annotations

from sys import argv

from stormhost import AutoAckBolt, ShuffleGrouping, Stream, Topology
from word_count import Lines


class Pass(AutoAckBolt):
    class Default(Stream):
        fields = "sentence"

    def execute(self, input):
        self.emit(input.sentence)


class Chain(Topology):
    lines = Lines(1)
    # A component is named by what it is bound to, so these are bound by name and to nothing else.
    for number in range(1, int(argv[3]) + 1):
        vars()[f"pass{number}"] = Pass(1)
        vars()[f"pass{number}"].inputs.append(ShuffleGrouping(vars()[f"pass{number - 1}" if number > 1 else "lines"]))
