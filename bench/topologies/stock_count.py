"""Words to a counter on an old library. Arguments: how many words, the counter's interpreter and script, its serializer."""

from __future__ import annotations

import os
from pathlib import Path
from sys import argv

from marked import Marked
from stormhost import Process, ShuffleGrouping, Stream, Topology

WORDS = ("the", "quick", "brown", "fox", "jumps", "over", "a", "lazy", "dog")


class Words(Marked):
    class Default(Stream):
        fields = "word"

    total = int(argv[1])

    def rows(self):
        for number in range(self.total):
            yield WORDS[number % len(WORDS)]


class StockCount(Topology):
    lines = Words(1)
    count = Process(
        argv[2],
        str(Path(__file__).resolve().parent / "stock" / argv[3]),
        argv[4],
        fields=("word", "n"),
        serializer=argv[4],
        env={"BENCH_MULTILANG": os.environ.get("BENCH_MULTILANG", "")},
    )
    count.inputs.append(ShuffleGrouping(lines))
