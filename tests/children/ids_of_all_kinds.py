"""A spout whose message ids are all that JSON has; notes those that come back."""

import json
import os

from _by_hand import greet, hear, say

IDS = [0, "", 1.5, -7, "0", False, [1, {"a": None}], {"b": 2}, 10**25]
greet()
waiting = [*IDS, None]
while (message := hear()) is not None:
    if message["command"] == "next" and waiting:
        say(command="emit", tuple=[len(waiting)], id=waiting.pop(0), need_task_ids=False)
    elif message["command"] in ("ack", "fail"):
        with open(os.environ["JOURNAL"], "a") as journal:
            journal.write(json.dumps([message["command"], message["id"]]) + "\n")
    say(command="sync")
