import logging
from collections import Counter

from pyleus.storm import SimpleBolt
from words.journal import note

log = logging.getLogger("counter")


class CountWordsBolt(SimpleBolt):
    OPTIONS = ["step", "first"]

    def initialize(self):
        self.counts = Counter()
        self.told = False

    def process_tuple(self, tup):
        (word,) = tup.values
        self.counts[word] += self.options["step"]
        log.info("%s: %d", word, self.counts[word])
        note("count", tup.stream, word, self.counts[word])

    def process_tick(self):
        if not self.told:
            self.told = True
            note("tick", self.conf.tick_tuple_freq)


if __name__ == "__main__":
    CountWordsBolt().run()
