"""Emits a bare word where a list belongs, as `storm.emit("word")` does, and waits to be told where it went; then goes on."""

from _by_hand import greet, hear, say, tuples

greet()
first = True
for tuple in tuples():
    kept = [tuple]
    if first:
        first = False
        say(command="emit", tuple="word", anchors=[tuple["id"]])
        while not isinstance(answer := hear(), list):
            kept.append(answer)
    for one in kept:
        if one["stream"] == "__heartbeat":
            say(command="sync")
        else:
            say(command="ack", id=one["id"])
