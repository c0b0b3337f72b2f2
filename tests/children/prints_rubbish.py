"""Prints between its messages: text, bytes that are none, JSON of its own, half lines, and an `end` that ends nothing,
or seems to end something."""

import sys

from _by_hand import greet, say, tuples

RUBBISH = [
    b"what a nice day\n",
    b"\xff\xfe\x80 no text at all\n",
    b'{"level": "info", "message": "structured"}\n',
    b"end\n",
    b"no line end here:",
    b'{"level": "info", "message": "ended"}\nend\n',
    b'{"level": "info", "message": "glued"}',
    b"\n\n\n",
]


def litter(n):
    sys.stdout.flush()
    sys.stdout.buffer.write(RUBBISH[n % len(RUBBISH)])
    sys.stdout.buffer.flush()


litter(0)
greet()
for n, tuple in enumerate(tuples()):
    litter(n)
    say(command="ack", id=tuple["id"])
