"""A bolt from before there were heartbeats: takes them for tuples, finds no value in them, and dies of it with another tuple in hand."""

import sys
import time

from _by_hand import greet, hear, say

greet()
while (message := hear()) is not None:
    if not message["tuple"]:
        sys.exit("IndexError: no word in the tuple")
    time.sleep(0.3)
    say(command="emit", tuple=message["tuple"], anchors=[message["id"]], need_task_ids=False)
    say(command="ack", id=message["id"])
