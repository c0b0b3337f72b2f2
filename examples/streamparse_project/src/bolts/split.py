from streamparse import Bolt, Stream


class SplitBolt(Bolt):
    """Cuts sentences into words. Those with capital letters are a stream of their own."""

    outputs = [Stream(fields=["word"]), Stream(fields=["name", "letters"], name="names")]

    def process(self, tup):
        for word in tup.values.sentence.split():
            if word.islower():
                self.emit([word])
            else:
                self.emit([word, len(word)], stream="names")
