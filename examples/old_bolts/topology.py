"""Old bolts beside new ones: six bolts written for five libraries of Storm's users, unmodified, between a spout and a bolt of ours.

    python3 examples/old_bolts/fetch.py
    npm install --prefix examples/old_bolts/resources
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
        fields = 'word', 'count', 'letters'

    def initialize(self):
        self.counts = {}

    def execute(self, input):
        word = input.word, input.letters
        self.counts[word] = max(input.count, self.counts.get(word, 0))

    def finish(self):
        for (word, letters), count in sorted(self.counts.items(), key=lambda item: (-item[1], item[0])):
            self.emit((word, count, letters))


class OldBolts(Topology):
    # components: programs are looked for in resources/, where Storm would put them
    sentences = SentencesSpout(1)
    split = Process('python3', 'split_sentence.py', fields='word', parallelism=2)
    tidy = Process('python3', 'tidy.py', fields='word', parallelism=2, conf={'tidy.marks': '.,;:!?"'})
    skip = Process('ruby', 'skip_common.rb', fields='word')
    long_words = Process('node', 'long_words.js', fields='word', conf={'long_words.least': 3})
    count = Process('python3', 'word_count.py', fields=('word', 'count'), serializer='msgpack', parallelism=2)
    lengths = Process('node', 'lengths.js', fields=('word', 'count', 'letters'))
    highest = HighestBolt(1)
    show = Print()
    # plumbing
    split.inputs.append(ShuffleGrouping(sentences))
    tidy.inputs.append(ShuffleGrouping(split))
    skip.inputs.append(ShuffleGrouping(tidy))
    long_words.inputs.append(ShuffleGrouping(skip))
    count.inputs.append(FieldsGrouping(long_words, 'word'))
    lengths.inputs.append(ShuffleGrouping(count))
    highest.inputs.append(GlobalGrouping(lengths))
    show.inputs.append(ShuffleGrouping(highest))
