"""Bytewax, one worker: a source of lines, `flat_map`, a stateful count. Arguments: the text, and how many lines are a batch."""

import sys
from itertools import islice

import bytewax.operators as op
from bytewax.dataflow import Dataflow
from bytewax.inputs import FixedPartitionedSource, StatefulSourcePartition
from bytewax.outputs import DynamicSink, StatelessSinkPartition
from bytewax.testing import run_main
from told import tell


class Lines(StatefulSourcePartition):
    """The text, `batch` lines at a time."""

    def __init__(self, text, batch, row, begin):
        self.lines = enumerate(open(text, encoding="ascii"))
        self.batch, self.row, self.begin = batch, row, begin

    def next_batch(self):
        self.begin()
        batch = [self.row(line) for line in islice(self.lines, self.batch)]
        if not batch:
            raise StopIteration
        return batch

    def snapshot(self):
        return None


class Source(FixedPartitionedSource):
    def __init__(self, *arguments):
        self.arguments = arguments

    def list_parts(self):
        return ["text"]

    def build_part(self, step_id, for_part, resume_state):
        return Lines(*self.arguments)


class Keep(StatelessSinkPartition):
    def __init__(self, keep):
        self.keep = keep

    def write_batch(self, items):
        self.keep(items)


class Sink(DynamicSink):
    def __init__(self, keep):
        self.keep = keep

    def build(self, step_id, worker_index, worker_count):
        return Keep(self.keep)


def run(text, batch, row, split, count, counts_of):
    """Counts, and tells. `row` makes a tuple of a line and its number, `split` pairs of key and value of a tuple."""
    counts, begun = {}, []

    def begin():
        if not begun:
            begun.append(tell.begin())

    flow = Dataflow("word_count")
    sentences = op.input("sentences", flow, Source(text, batch, row, begin))
    keyed = op.flat_map("split", sentences, split)
    counted = op.stateful_map("count", keyed, count)
    op.output("out", counted, Sink(lambda items: counts.update(counts_of(items))))
    run_main(flow)
    tell.end(begun[0], "bytewax", counts=counts)


def main():
    def row(pair):
        return pair[1].rstrip()

    def split(sentence):
        return [(word, None) for word in sentence.split()]

    def count(n, _):
        n = (n or 0) + 1
        return n, n

    run(sys.argv[1], int(sys.argv[2]), row, split, count, lambda items: items)


if __name__ == "__main__":
    main()
