"""A bolt on pystorm, which anchors and acks by itself. Argument: the serializer."""

import sys

from pystorm import Bolt


class Split(Bolt):
    def process(self, tup):
        for word in tup.values[0].split():
            self.emit([word])


Split(serializer=sys.argv[1]).run()
