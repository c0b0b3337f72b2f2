"""A bolt on pystorm: passes on what it gets. Argument: the serializer."""

import sys

from pystorm import Bolt


class Relay(Bolt):
    def process(self, tup):
        self.emit(list(tup.values))


Relay(serializer=sys.argv[1]).run()
