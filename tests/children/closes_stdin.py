"""Closes its standard input after two tuples, and lives on."""

import os
import time

from _by_hand import greet, say, tuples

greet()
for n, tuple in enumerate(tuples()):
    say(command="ack", id=tuple["id"])
    if n == 1:
        os.close(0)
        while True:
            time.sleep(3600)
