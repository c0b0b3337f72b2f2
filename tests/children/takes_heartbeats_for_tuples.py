"""A bolt from before there were heartbeats: emits for whatever comes, anchored, waits to hear where that went, and acks."""

import json
import os
import time

from _by_hand import greet, say, take, task_ids

greet()
while (message := take()) is not None:
    if message["id"] == "-1":
        with open(os.environ["JOURNAL"], "a") as journal:
            journal.write(json.dumps(["heartbeat"]) + "\n")
    say(command="emit", tuple=[message["tuple"][0] if message["tuple"] else "a heartbeat"], anchors=[message["id"]])
    task_ids()
    time.sleep(0.3)
    say(command="ack", id=message["id"])
