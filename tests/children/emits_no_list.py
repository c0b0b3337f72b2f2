"""Emits a bare word where a list belongs, as `storm.emit("word")` does, and waits to be told where it went; then goes on."""

from _by_hand import greet, say, task_ids, tuples

greet()
first = True
for tuple in tuples():
    if first:
        first = False
        say(command="emit", tuple="word", anchors=[tuple["id"]])
        task_ids()
    say(command="ack", id=tuple["id"])
