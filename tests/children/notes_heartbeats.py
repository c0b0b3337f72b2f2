"""Answers all it is asked, emits nothing, and notes the heartbeats it hears: `<first argument> time comp stream task tuple`."""

import json
import os
import sys
import time

from _by_hand import greet, hear, say

greet()
while (message := hear()) is not None:
    if isinstance(message, dict) and message.get("stream") == "__heartbeat":
        note = [sys.argv[1], time.monotonic(), *(message[key] for key in ("comp", "stream", "task", "tuple"))]
        with open(os.environ["JOURNAL"], "a") as journal:
            journal.write(json.dumps(note) + "\n")
    if isinstance(message, dict):
        say(command="sync")
