"""Acks its first tuple, and never comes back from its second; heartbeats are not answered either."""

import time

from _by_hand import greet, say, tuples

greet()
for n, tuple in enumerate(tuples()):
    if n == 1:
        while True:
            time.sleep(3600)
    say(command="ack", id=tuple["id"])
