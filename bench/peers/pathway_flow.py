"""Pathway: sentences from Python, split by a Python function, counted by a Python reducer or by its own. Arguments: the text, `python` or `rust`."""

import sys

import pathway as pw
from told import tell

TEXT, WHERE = sys.argv[1:3]
begun, counts = [], {}


class Sentences(pw.io.python.ConnectorSubject):
    def run(self):
        begun.append(tell.begin())
        with open(TEXT, encoding="ascii") as lines:
            for line in lines:
                self.next(sentence=line.rstrip())


class Sentence(pw.Schema):
    sentence: str


@pw.reducers.stateful_many
def count(n, rows):
    return (n or 0) + sum(change for _, change in rows)


@pw.udf(deterministic=True)
def split(sentence: str) -> list[str]:
    return sentence.split()


def keep(key, row, time, is_addition):
    if is_addition:
        counts[row["word"]] = row["n"]


sentences = pw.io.python.read(Sentences(), schema=Sentence)
words = sentences.select(word=split(pw.this.sentence)).flatten(pw.this.word)
n = pw.reducers.count() if WHERE == "rust" else count(pw.this.word)
pw.io.subscribe(words.groupby(pw.this.word).reduce(pw.this.word, n=n), on_change=keep)
pw.run(monitoring_level=pw.MonitoringLevel.NONE)
tell.end(begun[0], "pathway", counts=counts)
