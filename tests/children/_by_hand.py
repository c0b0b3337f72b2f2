"""Storm's protocol in JSON, by hand and as short as it goes. Not a child, but what the children here are made with."""

import json
import os
import sys


def hear():
    """The next message; None at the end of the input."""
    text = ""
    for line in sys.stdin:
        if line == "end\n":
            return json.loads(text)
        text += line
    return None


def say(**message):
    """Sends one message."""
    sys.stdout.write(json.dumps(message) + "\nend\n")
    sys.stdout.flush()


def greet():
    """Takes the setup object and answers it. Returns the setup."""
    setup = hear()
    say(pid=os.getpid())
    return setup


_kept = []


def take():
    """The next message that was not awaited; None at the end of the input."""
    return _kept.pop(0) if _kept else hear()


def task_ids():
    """Waits to hear where the last emit went. What comes meanwhile is kept."""
    while not isinstance(message := hear(), list):
        if message is None:
            sys.exit()
        _kept.append(message)
    return message


def tuples():
    """The tuples, one by one, until the input ends. Heartbeats are answered on the way."""
    while (message := take()) is not None:
        if isinstance(message, dict) and message.get("stream") == "__heartbeat":
            say(command="sync")
        elif isinstance(message, dict):
            yield message
