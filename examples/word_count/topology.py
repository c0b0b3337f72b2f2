"""Counts words. Texts go in line by line, four tasks count, the twenty most frequent words come out.

    stormhost run examples/word_count/topology.py -- [--counts FILE] [TEXT …]
"""

import argparse
import glob
import os
import re
import sys
from collections import Counter

from stormhost import (
    AutoAckBolt,
    FieldsGrouping,
    GlobalGrouping,
    Print,
    ReliableSpout,
    ShuffleGrouping,
    Stream,
    Topology,
)

HERE = os.path.dirname(os.path.abspath(__file__))
CARRIED = sorted(glob.glob(os.path.join(HERE, 'texts', '*.txt')))
SHOWN = 20
# A word is what `tr` calls one in the README: ASCII letters, so that anybody can check the counts with a pipeline.
WORD = re.compile(r'[A-Za-z]+')


def options():
    """What stands behind `--` on the command line. Every child sees the same words as the declaring process."""
    parser = argparse.ArgumentParser(prog='word_count')
    parser.add_argument('texts', nargs='*', default=CARRIED, metavar='TEXT', help='the files to count')
    parser.add_argument('--counts', default='word_counts.tsv', metavar='FILE', help='where all counts are written')
    return parser.parse_args(sys.argv[1:])


class LinesSpout(ReliableSpout):
    """Emits the lines of all texts. Each is tracked, and emitted again should a bolt fail it."""

    class Default(Stream):
        fields = 'sentence'

    def initialize(self):
        # Opened before the first line is read: what goes wrong in `initialize` ends the run at once, with the story.
        # What is not UTF-8 becomes U+FFFD, which is no letter: bytes of another encoding part words, as in `tr`.
        self.texts = [open(path, encoding='utf-8', errors='replace') for path in options().texts]

    def tuples(self):
        for text in self.texts:
            with text:
                yield from text


class SplitBolt(AutoAckBolt):
    """Takes a sentence apart into words, in small letters."""

    class Default(Stream):
        fields = 'word'

    def execute(self, input):
        for word in WORD.findall(input.sentence):
            self.emit(word.lower())


class CountBolt(AutoAckBolt):
    """Counts the words that come to this task. All of one kind do: that is what the fields grouping is for."""

    class Default(Stream):
        fields = 'word', 'count'

    def initialize(self):
        self.counts = Counter()

    def execute(self, input):
        self.counts[input.word] += 1

    def finish(self):
        for word, count in self.counts.items():
            self.emit((word, count))


class TopBolt(AutoAckBolt):
    """Puts the counts of all tasks in order, writes them to a file, and shows the first few."""

    class Default(Stream):
        fields = 'line'

    def initialize(self):
        self.counts = {}
        self.path = options().counts
        # Under another name until it is whole: whoever waits for the file never sees half of one.
        self.file = open(f'{self.path}.unfinished', 'w', encoding='ascii')

    def execute(self, input):
        self.counts[input.word] = input.count

    def finish(self):
        ranking = sorted(self.counts.items(), key=lambda item: (-item[1], item[0]))
        with self.file:
            self.file.writelines(f'{count}\t{word}\n' for word, count in ranking)
        os.replace(self.file.name, self.path)
        self.log(f'{len(ranking)} different words; all counts are in {self.path}')
        for word, count in ranking[:SHOWN]:
            self.emit(f'{count:7} {word}')


class WordCount(Topology):
    # components
    lines = LinesSpout(1)
    split = SplitBolt(2)
    count = CountBolt(4)
    top = TopBolt(1)
    show = Print()
    # plumbing
    split.inputs.append(ShuffleGrouping(lines))
    count.inputs.append(FieldsGrouping(split, 'word'))
    top.inputs.append(GlobalGrouping(count))
    show.inputs.append(ShuffleGrouping(top))
