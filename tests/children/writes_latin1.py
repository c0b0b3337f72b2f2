"""Writes Latin-1 where UTF-8 belongs: a lone log line, and a tuple, of which it waits to hear where it went."""

import sys

from _by_hand import greet, hear, say, tuples


def write(text):
    sys.stdout.flush()
    sys.stdout.buffer.write(text)
    sys.stdout.buffer.flush()


greet()
kept = []
for tuple in tuples():
    kept.append(tuple)
    while kept:
        one = kept.pop(0)
        if one["stream"] == "__heartbeat":
            say(command="sync")
            continue
        write(b'{"command":"log","msg":"caf\xe9"}\nend\n')
        write(b'{"command":"emit","tuple":["caf\xe9"],"anchors":["%s"]}\nend\n' % one["id"].encode())
        while not isinstance(answer := hear(), list):
            kept.append(answer)
        say(command="ack", id=one["id"])
