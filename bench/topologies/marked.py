"""The spout of all benchmarks: it counts what is acked, and marks the first and the last ack with what every process used until then."""

from __future__ import annotations

from probe import tell, tell_usage
from stormhost import Spout


class Marked(Spout):
    """Emits what `rows` yields, each row tracked. `total` is how many there will be."""

    total = 0

    def rows(self):
        raise NotImplementedError

    def initialize(self):
        self.waiting = iter(self.rows())
        self.number = self.acked = self.failed = 0
        self.mark = 1
        tell("ready", component="lines")

    def next_tuple(self):
        row = next(self.waiting, None)
        if row is None:
            self.done()
        else:
            self.number = number = self.number + 1
            self.emit(row, id=number)

    def ack(self, id):
        self.acked += 1
        # One comparison an ack: the mark is the first, then the last.
        if self.acked == self.mark:
            if self.mark == 1:
                tell_usage("first ack")
                self.mark = self.total
            if self.acked == self.total:
                tell_usage("last ack")

    def fail(self, id):
        self.failed += 1

    def close(self):
        tell("outcome", acked=self.acked, failed=self.failed)
