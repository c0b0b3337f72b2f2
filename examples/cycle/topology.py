"""Follows numbers round a loop: the bolt `step` feeds its own output back to itself, until there is nothing to do.

    stormhost run examples/cycle/topology.py -- [LIMIT]

Each number up to LIMIT (default 10,000) is halved when it is even, tripled and raised by one when it is odd, again and
again, until it is 1. The ten numbers that took the most steps are shown.
"""

import sys

from stormhost import (
    AutoAckBolt,
    FieldsGrouping,
    GlobalGrouping,
    Print,
    ReliableSpout,
    ShuffleGrouping,
    Stream,
    Topology,
)

SHOWN = 10


def limit():
    return int(sys.argv[1]) if len(sys.argv) > 1 else 10_000


class NumbersSpout(ReliableSpout):
    """Emits the numbers to be followed. One is acked when it has come out of the loop, not when it went in."""

    # A number that found the loop full has done no harm, and finds room later: it is not given up.
    max_tries = 1_000_000

    class Default(Stream):
        fields = 'start', 'value', 'steps'

    def initialize(self):
        self.limit = limit()

    def tuples(self):
        for number in range(1, self.limit + 1):
            yield number, number, 0


class StepBolt(AutoAckBolt):
    """One step of one number. What is not yet 1 goes round again: this bolt listens to its own stream `again`."""

    class Again(Stream):
        fields = 'start', 'value', 'steps'

    class Finished(Stream):
        fields = 'start', 'steps'

    def execute(self, input):
        if input.value == 1:
            self.emit((input.start, input.steps), stream=self.Finished)
        elif input.value % 2:
            self.emit((input.start, 3 * input.value + 1, input.steps + 1), stream=self.Again)
        else:
            self.emit((input.start, input.value // 2, input.steps + 1), stream=self.Again)


class LongestBolt(AutoAckBolt):
    """Keeps the steps of every number, and shows the longest ways at the end."""

    class Default(Stream):
        fields = 'line'

    def initialize(self):
        self.steps = {}

    def execute(self, input):
        self.steps[input.start] = input.steps  # twice the same is the same: a replay does no harm here

    def finish(self):
        longest = sorted(self.steps.items(), key=lambda item: (-item[1], item[0]))
        for start, steps in longest[:SHOWN]:
            self.emit(f'{start} took {steps} steps')
        self.emit(f'{len(self.steps)} numbers came out of the loop after {sum(self.steps.values())} steps')


class Cycle(Topology):
    # components
    numbers = NumbersSpout(1)
    step = StepBolt(3)
    longest = LongestBolt(1)
    show = Print()
    # plumbing
    step.inputs.append(ShuffleGrouping(numbers))
    step.inputs.append(FieldsGrouping(step.Again, 'start'))  # the loop
    longest.inputs.append(GlobalGrouping(step.Finished))
    show.inputs.append(ShuffleGrouping(longest))
