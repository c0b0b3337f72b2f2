"""Prints a line of a megabyte, logs one, and emits a value of one, for each tuple."""

import sys

from _by_hand import greet, say, tuples

MEGABYTE = 1 << 20

greet()
for tuple in tuples():
    sys.stdout.write("p" * MEGABYTE + "\n")
    say(command="log", msg="l" * MEGABYTE)
    say(command="emit", tuple=["v" * MEGABYTE], anchors=[tuple["id"]], need_task_ids=False)
    say(command="ack", id=tuple["id"])
