"""A bolt from before there were heartbeats that emits for whatever comes, and acks nothing: nobody tracks it."""

from _by_hand import greet, hear, say

greet()
while (message := hear()) is not None:
    word = message["tuple"][0] if message["tuple"] else "a heartbeat"
    say(command="emit", tuple=[word], anchors=[message["id"]], need_task_ids=False)
