"""Sends a message over the limit with its second tuple in hand, then goes on as if nothing had happened."""

from _by_hand import greet, say, tuples

greet()
for n, tuple in enumerate(tuples()):
    if n == 1:
        say(command="emit", tuple=["v" * (3 << 20)], anchors=[tuple["id"]], need_task_ids=False)
    say(command="ack", id=tuple["id"])
