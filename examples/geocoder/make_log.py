"""Writes the access log that this example carries: `python3 make_log.py > access.log`. Always the same, to the byte.

The visitors are invented; their addresses are drawn from networks of universities and public services, which the GeoIP
database knows, and from private and documentation networks, which are nowhere.
"""

import datetime
import ipaddress
import random
import sys

LINES = 2000
START = datetime.datetime(2026, 3, 30, 0, 0, tzinfo=datetime.timezone.utc)

PLACES = [
    '8.8.8.0/24', '91.198.174.0/24', '128.32.0.0/16', '129.132.0.0/16', '130.89.0.0/16', '131.111.0.0/16',
    '133.11.0.0/16', '137.158.0.0/16', '143.107.0.0/16', '150.203.0.0/16', '193.0.0.0/21', '2001:4860::/32',
    '2620:0:860::/46',
]  # fmt: skip
NOWHERE = [
    '10.0.0.0/8', '127.0.0.0/30', '172.16.0.0/12', '192.168.0.0/16', '203.0.113.0/24', '2001:db8::/32', 'fd00::/8',
]  # fmt: skip
NOWHERE_SHARE = 0.15
RUBBISH_EVERY = 400

PAGES = [
    '/', '/rivers', '/rivers/gauges', '/rivers/today', '/weather', '/weather/notebook', '/ferry', '/ferry/times',
    '/about',
]  # fmt: skip
STATUSES = [200] * 17 + [304, 304, 404]


def lines():
    # Only `random()` is promised to give the same numbers in every version of Python.
    draw = random.Random(20260330).random

    def one_of(choices):
        return choices[int(draw() * len(choices))]

    def address(network):
        network = ipaddress.ip_network(network)
        return network[int(draw() * network.num_addresses)]

    time = START
    for number in range(1, LINES + 1):
        time += datetime.timedelta(seconds=int(draw() * draw() * 60))
        if number % RUBBISH_EVERY == 0:
            yield f'server restarted at {time:%H:%M:%S}, previous log closed'
            continue
        network = one_of(NOWHERE if draw() < NOWHERE_SHARE else PLACES)
        stamp = f'{time:%d/Mar/%Y:%H:%M:%S +0000}'
        status = one_of(STATUSES)
        size = '-' if status == 304 else int(300 + draw() * 20_000)
        yield f'{address(network)} - - [{stamp}] "GET {one_of(PAGES)} HTTP/1.1" {status} {size}'


if __name__ == '__main__':
    sys.stdout.writelines(f'{line}\n' for line in lines())
