"""For pystorm, speaking JSON: it anchors and acks by itself, and tuples have named values."""

from pystorm import Bolt


class TidyBolt(Bolt):
    def initialize(self, storm_conf, context):
        self.marks = storm_conf.get("tidy.marks", ".,;:!?")

    def process(self, tup):
        word = tup.values.word.strip(self.marks).lower()
        if word:
            self.emit([word])


if __name__ == "__main__":
    TidyBolt().run()
