"""A long run, and what it takes of memory: a spout that would be quicker, and a bolt that holds it up.

    python tests/soak.py                       24 million tuples, with our library
    python tests/soak.py --dialect json        storm.py, in Storm's JSON
    python tests/soak.py --minutes 5           as many as there are in that time

Ends with status 1 if the resident memory at the end differs by a tenth or more from what it was after a minute, or after a quarter of
a run that takes less than two. `make soak` runs it on the program as it is released.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from harness import REPOSITORY, Run, Stormhost, status_bytes

TOPOLOGY = """
TUPLES = int(sys.argv[1])

class Quick(Spout):
    class Default(Stream):
        fields = 'n', 'text'
    n = acks = 0
    def next_tuple(self):
        for _ in range(100):
            if self.n < TUPLES:
                self.emit((self.n, 'a line of some length that says little, as most lines do'), id=self.n)
                self.n += 1
    def ack(self, id):
        self.acks += 1
        if self.acks == 1:
            open('begun', 'w').close()
        if self.acks == TUPLES:
            self.done()
    def fail(self, id):
        note('failed', id, *self.failure)

class Slow(AutoAckBolt):
    n = 0
    def execute(self, input):
        self.n += 1
        if self.n % 500 == 0:
            time.sleep(0.005)   # waits, as for a database: a hundred thousand a second at most

class Soak(Topology):
    quick = Quick()
    slow = Slow(inputs=ShuffleGrouping(quick))
"""

JSON_TOPOLOGY = """
class Soak(Topology):
    quick = Process('python', 'quick.py', sys.argv[1], spout=True, fields=['n', 'text'])
    slow = Process('python', 'slow.py', inputs=ShuffleGrouping(quick))
"""

JSON_QUICK = """
import os, sys
sys.path.insert(0, MULTILANG)
import storm

class Quick(storm.Spout):
    n = acks = 0
    def nextTuple(self):
        if self.n < int(sys.argv[1]):
            storm.emit([self.n, 'a line of some length that says little, as most lines do'], id=self.n)
            self.n += 1
    def ack(self, id):
        self.acks += 1
        if self.acks == 1:
            open('begun', 'w').close()
        if self.acks == int(sys.argv[1]):
            open('done', 'w').close()
    def fail(self, id):
        with open(os.environ['JOURNAL'], 'a') as journal:
            journal.write('["failed", 0]\\n')

Quick().run()
"""

JSON_SLOW = """
import sys, time
sys.path.insert(0, MULTILANG)
import storm

class Slow(storm.BasicBolt):
    n = 0
    def process(self, tup):
        self.n += 1
        if self.n % 20 == 0:
            time.sleep(0.005)   # four thousand a second at most

Slow().run()
"""


@dataclass(frozen=True)
class Sample:
    """What a run took at one moment. Bytes are resident."""

    seconds: float
    tuples: int
    """Acked until then, as far as the log has told."""
    host: int
    children: int


def resident(pid: int) -> int:
    """Bytes that a process has resident; 0 if it is gone."""
    try:
        return status_bytes(pid, "VmRSS")
    except OSError:
        return 0


def start(stormhost: Stormhost, dialect: str, tuples: int) -> Run:
    """Starts a run whose bolt is slower than its spout."""
    if dialect == "frames":
        return stormhost.start(TOPOLOGY, args=[str(tuples)])
    multilang = f"MULTILANG = {str(REPOSITORY / 'target' / 'multilang')!r}\n"
    stormhost.write(multilang + JSON_QUICK, "quick.py")
    stormhost.write(multilang + JSON_SLOW, "slow.py")
    return stormhost.start(JSON_TOPOLOGY, args=[str(tuples)])


def soak(stormhost: Stormhost, dialect: str, tuples: int, seconds: float = float("inf"), every: float = 1.0) -> list[Sample]:
    """Runs until so many tuples are acked or that time is over, and looks at the memory of its processes meanwhile. Nothing may fail."""
    run = start(stormhost, dialect, tuples)
    # Children of stock libraries know no end; they say when they are through, and are stopped.
    done = stormhost.folder / "done"
    run.until((stormhost.folder / "begun").exists, "the first ack")
    begin = time.monotonic()
    samples: list[Sample] = []
    while run.popen.poll() is None and not done.exists() and time.monotonic() < begin + seconds:
        host = resident(run.pid)
        children = sum(resident(child.pid) for child in run.children())
        if host and children:
            samples.append(Sample(time.monotonic() - begin, acked(run), host, children))
        assert run.noted("failed") == [], "nothing fails for want of patience"
        over = begin + every * (len(samples) + 1)
        while run.popen.poll() is None and not done.exists() and time.monotonic() < over:
            time.sleep(0.02)
    if run.popen.poll() is None:
        run.signal(15)
    run.wait()
    assert len(samples) > 8, "it was over before anything could be seen"
    assert run.status in (0, 143), run.stderr[-4000:]
    return samples


def acked(run: Run) -> int:
    """What the log's last line of figures says, which comes every ten seconds."""
    marker = '"completed":'
    found = run.stderr.rfind(marker)
    return int(run.stderr[found + len(marker) :].split(",", 1)[0]) if found >= 0 else 0


def drift(samples: list[Sample], first: float) -> float:
    """By what part the memory at the end differs from that after `first` seconds: of the host, or of its children, whichever is more."""
    then = next(sample for sample in samples if sample.seconds >= first)
    end = samples[-1]
    return max(abs(end.host - then.host) / then.host, abs(end.children - then.children) / then.children)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tuples", type=int, default=24_000_000)
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--dialect", choices=["frames", "json"], default="frames")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        stormhost = Stormhost(Path(folder), Path(folder))
        try:
            samples = soak(stormhost, options.dialect, options.tuples, 60 * options.minutes)
        finally:
            stormhost.clean_up()
    last = samples[-1].seconds
    print(f"{options.dialect}: {samples[-1].tuples} tuples and more in {last / 60:.1f} minutes")
    print("| minute | tuples | host | children |\n| --- | --- | --- | --- |")
    mebibytes = 1 << 20
    for number in range(int(last // 60) + 2):
        at = min((sample for sample in samples if sample.seconds >= min(60 * number, last)), key=lambda sample: sample.seconds)
        print(f"| {at.seconds / 60:.1f} | {at.tuples} | {at.host / mebibytes:.1f} MiB | {at.children / mebibytes:.1f} MiB |")
    first = 60 if last >= 120 else last / 4
    part = drift(samples, first)
    print(f"memory at the end differs by {100 * part:.1f} % from that after {first:.0f} s")
    sys.exit(part >= 0.1)


if __name__ == "__main__":
    main()
