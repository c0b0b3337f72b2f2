"""Two messages with one end, as two threads write them that do not wait for one another: a log and an emit, then an ack."""

import json
import sys

from _by_hand import greet, task_ids, tuples


def together(*messages):
    sys.stdout.write("".join(json.dumps(message) for message in messages) + "\nend\nend\n")
    sys.stdout.flush()


greet()
for message in tuples():
    emit = {"command": "emit", "anchors": [message["id"]], "tuple": message["tuple"]}
    together({"command": "log", "msg": "one"}, emit)
    task_ids()
    together({"command": "log", "msg": "two"}, {"command": "ack", "id": message["id"]})
