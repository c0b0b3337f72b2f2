"""Leaves with its third tuple in hand, without a word about it."""

import sys

from _by_hand import greet, say, tuples

greet()
for n, tuple in enumerate(tuples()):
    if n == 2:
        print("no more of this", file=sys.stderr)
        sys.exit(9)
    say(command="ack", id=tuple["id"])
