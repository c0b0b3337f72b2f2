"""Acks two tuples, then leaves in the middle of a word."""

import sys

from _by_hand import greet, say, tuples

greet()
for n, tuple in enumerate(tuples()):
    if n == 2:
        sys.stdout.write('{"command": "ack", "id": "' + tuple["id"][:3])
        sys.stdout.flush()
        sys.exit(0)
    say(command="ack", id=tuple["id"])
