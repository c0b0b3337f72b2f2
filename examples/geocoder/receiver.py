"""Receives batches of locations over HTTP and prints each as one line of JSON. Stops on Ctrl-C, and says what came.

    python3 examples/geocoder/receiver.py [--port N] [--refuse-first N]
"""

import argparse
import json
import signal
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Receiver(ThreadingHTTPServer):
    """Takes POST /locations with `{"task": n, "locations": [{"lat": …, "long": …}, …]}`."""

    def __init__(self, port=0, refuse_first=0, out=sys.stdout):
        """`port`: 0 takes a free one. `refuse_first`: so many requests are answered with 503, to see what happens."""
        super().__init__(('127.0.0.1', port), Handler)
        self.to_refuse = refuse_first
        self.out = out
        self.batches = 0
        self.locations = 0
        self.turn = threading.Lock()  # requests come in threads of their own

    @property
    def url(self):
        return f'http://127.0.0.1:{self.server_port}/locations'

    def refuses(self):
        with self.turn:
            self.to_refuse -= 1
            return self.to_refuse >= 0

    def take(self, batch):
        with self.turn:
            self.batches += 1
            self.locations += len(batch['locations'])
            print(json.dumps(batch), file=self.out, flush=True)


class Handler(BaseHTTPRequestHandler):
    """One request."""

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get('Content-Length', 0)))
        if self.path != '/locations':
            return self.send_error(404)
        if self.server.refuses():
            return self.send_error(503, 'Not now')
        batch = understood(body)
        if batch is None:
            return self.send_error(400, 'Not a batch of locations')
        self.server.take(batch)
        self.send_response(204)
        self.end_headers()

    def log_request(self, code='-', size='-'):
        pass  # the batches themselves are what is to be seen; errors are still told


def understood(body):
    """The batch, or None if this is none."""
    try:
        batch = json.loads(body)
        good = all(abs(place['lat']) <= 90 and abs(place['long']) <= 180 for place in batch['locations'])
    except (ValueError, TypeError, KeyError):
        return None
    return batch if good else None


def main():
    parser = argparse.ArgumentParser(description='Receives batches of locations and prints them.')
    parser.add_argument('--port', type=int, default=8765, help='0 takes a free one (default: %(default)s)')
    parser.add_argument('--refuse-first', type=int, default=0, metavar='N', help='answer the first N requests with 503')
    options = parser.parse_args()
    receiver = Receiver(options.port, options.refuse_first)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    print(f'listening on {receiver.url}', file=sys.stderr, flush=True)
    try:
        receiver.serve_forever()
    except KeyboardInterrupt:
        print(f'{receiver.locations} locations in {receiver.batches} batches', file=sys.stderr)


if __name__ == '__main__':
    main()
