"""Lives on when its input has ended."""

import time

from _by_hand import greet, say, tuples

greet()
for tuple in tuples():
    say(command="ack", id=tuple["id"])
while True:
    time.sleep(3600)
