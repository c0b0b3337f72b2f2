"""Bytewax, one worker: a source of lines, `flat_map`, a stateful count. Arguments: the text, and how many lines are a batch."""

import sys
from itertools import islice

import bytewax.operators as op
from bytewax.dataflow import Dataflow
from bytewax.inputs import FixedPartitionedSource, StatefulSourcePartition
from bytewax.outputs import DynamicSink, StatelessSinkPartition
from bytewax.testing import run_main

from told import tell

TEXT, BATCH = sys.argv[1], int(sys.argv[2])
counts: dict = {}
begun = None


class Lines(StatefulSourcePartition):
    def __init__(self):
        self.lines = open(TEXT, encoding="ascii")

    def next_batch(self):
        global begun
        if begun is None:
            begun = tell.begin()
        batch = [line.rstrip() for line in islice(self.lines, BATCH)]
        if not batch:
            raise StopIteration
        return batch

    def snapshot(self):
        return None


class Text(FixedPartitionedSource):
    def list_parts(self):
        return ["text"]

    def build_part(self, step_id, for_part, resume_state):
        return Lines()


class Keep(StatelessSinkPartition):
    def write_batch(self, items):
        counts.update(items)


class Sink(DynamicSink):
    def build(self, step_id, worker_index, worker_count):
        return Keep()


def split(sentence):
    return sentence.split()


def count(n, word):
    n = (n or 0) + 1
    return n, n


flow = Dataflow("word_count")
sentences = op.input("sentences", flow, Text())
words = op.flat_map("split", sentences, split)
keyed = op.key_on("key", words, lambda word: word)
counted = op.stateful_map("count", keyed, count)
op.output("out", counted, Sink())

run_main(flow)
tell.end(begun, "bytewax", counts=counts)
