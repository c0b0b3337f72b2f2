"""Acks everything, but leaves neither at the end of its input nor when it is told to."""

import signal
import time

from _by_hand import greet, say, tuples

signal.signal(signal.SIGTERM, signal.SIG_IGN)
greet()
for tuple in tuples():
    say(command="ack", id=tuple["id"])
while True:
    time.sleep(3600)
