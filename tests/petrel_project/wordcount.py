import json
import logging
import os
from collections import Counter

from petrel import storm
from petrel.emitter import BasicBolt

log = logging.getLogger("wordcount")


class WordCountBolt(BasicBolt):
    def __init__(self):
        super(WordCountBolt, self).__init__(script=__file__)
        self._json = {"count.step": 10}

    def declareOutputFields(self):
        return ["word", "count"]

    def initialize(self, conf, context):
        self.step = conf["count.step"] + conf["bonus"]
        self.counts = Counter()

    def process(self, tup):
        word = tup.values[0]
        self.counts[word] += self.step
        storm.emit([word, self.counts[word]])
        log.info("%s: %d", word, self.counts[word])
        if "JOURNAL" in os.environ:
            with open(os.environ["JOURNAL"], "a") as journal:
                journal.write(json.dumps(["count", tup.stream, word, self.counts[word]]) + "\n")


def run():
    WordCountBolt().run()
