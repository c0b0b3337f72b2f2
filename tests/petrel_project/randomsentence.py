from petrel import storm
from petrel.emitter import Spout


class RandomSentenceSpout(Spout):
    def __init__(self):
        super(RandomSentenceSpout, self).__init__(script=__file__)
        self.sentences = ["the cow jumped", "over the Moon"]

    @classmethod
    def declareOutputFields(cls):
        return ["sentence"]

    def nextTuple(self):
        if self.sentences:
            sentence = self.sentences.pop()
            storm.emit([sentence], id=sentence)


def run():
    RandomSentenceSpout().run()
