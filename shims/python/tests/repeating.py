"""Components for `test_repeats.py`."""

from stormhost import AutoAckBolt, Stream, Topology


class Changing(AutoAckBolt):
    """Says what it was given, then leaves its mark on all of it."""

    class Default(Stream):
        fields = "seen"

    def execute(self, input):
        self.emit(repr((input.doc, input.list)))
        input.doc["tags"].append("seen")
        input.doc["inner"]["more"] = input.list
        input.doc["n"] = 1
        input.list[0].clear()
        input.list.append("seen")


class Repeating(Topology):
    changing = Changing(1)
