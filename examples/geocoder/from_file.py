"""The same without a Redis: lines come from a file, and the run ends with it.

    stormhost run examples/geocoder/from_file.py -- [--to URL] [LOG]
"""

from topology import GeocoderTopology, options

from stormhost import ReliableSpout, Stream


class LogFileSpout(ReliableSpout):
    class Default(Stream):
        fields = 'message'

    def initialize(self):
        self.lines = open(options().log, encoding='utf-8', errors='replace')

    def tuples(self):
        with self.lines:
            for line in self.lines:
                yield line.rstrip('\n')


class FromFile(GeocoderTopology):
    redis = LogFileSpout(1)  # takes the place of the component of that name
