"""Two Python processes and a Unix pipe, 256 sentences a write: one splits, the other counts. Argument: the text."""

import json
import os
import resource
import sys
import time
from itertools import islice

from told import tell

SENTENCES_A_WRITE = 256


def split(sentence):
    return sentence.split()


def count(word, counts):
    n = counts[word] = counts.get(word, 0) + 1
    return word, n


def splitter(into):
    begun = time.process_time()
    with open(sys.argv[1], encoding="ascii") as lines:
        while batch := list(islice(lines, SENTENCES_A_WRITE)):
            words = [word for line in batch for word in split(line.rstrip())]
            into.write((" ".join(words) + "\n").encode())
            into.flush()
    into.close()
    return time.process_time() - begun, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main():
    reading, writing = os.pipe()
    told, telling = os.pipe()
    begun = tell.begin()
    if os.fork() == 0:
        os.close(reading)
        with open(telling, "w") as out:
            json.dump(splitter(open(writing, "wb")), out)
        os._exit(0)
    os.close(writing)
    os.close(telling)
    counts = {}
    with open(reading, encoding="ascii") as lines:
        for line in lines:
            for word in line.split():
                count(word, counts)
    with open(told) as said:
        cpu, peak = json.load(said)
    os.wait()
    tell.end(begun, "count", {"split": cpu}, {"split": peak}, counts=counts)


main()
