"""Counts words: how often each was seen is printed as it changes.

    stormhost run topology.py -- [FILE]
"""

import os
import re
import sys

from stormhost import AutoAckBolt, FieldsGrouping, Print, ReliableSpout, ShuffleGrouping, Stream, Topology

HERE = os.path.dirname(os.path.abspath(__file__))


class Lines(ReliableSpout):
    """The lines of a file. What fails on its way is emitted again."""

    class Default(Stream):
        fields = 'line'

    def tuples(self):
        name = sys.argv[1] if len(sys.argv) > 1 else os.path.join(HERE, 'words.txt')
        with open(name, encoding='utf-8') as file:
            for line in file:
                yield line.rstrip('\n')


class Split(AutoAckBolt):
    """Takes lines apart."""

    class Default(Stream):
        fields = 'word'

    def execute(self, input):
        for word in re.findall(r'\w+', input.line.lower()):
            self.emit(word)


class Count(AutoAckBolt):
    """Counts words; the same word comes to the same task."""

    class Default(Stream):
        fields = 'word', 'count'

    def __init__(self):
        self.counts = {}

    def execute(self, input):
        self.counts[input.word] = count = self.counts.get(input.word, 0) + 1
        self.emit((input.word, count))


class WordCount(Topology):
    # components: the first argument is the number of tasks
    lines = Lines(1)
    split = Split(2)
    count = Count(2)
    show = Print()
    # plumbing
    split.inputs.append(ShuffleGrouping(lines))
    count.inputs.append(FieldsGrouping(split, 'word'))
    show.inputs.append(ShuffleGrouping(count))
