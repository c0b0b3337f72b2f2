"""Counting words: the same topology in every codec, in both encodings at once, at pending 1, and in 64 tasks.

Belongs here: that whole runs give the right result. How a run ends is in test_ending.py, what kills do to it in test_kills.py.
"""

from __future__ import annotations

from typing import Any

import pytest

from harness import Run, Stormhost
from texts import counted, write_text

WORD_COUNT = """
class Lines(ReliableSpout):
    class Default(Stream):
        fields = 'sentence'
    def tuples(self):
        for line in open(sys.argv[1]):
            yield line
    def ack(self, id):
        self.acked = getattr(self, 'acked', 0) + 1
    def close(self):
        note('sentences acked', getattr(self, 'acked', 0))

class Split(AutoAckBolt):
    class Default(Stream):
        fields = 'word'
    def execute(self, input):
        for word in input.sentence.split():
            self.emit(word)

class Count(AutoAckBolt):
    class Default(Stream):
        fields = 'word', 'count'
    def initialize(self):
        self.counts = {}
    def execute(self, input):
        self.counts[input.word] = self.counts.get(input.word, 0) + 1
    def finish(self):
        for row in self.counts.items():
            self.emit(row)

class Sum(AutoAckBolt):
    def execute(self, input):
        note('count', input.word, input.count)

class WordCount(Topology):
    lines = Lines(1)
    split = Split(2)
    count = Count(4)
    sum = Sum(1)
    split.inputs.append(ShuffleGrouping(lines))
    count.inputs.append(FieldsGrouping(split, 'word'))
    sum.inputs.append(GlobalGrouping(count))
"""


def count_words(stormhost: Stormhost, sentences: int = 2000, *options: str, **others: Any) -> Run:
    """Counts the words of a text; the counts and the acks must be right, and the exit status 0."""
    text = write_text(stormhost.folder / "text", sentences)
    run = stormhost.run(others.pop("source", WORD_COUNT), *options, args=[str(text)], **others)
    counts = run.noted("count")
    assert len(counts) == len(dict(counts)), "each word was counted by one task alone"
    assert dict(counts) == counted(text)
    assert run.noted("sentences acked") == [sentences]
    return run


def test_counts_equal_those_of_unix_and_every_sentence_is_acked(stormhost: Stormhost) -> None:
    count_words(stormhost, 20_000)


@pytest.mark.parametrize("codec", ["json", "msgspec", "ormsgpack", "native"])
def test_every_codec_counts_the_same(stormhost: Stormhost, codec: str) -> None:
    run = count_words(stormhost, 3000, "--env", f"STORMHOST_CODEC={codec}")
    assert run.told.count(f", codec {codec}") == 1, "said once, by the first child"


def test_components_of_different_encodings_understand_each_other(stormhost: Stormhost) -> None:
    codecs = {"lines": "json", "split": "msgspec", "count": "native", "sum": "ormsgpack"}
    mixed = "".join(f"    {component}.env = {{'STORMHOST_CODEC': '{codec}'}}\n" for component, codec in codecs.items())
    count_words(stormhost, 3000, source=WORD_COUNT + mixed)


def test_a_serializer_of_the_topology_does_not_reach_our_children(stormhost: Stormhost) -> None:
    """Only children of other libraries speak MessagePack from the first byte; ours are greeted in JSON and change to frames."""
    count_words(stormhost, 300, source=WORD_COUNT + "    conf = {'topology.multilang.serializer': 'msgpack'}\n")


def test_pending_1_counts_right(stormhost: Stormhost) -> None:
    count_words(stormhost, 500, settings={"topology.max.spout.pending": 1})


def test_64_tasks_count_right(stormhost: Stormhost) -> None:
    count_words(stormhost, 3000, "-p", "split=24", "-p", "count=38", "-p", "lines=1", within=120)


def test_an_empty_input_completes(stormhost: Stormhost) -> None:
    count_words(stormhost, 0)


def test_a_text_without_words_completes(stormhost: Stormhost) -> None:
    (stormhost.folder / "text").write_text("\n" * 100)
    run = stormhost.run(WORD_COUNT, args=[str(stormhost.folder / "text")])
    assert (run.noted("count"), run.noted("sentences acked")) == ([], [100])


def test_untracked_tuples_arrive_too(stormhost: Stormhost) -> None:
    source = """
class Untracked(Spout):
    class Default(Stream):
        fields = 'n'
    def tuples(self):
        yield from range(5000)
    def ack(self, id):
        note('acked', id)

class T(Topology):
    numbers = Untracked()
    pass_on = Passer(2)
    see = Noter(2)
    pass_on.inputs.append(ShuffleGrouping(numbers))
    see.inputs.append(ShuffleGrouping(pass_on))
"""
    run = stormhost.run(source)
    assert sorted(n for _, n in run.noted("saw")) == list(range(5000))
    assert run.noted("acked") == []
