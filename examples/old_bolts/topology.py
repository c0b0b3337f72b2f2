"""Old bolts beside new ones: four bolts written for Storm's libraries, unmodified, between a spout and a bolt of ours.

    python3 examples/old_bolts/fetch.py
    stormhost run examples/old_bolts/topology.py
"""

import os

from stormhost import (
    AutoAckBolt,
    FieldsGrouping,
    GlobalGrouping,
    Print,
    Process,
    ReliableSpout,
    ShuffleGrouping,
    Stream,
    Topology,
)

HERE = os.path.dirname(os.path.abspath(__file__))


class SentencesSpout(ReliableSpout):
    class Default(Stream):
        fields = 'sentence'

    def tuples(self):
        with open(os.path.join(HERE, 'sentences.txt'), encoding='ascii') as sentences:
            for sentence in sentences:
                yield sentence.rstrip('\n')


class HighestBolt(AutoAckBolt):
    """Keeps the highest count of each word, and shows all of them at the end."""

    class Default(Stream):
        fields = 'word', 'count'

    def initialize(self):
        self.counts = {}

    def execute(self, input):
        self.counts[input.word] = max(input.count, self.counts.get(input.word, 0))

    def finish(self):
        for word, count in sorted(self.counts.items(), key=lambda item: (-item[1], item[0])):
            self.emit((word, count))


class OldBolts(Topology):
    # components: programs are looked for in resources/, where Storm would put them
    sentences = SentencesSpout(1)
    split = Process('python3', 'split_sentence.py', fields='word', parallelism=2)
    tidy = Process('python3', 'tidy.py', fields='word', parallelism=2, conf={'tidy.marks': '.,;:!?"'})
    skip = Process('python3', 'skip_common.py', fields='word')
    count = Process('python3', 'word_count.py', fields=('word', 'count'), serializer='msgpack', parallelism=2)
    highest = HighestBolt(1)
    show = Print()
    # plumbing
    split.inputs.append(ShuffleGrouping(sentences))
    tidy.inputs.append(ShuffleGrouping(split))
    skip.inputs.append(ShuffleGrouping(tidy))
    count.inputs.append(FieldsGrouping(skip, 'word'))
    highest.inputs.append(GlobalGrouping(count))
    show.inputs.append(ShuffleGrouping(highest))
