"""The topology whose components `child.py` measures."""

from stormhost import AutoAckBolt, Bolt, FieldsGrouping, ReliableSpout, ShuffleGrouping, Spout, Stream, Topology


class Lines(Spout):
    class Default(Stream):
        fields = "sentence"

    number = 0

    def next_tuple(self):
        self.number += 1
        self.emit("the quick brown fox jumps over it", id=self.number)


class ReliableLines(ReliableSpout):
    class Default(Stream):
        fields = "sentence"

    def tuples(self):
        while True:
            yield "the quick brown fox jumps over it"


class Split(AutoAckBolt):
    class Default(Stream):
        fields = "word"

    def execute(self, input):
        for word in input.sentence.split():
            self.emit(word)


class Count(AutoAckBolt):
    class Default(Stream):
        fields = "word", "count"

    def initialize(self):
        self.counts = {}

    def execute(self, input):
        word = input.word
        counts = self.counts
        n = counts[word] = counts.get(word, 0) + 1
        self.emit((word, n))


class CountByHand(Bolt):
    class Default(Stream):
        fields = "word", "count"

    def initialize(self):
        self.counts = {}

    def execute(self, input):
        word = input.word
        counts = self.counts
        n = counts[word] = counts.get(word, 0) + 1
        self.emit((word, n), anchors=input)
        self.ack(input)


class Words(Topology):
    lines = Lines(1)
    reliable = ReliableLines(1)
    split = Split(1)
    count = Count(1)
    by_hand = CountByHand(1)
    split.inputs.append(ShuffleGrouping(lines))
    count.inputs.append(FieldsGrouping(split, "word"))
    by_hand.inputs.append(FieldsGrouping(split, "word"))
