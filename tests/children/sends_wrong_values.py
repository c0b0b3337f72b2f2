"""Emits too many values, to a stream that is not declared, without values, and to a task that is none; acks all the same."""

from _by_hand import greet, say, tuples

WRONG = [
    {"tuple": [1, 2, 3]},
    {"tuple": [1], "stream": "nowhere"},
    {"tuple": []},
    {"tuple": [1], "task": 4711},
]

greet()
for tuple in tuples():
    n = tuple["tuple"][0]
    if n < len(WRONG):
        say(command="emit", anchors=[tuple["id"]], need_task_ids=False, **WRONG[n])
    say(command="ack", id=tuple["id"])
