"""Words to a counter on an old library. Arguments: how many words, the counter's script, its serializer."""

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
        "python3",
        str(Path(__file__).resolve().parent / "stock" / argv[2]),
        argv[3],
        fields=("word", "n"),
        serializer=argv[3],
        env={"BENCH_MULTILANG": os.environ.get("BENCH_MULTILANG", "")},
    )
    count.inputs.append(ShuffleGrouping(lines))
