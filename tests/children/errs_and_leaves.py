"""Takes two tuples, reports an error at the third, and leaves with status 0, as Storm's Bolt does when `process` raises."""

from _by_hand import greet, say, tuples

greet()
for n, tuple in enumerate(tuples()):
    if n == 2:
        say(command="error", msg="ValueError: no more of this")
        break
    say(command="ack", id=tuple["id"])
