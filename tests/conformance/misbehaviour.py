"""Misbehaviours: a bolt of each library does on order what it should not, amid lines that must not suffer for it."""

from __future__ import annotations

import json
import re
from collections import Counter

from chains import PATIENCE, end
from harness import Run, Stormhost, wait_for
from libraries import REFUSALS, Library

TOPOLOGY = """
LINES = json.loads(sys.argv[1])
DEADLY = ('!exit', '!raise')  # an error ends some libraries

class Feed(Spout):
    class Default(Stream):
        fields = 'line'
    def initialize(self):
        self.waiting = list(enumerate(LINES))
        self.pending = set()
    def next_tuple(self):
        # One deadly line at a time: whatever a child dies of is that one, and the others in its hands are sent again.
        deadly = any(LINES[at] in DEADLY for at in self.pending)
        ready = [at for at, line in self.waiting if not (deadly and line in DEADLY)]
        if ready:
            self.waiting.remove((ready[0], LINES[ready[0]]))
            self.pending.add(ready[0])
            self.emit(LINES[ready[0]], id=ready[0])
        elif not self.pending:
            self.done()
    def ack(self, id):
        note('acked', id)
        self.pending.remove(id)
    def fail(self, id):
        note('failed', id, *self.failure)
        self.pending.remove(id)
        if self.failure[0] == 'child_died' and LINES[id] not in DEADLY:
            self.waiting.append((id, LINES[id]))

class See(AutoAckBolt):
    def execute(self, input):
        note('saw', input.line)

class T(Topology):
    feed = Feed()
    odd = {declaration}
    see = See(inputs=ShuffleGrouping(odd))
"""

ORDERS = ["!raise", "!wide", "!nowhere", "!exit"]


def play(library: Library, host: Stormhost) -> list[str]:
    """One run. What went wrong, a sentence each."""
    prints = "print" not in library.lacks
    lines = ["first"]
    for number, order in enumerate([*ORDERS, *(f"!refuse {kind}" for kind in library.refuses)]):
        lines += [order, f"line {number}", *([f"!print {number}"] if prints else [])]
    declaration = library.declaration("odd", fields="line", inputs="=ShuffleGrouping(feed)")
    run = host.start(TOPOLOGY.replace("{declaration}", declaration), args=[json.dumps(lines)])
    try:
        wait_for(lambda: run.status is not None, "the end of the run", PATIENCE, 0.05)
    except AssertionError as error:
        end(run)
        return [f"{error}: {run.told[-2000:]}"]
    told = list(problems(library, lines, run))
    return [*told, f"the log ends:\n{run.told[-3000:]}"] if told else []


def problems(library: Library, lines: list[str], run: Run):  # type: ignore[no-untyped-def]
    """What went wrong, a sentence each."""
    acked, saw = Counter(run.noted("acked")), Counter(run.noted("saw"))
    failed = {row[0]: row[1:] for row in run.noted("failed")}
    for at, line in enumerate(lines):
        odd = line.startswith("!") and not line.startswith("!print")
        if odd and (acked[at] or at not in failed):
            yield f"{line!r} was acked {acked[at]} times, and failed with {failed.get(at)}"
        if not odd and (acked[at] != 1 or not saw[line]):
            yield f"{line!r} was acked {acked[at]} times, arrived {saw[line]} times, and failed with {failed.get(at)}"
        if line.startswith("!refuse") and library.dialect == "frames":
            reason = str(failed.get(at))
            if not re.search(f"field .line. of stream .default.: .*({REFUSALS[line.split()[1]]})", reason):
                yield f"{line!r} was refused with {reason}"
    for line in sorted(saw.keys() - set(lines)):
        yield f"{line!r} arrived, which was never sent"
    if "print" not in library.lacks and not any("printed by the odd one" in line for line in run.lines_of("odd")):
        yield "what it printed is not in the log"
    if "7" not in run.told or not re.search(r"odd\[\d+\].*(status 7|exit)", run.told):
        yield "the log does not say that it left with status 7"
    if run.status != 3:
        yield f"the run ended with status {run.status}, not 3: complete, but some tuples failed for good"
