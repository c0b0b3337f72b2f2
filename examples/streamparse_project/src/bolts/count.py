from collections import Counter

from streamparse import BatchingBolt, Stream, TicklessBatchingBolt


class WordCountBolt(BatchingBolt):
    """Counts words; a batch of them goes to whichever task of the printer is next, by direct emits."""

    outputs = [Stream(fields=["word", "count"], direct=True)]
    config = {"topology.tick.tuple.freq.secs": 0.2}
    ticks_between_batches = 0

    def initialize(self, conf, ctx):
        self.counter = Counter()
        tasks = ctx["task->component"].items()
        self.printers = [int(task) for task, component in tasks if component == "printer"]

    def group_key(self, tup):
        return tup.values.word

    def process_batch(self, key, tups):
        self.counter[key] += len(tups)
        self.emit([key, self.counter[key]], direct_task=self.printers[len(key) % len(self.printers)])


class NameBolt(TicklessBatchingBolt):
    """Counts names, and needs no ticks for that."""

    outputs = ["name", "count"]
    secs_between_batches = 0.2

    def initialize(self, conf, ctx):
        self.counter = Counter()

    def process_batch(self, key, tups):
        for tup in tups:
            self.counter[tup.values.name] += 1
        for name, count in self.counter.items():
            self.emit([name, count])
