"""A bolt on Storm's own library: does what its lines order, which it should not."""

import os

import storm


class Odd(storm.BasicBolt):
    def process(self, tup):
        line = tup.values[0]
        if line == "!raise":
            raise ValueError("odd on purpose")
        if line == "!exit":
            os._exit(7)
        if line == "!wide":
            return storm.emit(["one", "too many"])
        if line == "!nowhere":
            return storm.emit(["lost"], stream="nowhere")
        if line.startswith("!print"):
            print("printed by the odd one")
        storm.emit([line])


Odd().run()
