"""A bolt on pystorm: does what its lines order, which it should not. Argument: the serializer."""

import os
import sys

from pystorm import Bolt


class Odd(Bolt):
    exit_on_exception = False

    def process(self, tup):
        line = tup.values[0]
        if line == "!raise":
            raise ValueError("odd on purpose")
        if line == "!exit":
            os._exit(7)
        if line == "!wide":
            return self.emit(["one", "too many"])
        if line == "!nowhere":
            return self.emit(["lost"], stream="nowhere")
        if line.startswith("!print"):
            print("printed by the odd one")
        self.emit([line])


Odd(serializer=sys.argv[1]).run()
