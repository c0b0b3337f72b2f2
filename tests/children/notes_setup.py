"""Notes what the host told it at the start, and in which folder it is. Acks all it is given."""

import json
import os

from _by_hand import hear, say, tuples

setup = hear()
files = os.listdir(setup["pidDir"])
with open(os.environ["JOURNAL"], "a") as journal:
    journal.write(json.dumps(["setup", setup, os.getcwd(), files]) + "\n")
say(pid=os.getpid())
for tuple in tuples():
    say(command="ack", id=tuple["id"])
