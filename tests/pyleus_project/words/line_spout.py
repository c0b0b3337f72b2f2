from collections import namedtuple

from pyleus.storm import Spout
from words.journal import note

Line = namedtuple("Line", "line")


class LineSpout(Spout):
    OUTPUT_FIELDS = Line
    OPTIONS = ["lines"]

    def initialize(self):
        self.left = list(self.options["lines"])

    def next_tuple(self):
        if self.left:
            line = self.left.pop()
            self.emit(Line(line), tup_id=line)

    def ack(self, tup_id):
        note("acked", tup_id)

    def fail(self, tup_id):
        self.left.append(tup_id)


if __name__ == "__main__":
    LineSpout().run()
