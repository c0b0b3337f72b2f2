"""`examples/cycle`: what goes round a loop comes out of it, also when the loop has hardly any room."""

import re

from repository import ROOT, commands

TOPOLOGY = 'cycle/topology.py'
README = ROOT / 'examples' / 'cycle' / 'README.md'


def expected(limit):
    """What the example prints, by a plain loop."""
    steps = {}
    for start in range(1, limit + 1):
        value, count = start, 0
        while value != 1:
            value = 3 * value + 1 if value % 2 else value // 2
            count += 1
        steps[start] = count
    longest = sorted(steps, key=lambda start: (-steps[start], start))[:10]
    lines = [f'{start} took {steps[start]} steps' for start in longest]
    return [*lines, f'{limit} numbers came out of the loop after {sum(steps.values())} steps']


def test_every_number_comes_out_of_the_loop(stormhost):
    run = stormhost(TOPOLOGY)
    assert (run.status, run.out.splitlines()) == (0, expected(10_000)), run.err


def test_one_number_at_a_time(stormhost):
    run = stormhost(TOPOLOGY, '40', options=['--set', 'topology.max.spout.pending=1'])
    assert (run.status, run.out.splitlines()) == (0, expected(40)), run.err


def test_a_loop_without_room_fails_and_replays_but_loses_nothing(stormhost):
    command = commands(README, 'stormhost.cycle.bytes')
    setting, limit = re.search(r'(stormhost\.cycle\.bytes=\d+) .* -- (\d+)', command).groups()
    run = stormhost(TOPOLOGY, limit, options=['--set', setting])
    assert (run.status, run.out.splitlines()) == (0, expected(int(limit))), run.err
    # The summary names what failed only where something did.
    assert re.search(r'Cycle ran for .* trees complete .* failed', run.err), run.err
