"""A bolt with manners that real ones have: greets before it has read anything, and writes JSON as it likes."""

import json
import os
import sys

from _by_hand import hear


def write(text):
    sys.stdout.buffer.write(text)
    sys.stdout.buffer.flush()


def say(message, end=b"\r\nend\r\n"):
    # Over several lines, which Windows would end like this.
    write(json.dumps(message, indent=2).encode().replace(b"\n", b"\r\n") + end)


say({"pid": os.getpid()})
hear()
while (message := hear()) is not None:
    if isinstance(message, list):
        continue
    if message["stream"] == "__heartbeat":
        say({"command": "sync"})
        continue
    say({"command": "dance", "with": "nobody"})
    say({"command": "log", "msg": "no level"})
    # One anchor needs no list; a slash may be escaped; members that mean nothing are null.
    anchored = b'"anchors":"%s","stream":null,"task":null,"id":null' % message["id"].encode()
    write(b'{"command":"emit","tuple":["a\\/%d"],%s}\nend\n' % (message["tuple"][0], anchored))
    say({"command": "ack", "id": message["id"], "tuple": None}, b"\nend\n")
