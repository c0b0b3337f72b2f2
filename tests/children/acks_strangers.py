"""Acks and fails tuples that it never got, then its own."""

from _by_hand import greet, say, tuples

greet()
for tuple in tuples():
    for id in ("123456789", "-1", "no number", "", 7, "99999999999999999999999"):
        say(command="ack", id=id)
        say(command="fail", id=id)
    say(command="ack", id=tuple["id"])
