"""Three bare Python processes in a ring of pipes: one sends sentences, one splits, one counts and answers.

Arguments: the text, sentences a second. 0: one sentence in flight at a time. Tells how long each took, there and back.
"""

import os
import resource
import select
import sys
import time

from told import tell

PATH, RATE = sys.argv[1], float(sys.argv[2])
WARM_UP = 0.1


def splitter(reading, into):
    for line in reading:
        into.write("\t".join(line.split()) + "\n")
        into.flush()


def counter(reading, into):
    counts = {}
    for line in reading:
        for word in line.rstrip("\n").split("\t"):
            counts[word] = counts.get(word, 0) + 1
        into.write("ok\n")
        into.flush()


def child(work, reading, writing, others):
    if os.fork() == 0:
        for other in others:
            os.close(other)
        with open(reading) as source, open(writing, "w") as into:
            work(source, into)
        os._exit(0)


def main():
    a, b, c = os.pipe(), os.pipe(), os.pipe()
    child(splitter, a[0], b[1], (a[1], b[0], *c))
    child(counter, b[0], c[1], (*a, b[1], c[0]))
    for end in (a[0], *b, c[1]):
        os.close(end)
    sent, took = [], []
    poll = select.poll()
    poll.register(c[0], select.POLLIN)

    def take_answers(wait_ms):
        if poll.poll(wait_ms):
            now = time.monotonic()
            for _ in range(os.read(c[0], 1 << 16).count(b"\n")):
                took.append(now - sent[len(took)])

    begun = tell.begin()
    due = time.monotonic()
    with open(PATH, "rb") as lines:
        for line in lines:
            while RATE and time.monotonic() < due:
                take_answers(max(0.0, due - time.monotonic()) * 1e3)
            due += 1 / RATE if RATE else 0.0
            sent.append(time.monotonic())
            os.write(a[1], line)
            while not RATE and len(took) < len(sent):
                take_answers(-1)
    while len(took) < len(sent):
        take_answers(-1)
    os.close(a[1])
    os.wait()
    os.wait()
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    steady = sorted(took[int(len(took) * WARM_UP) :])
    latency = {"p50": steady[len(steady) // 2], "p99": steady[len(steady) * 99 // 100], "longest": steady[-1]}
    tell.end(begun, "send", {"others": children.ru_utime + children.ru_stime}, answered=len(took), latency=latency)


main()
