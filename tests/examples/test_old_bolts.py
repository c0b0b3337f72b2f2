"""`examples/old_bolts`: bolts on storm.py and on pystorm, JSON and MessagePack, in one topology with ours."""

import re
from collections import Counter

from repository import ROOT

TOPOLOGY = 'old_bolts/topology.py'
FOLDER = ROOT / 'examples' / 'old_bolts'
COMMON = {'a', 'and', 'of', 'the', 'to', 'it', 'in', 'was', 'that'}
# Where tests/prepare.sh puts storm.py; a user has it beside the bolts.
LIBRARY = ROOT / 'target' / 'multilang'


def expected():
    words = re.findall(r'[a-z]+', (FOLDER / 'sentences.txt').read_text().lower())
    counts = Counter(word for word in words if word not in COMMON)
    return [f'{word}\t{count}' for word, count in sorted(counts.items(), key=lambda item: (-item[1], item[0]))]


def test_old_and_new_count_together(stormhost):
    run = stormhost(TOPOLOGY, env={'PYTHONPATH': str(LIBRARY)})
    assert (run.status, run.out.splitlines()) == (0, expected()), run.err


def test_a_missing_library_is_named(stormhost, python_without_packages):
    run = stormhost(TOPOLOGY, python=python_without_packages, env={'PYTHONPATH': str(LIBRARY)})
    assert (run.status, run.out) == (4, ''), run.err
    assert "No module named 'pystorm'" in run.err
