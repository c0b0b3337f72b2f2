"""The perfect host of one old bolt: it only writes tuples that were prepared, and answers task ids. What the child reaches here is its own limit.

Arguments: the child's interpreter and script, `json` or `msgpack`, how many tuples.
"""

import json
import os
import resource
import select
import subprocess
import sys
import tempfile
import time

from told import tell

INTERPRETER, SCRIPT, SERIALIZER, TOTAL = *sys.argv[1:4], int(sys.argv[4])
WORDS = ("the", "quick", "brown", "fox", "jumps", "over", "a", "lazy", "dog")
WINDOW = 2000
"""Tuples in the child's hands: enough that it never waits, and as many as stormhost gives it by default, since what it holds costs it time."""


def encode(message):
    if SERIALIZER == "json":
        return json.dumps(message).encode() + b"\nend\n"
    import msgpack

    return msgpack.packb(message)


def marks():
    """What tells an ack, an emit, and an emit that wants no answer, in the bytes that the libraries write: Python's with blanks."""
    if SERIALIZER == "json" and SCRIPT.endswith(".py"):
        return b'"command": "ack"', b'"command": "emit"', b'"need_task_ids": false'
    if SERIALIZER == "json":
        return b'"command":"ack"', b'"command":"emit"', b'"need_task_ids":false'
    return b"\xa3ack", b"\xa4emit", b"\xadneed_task_ids\xc2"


class Counter:
    """Counts a mark in a stream of pieces."""

    def __init__(self, mark):
        self.mark, self.tail, self.count = mark, b"", 0

    def see(self, piece):
        piece = self.tail + piece
        self.count += piece.count(self.mark)
        self.tail = piece[-(len(self.mark) - 1) :]


def main():
    prepared = []
    for n in range(TOTAL):
        row = {"id": str(n), "comp": "words", "stream": "default", "task": 2, "tuple": [WORDS[n % len(WORDS)]]}
        prepared.append(encode(row))
    child = subprocess.Popen([INTERPRETER, SCRIPT, SERIALIZER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0)
    into, out = child.stdin.fileno(), child.stdout.fileno()
    pids = tempfile.mkdtemp()
    context = {"taskid": 1, "componentid": "count", "task->component": {"1": "count", "2": "words"}}
    os.write(into, encode({"conf": {}, "pidDir": pids, "context": context}))
    os.read(out, 1 << 16)  # its pid
    os.set_blocking(into, False)
    acks, emits, quiet = (Counter(mark) for mark in marks())
    answer = encode([3])
    poll = select.poll()
    poll.register(out, select.POLLIN)
    begun, before, pending, sent, answered = None, 0, b"", 0, 0
    used = 0.0
    while acks.count < TOTAL:
        wants = emits.count - quiet.count - answered
        pending += answer * wants
        answered += wants
        while sent < TOTAL and sent - acks.count < WINDOW and len(pending) < 1 << 16:
            upto = min(sent + 100, TOTAL)
            pending += b"".join(prepared[sent:upto])
            sent = upto
        if pending:
            try:
                pending = pending[os.write(into, pending) :]
            except BlockingIOError:
                pass
        poll.register(into, select.POLLOUT) if pending else None
        ready = dict(poll.poll())
        if pending:
            poll.unregister(into)
        if out in ready:
            piece = os.read(out, 1 << 16)
            if not piece:
                raise SystemExit("the child left")
            for counter in (acks, emits, quiet):
                counter.see(piece)
            if begun is None and acks.count:
                # What was acked by now is no part of what is measured.
                begun, before = tell.begin(), acks.count
                used = cpu_of(child.pid)
    used = cpu_of(child.pid) - used
    tell_later = time.monotonic()
    child.kill()
    child.wait()
    for file in os.listdir(pids):
        os.remove(os.path.join(pids, file))
    os.rmdir(pids)
    lost = time.monotonic() - tell_later
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    tell.end((begun[0] + lost, begun[1]), "driver", {"count": used}, {"count": peak}, acked=acks.count, measured=acks.count - before)


def cpu_of(pid):
    with open(f"/proc/{pid}/schedstat") as file:
        return int(file.read().split()[0]) / 1e9


main()
