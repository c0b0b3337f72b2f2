"""Emits with anchors that it does not hold: some never were, one has been acked already."""

from _by_hand import greet, say, tuples

greet()
for tuple in tuples():
    n = tuple["tuple"][0]
    say(command="emit", tuple=[n], anchors=["123456789", "no number", tuple["id"]], need_task_ids=False)
    say(command="ack", id=tuple["id"])
    say(command="emit", tuple=[-n], anchors=[tuple["id"]], need_task_ids=False)
