"""Sends what begins like a message, ends with `end`, and is no JSON, with its second tuple in hand."""

import sys

from _by_hand import greet, say, tuples

greet()
for n, tuple in enumerate(tuples()):
    if n == 1:
        sys.stdout.write('{"command": "emit", "tuple": [1 2]}\nend\n')
    else:
        say(command="ack", id=tuple["id"])
