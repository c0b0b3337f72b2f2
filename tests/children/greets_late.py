"""Logs, and emits twice, before it says its pid, as storm.js does when `initialize` takes its time. Acks all it is given."""

import os

from _by_hand import hear, say, tuples

hear()
say(command="log", msg="not there yet", level=3)
for n in (100, 101):
    say(command="emit", tuple=[n], anchors=[])
    assert isinstance(hear(), list), "task ids"
say(pid=os.getpid())
for tuple in tuples():
    say(command="ack", id=tuple["id"])
