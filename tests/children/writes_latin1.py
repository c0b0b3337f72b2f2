"""Writes Latin-1 where UTF-8 belongs: a lone log line, and a tuple, of which it waits to hear where it went."""

import sys

from _by_hand import greet, say, task_ids, tuples


def write(text):
    sys.stdout.flush()
    sys.stdout.buffer.write(text)
    sys.stdout.buffer.flush()


greet()
for one in tuples():
    write(b'{"command":"log","msg":"caf\xe9"}\nend\n')
    write(b'{"command":"emit","tuple":["caf\xe9"],"anchors":["%s"]}\nend\n' % one["id"].encode())
    task_ids()
    say(command="ack", id=one["id"])
