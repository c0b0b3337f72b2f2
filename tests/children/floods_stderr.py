"""Writes a megabyte to its standard error for each tuple, then acks it."""

import sys

from _by_hand import greet, say, tuples

greet()
for tuple in tuples():
    for n in range(16 * 1024):
        sys.stderr.write(f"{n:06d} {'flood ' * 9}ab\n")  # 64 bytes
    sys.stderr.flush()
    say(command="ack", id=tuple["id"])
