from petrel import storm
from petrel.emitter import BasicBolt


class SplitSentenceBolt(BasicBolt):
    def __init__(self):
        super(SplitSentenceBolt, self).__init__(script=__file__)

    def declareOutputFields(self):
        return ["word"]

    def process(self, tup):
        for word in tup.values[0].split():
            if word.islower():
                storm.emit([word])
            else:
                storm.emit([word], stream="names")


def run():
    SplitSentenceBolt().run()
