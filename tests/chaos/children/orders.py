"""What a component of the campaign does wrong, and when: on order, by files that the campaign leaves for it.

Not a child, but what the children here share. A fault is noted in `told` right before it happens.
"""

from __future__ import annotations

import os
import sys
import time
from io import FileIO

MEGABYTE = 1 << 20
# A change in manners is over after so many tuples, or seconds: a sink of a join has few tuples, each of hundreds of trees.
MANY = 50
A_WHILE = 1.0
MANNERS = ("never_acks", "acks_twice")


class Orders:
    """The orders for one task. `incarnation`: tells its processes apart, and its threads."""

    def __init__(self, folder: str, component: str, task: object) -> None:
        self.folder = folder
        self.component = component
        self.task = task
        self.incarnation = f"{os.getpid()}.{os.urandom(3).hex()}"
        self.by = f"{component}:{task}:{self.incarnation}"
        self._path = os.path.join(folder, "orders", component)
        self._manners = ""
        self._left = 0
        self._over = 0.0
        self.stubborn = False

    def take(self) -> str | None:
        """What is to be done wrong now: nearly always nothing. Of several tasks one gets the order."""
        if not os.access(self._path, os.F_OK):
            return None
        mine = f"{self._path}.{self.incarnation}"
        try:
            os.rename(self._path, mine)
        except OSError:
            return None
        with open(mine) as file:
            order = file.read()
        os.unlink(mine)
        self._told(order)
        return order

    def _told(self, order: str) -> None:
        line = f"{time.monotonic_ns()} {order} {self.by}\n"
        with append(os.path.join(self.folder, "told")) as file:
            file.write(line.encode())

    def manners(self) -> str:
        """How this tuple is to be acked: as it should be, or not."""
        if self._left == 0:
            return ""
        self._left -= 1
        if time.monotonic() > self._over:
            self._left = 0
            return ""
        return self._manners

    def follow(self, order: str, voice: Voice) -> None:
        """Does it. Most of these do not return."""
        if order in MANNERS:
            self._manners, self._left, self._over = order, MANY, time.monotonic() + A_WHILE
        elif order == "exit":
            os._exit(9)
        elif order == "half_message":
            voice.write(voice.half)
            os._exit(voice.half_status)
        elif order == "rubbish":
            voice.write(voice.rubbish)
        elif order == "megabyte_line":
            voice.write(b"m" * MEGABYTE + b"\n")
        elif order == "stderr_flood":
            line = b"flood " * 10 + b"abc\n"
            for _ in range(64):
                os.write(2, line * 1024)
        elif order == "never_reads":
            sleep_for_ever()
        elif order == "acks_strangers":
            voice.ack_strangers()
        elif order == "strange_anchors":
            voice.anchor_to_strangers()
        elif order == "grandchild":
            import signal
            import subprocess  # here, since it takes longer to import than a process of `Exec` lives

            subprocess.Popen(["sh", "-c", 'trap "" TERM HUP; sleep 3600 & sleep 3600'], pass_fds=voice.descriptors)
            os.kill(os.getpid(), signal.SIGKILL)
        elif order == "ignores_sigterm":
            import signal

            signal.signal(signal.SIGTERM, signal.SIG_IGN)
            self.stubborn = True
            os.kill(os.getpid(), signal.SIGTERM)
        elif order == "allocates":
            hoard = []
            for _ in range(60):
                hoard.append(bytearray(b"x" * (10 * MEGABYTE)))
                time.sleep(0.005)
            sleep_for_ever()
        elif order == "closes_stdout":
            os.close(voice.descriptors[1])
            sleep_for_ever()
        else:
            raise ValueError(f"there is no fault {order!r}")

    def at_the_end(self) -> None:
        """When the input has ended: stubborn ones live on."""
        if self.stubborn:
            sleep_for_ever()


class Voice:
    """What a fault needs to know of how its child speaks. `descriptors`: those of the protocol, in and out."""

    descriptors = (0, 1)
    half = b'{"command": "ack", "id": "12'
    half_status = 0  # with which it leaves after half a message
    rubbish = b"what a nice day\n\xff\xfe\x80 no text at all\n" + b'{"level": "info", "message": "structured"}\nend\n\n\n'

    def write(self, data: bytes) -> None:
        """Writes to the protocol's channel, whatever that takes."""
        while data:
            data = data[os.write(self.descriptors[1], data) :]

    def ack_strangers(self) -> None:
        raise NotImplementedError

    def anchor_to_strangers(self) -> None:
        raise NotImplementedError


def sleep_for_ever() -> None:
    """What a hang looks like. By short sleeps, between which one inside the host can be interrupted."""
    while True:
        time.sleep(0.05)


def append(path: str) -> FileIO:
    """A file to add lines to, in one piece whoever else writes. It is closed with its component, also where that is a thread of the host."""
    return open(path, "ab", buffering=0)


def line_of(*words: object) -> bytes:
    """A line of a journal, with the time in front."""
    return " ".join([str(time.monotonic_ns()), *map(str, words)]).encode() + b"\n"


def complain(text: str) -> None:
    """A line for the log."""
    print(text, file=sys.stderr, flush=True)
