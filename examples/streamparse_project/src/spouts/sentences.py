from streamparse import ReliableSpout


class SentenceSpout(ReliableSpout):
    """Every line of sentences.txt a hundred times. Whatever fails is emitted again by the ReliableSpout."""

    outputs = ["sentence"]

    def initialize(self, stormconf, context):
        with open("sentences.txt") as lines:  # Storm's children work where the files of src/ are
            sentences = lines.read().splitlines()
        self.sentences = list(enumerate(sentences * 100))

    def next_tuple(self):
        if self.sentences:
            number, sentence = self.sentences.pop(0)
            self.emit([sentence], tup_id=number)
