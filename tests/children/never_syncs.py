"""A spout that takes its first `next` and says no more."""

from _by_hand import greet, hear, say

greet()
while (command := hear()) is not None:
    if command["command"] != "next":
        say(command="sync")
