"""Three bare Python processes that copy large values through two pipes. Arguments: how many, and how long each is in bytes."""

import os
import resource
import sys

from told import tell

TOTAL, LENGTH = int(sys.argv[1]), int(sys.argv[2])


def whole(source):
    """One value; nothing at the end."""
    return source.read(LENGTH)


def sender(into):
    value = "x" * LENGTH
    for _ in range(TOTAL):
        into.write(value.encode())
    into.flush()


def copier(source, into):
    while value := whole(source):
        into.write(value.decode().encode())
    into.flush()


def main():
    first, second = os.pipe(), os.pipe()
    begun = tell.begin()
    if os.fork() == 0:
        sender(open(first[1], "wb"))
        os._exit(0)
    os.close(first[1])
    if os.fork() == 0:
        os.close(second[0])
        copier(open(first[0], "rb"), open(second[1], "wb"))
        os._exit(0)
    os.close(second[1])
    taken = 0
    with open(second[0], "rb") as source:
        while value := whole(source):
            taken += len(value.decode())
    os.wait()
    os.wait()
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    tell.end(begun, "count", {"others": children.ru_utime + children.ru_stime}, bytes=taken)


main()
