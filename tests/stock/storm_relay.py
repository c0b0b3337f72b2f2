"""A bolt on Storm's own library: passes on what it gets."""

import storm


class Relay(storm.BasicBolt):
    def process(self, tup):
        storm.emit(tup.values)


Relay().run()
