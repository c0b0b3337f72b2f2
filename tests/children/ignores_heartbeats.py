"""Answers its tuples, and no heartbeat."""

from _by_hand import greet, hear, say

greet()
while (message := hear()) is not None:
    if message["stream"] != "__heartbeat":
        say(command="ack", id=message["id"])
