"""Where visitors come from: access-log lines are parsed, their addresses located, the locations pushed in batches.

    python3 examples/geocoder/receiver.py
    stormhost run examples/geocoder/topology.py -- [--to URL]

The lines lie in the list `access_log` of a Redis; `from_file.py` beside this reads them from a file.
"""

import argparse
import ipaddress
import json
import os
import re
import sys
import urllib.request

from stormhost import AutoAckBolt, FieldsGrouping, JVMSpout, ShuffleGrouping, Stream, TimeBatcher, Topology

HERE = os.path.dirname(os.path.abspath(__file__))
LINE = re.compile(r'(\S+) \S+ \S+ \[[^]]+\] "')


def options():
    parser = argparse.ArgumentParser(prog='geocoder')
    parser.add_argument('log', nargs='?', default=os.path.join(HERE, 'access.log'), metavar='LOG')
    parser.add_argument('--to', default='http://127.0.0.1:8765/locations', metavar='URL', help='who receives batches')
    return parser.parse_args(sys.argv[1:])


def parse_log(message):
    """The address at the beginning of a line in the common log format; None if it is no such line."""
    line = LINE.match(message)
    try:
        return str(ipaddress.ip_address(line[1])) if line else None
    except ValueError:  # a host name, or rubbish
        return None


class RedisSpout(JVMSpout):
    conf = {'redis.key': 'access_log'}

    class Default(Stream):
        fields = 'message'


class LogParserBolt(AutoAckBolt):
    class Default(Stream):
        fields = 'ip_address'

    def execute(self, input):
        ip_address = parse_log(input.message)
        if ip_address is None:
            self.log(f'not an access-log line: {input.message!r}', 'warn')
        else:
            self.emit(ip_address)


class GeolocatorBolt(AutoAckBolt):
    class Default(Stream):
        fields = 'lat', 'long'

    def __init__(self, *args, **kwargs):
        from geoip import open_database  # here, so that only this bolt's children need the package

        self.geoip = open_database()
        self.unknown = 0
        super(GeolocatorBolt, self).__init__(*args, **kwargs)

    def execute(self, input):
        location = self.geoip.locate(input.ip_address)
        if location is None:
            self.unknown += 1
        else:
            self.emit(location)

    def finish(self):
        self.log(f'{self.unknown} addresses are in no place that the database knows')


class WSPusherBolt(TimeBatcher):
    """Pushes what has come in once a second, or as soon as there are two hundred locations.

    A receiver that refuses fails the whole batch: its lines are replayed, and come in a later one.
    """

    interval = 1.0
    max_size = 200

    def initialize(self):
        self.url = options().to

    def batch(self, inputs):
        locations = [{'lat': input.lat, 'long': input.long} for input in inputs]
        request = urllib.request.Request(
            self.url,
            data=json.dumps({'task': self.task_id, 'locations': locations}).encode(),
            headers={'Content-Type': 'application/json'},
        )
        with urllib.request.urlopen(request, timeout=10):
            pass  # whatever is not a success has raised


class GeocoderTopology(Topology):
    # components
    redis = RedisSpout(1)
    parser = LogParserBolt(3)
    geolocator = GeolocatorBolt(2)
    pusher = WSPusherBolt(4)
    # plumbing
    parser.inputs.append(ShuffleGrouping(redis))
    geolocator.inputs.append(ShuffleGrouping(parser))
    pusher.inputs.append(FieldsGrouping(geolocator, 'lat', 'long'))
