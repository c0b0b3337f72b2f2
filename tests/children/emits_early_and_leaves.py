"""A spout of three lives: the first leaves when asked for a tuple, the second emits before its pid and leaves, the third emits and stays.

Notes when the third is up, and what each is told of tuples.
"""

import json
import os
import sys

from _by_hand import hear, say


def note(*words):
    with open(os.environ["JOURNAL"], "a") as journal:
        journal.write(json.dumps(words) + "\n")


with open(os.environ["JOURNAL"], "a+") as journal:
    journal.seek(0)
    life = journal.read().count('["life"')
note("life", life)
hear()
if life == 1:
    say(command="emit", tuple=[1], id="early")
    hear()
    sys.exit(1)
say(pid=os.getpid())
note("up", life)
emitted = False
while (message := hear()) is not None:
    if life == 0:
        sys.exit(1)
    if message["command"] in ("ack", "fail"):
        note("heard", message["command"], message["id"])
    elif message["command"] == "next" and not emitted:
        emitted = True
        say(command="emit", tuple=[2], id="late", need_task_ids=False)
    say(command="sync")
