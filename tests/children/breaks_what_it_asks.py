"""Holds two tuples at a time, says something broken about the first, waits to hear where that went, and answers both."""

import sys

from _by_hand import greet, say, task_ids, tuples

# In each the values lack a comma, where Storm reads nothing either; what tells whom it is about stands before that.
BROKEN = [
    '{"command":"emit","anchors":["ID"],"tuple":["task" {"task":1}]}\nend\n',
    '{"command":"emit","anchors":["ID"],"tuple":[{"task":1},[[1 2]]]}\nend\n',
    '{\n "command": "emit",\n "anchors": ["ID"],\n "tuple": ["a" "b"]\n}\nend\n',
    '{"command":"emit","anchors":["ID"],"tuple":["' + "x" * 70_000 + '"]}\nend\n',
    '{"command":"log","msg":"a" "b"}\nend\n',
    '{"command":"metrics","name":"n","params":[1 2]}\nend\n',
]


def write(text):
    sys.stdout.write(text)
    sys.stdout.flush()


greet()
held, broken = [], list(BROKEN)
for one in tuples():
    held.append(one["id"])
    if len(held) < 2:
        continue
    if broken:
        text = broken.pop(0).replace("ID", held[0])
        write(text)
        if '"emit"' in text:
            task_ids()
    for id in held:
        say(command="ack", id=id)
    held = []
