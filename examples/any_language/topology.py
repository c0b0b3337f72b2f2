"""Counts words with a bolt in Perl, one in Go and one in JavaScript. No library of ours is in any of them.

    python3 examples/old_bolts/fetch.py examples/any_language/resources
    stormhost run examples/any_language/topology.py
"""

import os

from stormhost import AutoAckBolt, FieldsGrouping, GlobalGrouping, Print, Process, ReliableSpout, ShuffleGrouping, Stream, Topology

HERE = os.path.dirname(os.path.abspath(__file__))


class Sentences(ReliableSpout):
    class Default(Stream):
        fields = 'sentence'

    def tuples(self):
        with open(os.path.join(HERE, '..', 'old_bolts', 'sentences.txt'), encoding='ascii') as sentences:
            yield from map(str.strip, sentences)


class Last(AutoAckBolt):
    """Shows at the end what came last for each word."""

    class Default(Stream):
        fields = 'word', 'count'

    def initialize(self):
        self.last = {}

    def execute(self, input):
        self.last[input.word] = input.count

    def finish(self):
        for word, count in sorted(self.last.items(), key=lambda item: (-item[1], item[0])):
            self.emit((word, count))


class AnyLanguage(Topology):
    # components: programs are looked for in resources/. Go builds its own first, which may take a while
    sentences = Sentences(1)
    split = Process('perl', 'split.pl', fields='word', parallelism=2)
    count = Process('go', 'run', 'count.go', fields=('word', 'count'), parallelism=2, conf={'stormhost.handshake.timeout.secs': 300})
    records = Process('node', 'records.js', fields=('word', 'count'), conf={'topology.tick.tuple.freq.secs': 1})
    last = Last(1)
    show = Print()
    # plumbing
    split.inputs.append(ShuffleGrouping(sentences))
    count.inputs.append(FieldsGrouping(split, 'word'))
    records.inputs.append(FieldsGrouping(count, 'word'))
    last.inputs.append(GlobalGrouping(records))
    show.inputs.append(ShuffleGrouping(last))
