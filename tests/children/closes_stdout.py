"""Acks two tuples, closes its standard output, and lives on."""

import os
import time

from _by_hand import greet, say, tuples

greet()
for n, tuple in enumerate(tuples()):
    if n == 2:
        os.close(1)
        while True:
            time.sleep(3600)
    say(command="ack", id=tuple["id"])
