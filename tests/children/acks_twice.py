"""Acks every tuple twice, then fails it."""

from _by_hand import greet, say, tuples

greet()
for tuple in tuples():
    say(command="ack", id=tuple["id"])
    say(command="ack", id=tuple["id"])
    say(command="fail", id=tuple["id"])
