"""Counts words with the commands that every system has: stormhost run topology.py"""

import os
import shlex

from stormhost import FieldsGrouping, Lines, Print, ShuffleGrouping, Topology

WORDS = os.path.join(os.path.dirname(os.path.abspath(__file__)), 'words.txt')


class WordCount(Topology):
    # components: each a command, kept running; one line a tuple
    lines = Lines(f'cat {shlex.quote(WORDS)}', spout=True, fields='line')
    words = Lines("stdbuf -oL tr -cs 'A-Za-z' '\\n'", fields='word')
    count = Lines('sort | uniq -c', fields='count', parallelism=2)
    show = Print()
    # plumbing
    words.inputs.append(ShuffleGrouping(lines))
    count.inputs.append(FieldsGrouping(words, 'word'))
    show.inputs.append(ShuffleGrouping(count))
