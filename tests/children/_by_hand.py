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


def tuples():
    """The tuples, one by one, until the input ends. Heartbeats are answered on the way."""
    while (message := hear()) is not None:
        if isinstance(message, dict) and message.get("stream") == "__heartbeat":
            say(command="sync")
        elif isinstance(message, dict):
            yield message
