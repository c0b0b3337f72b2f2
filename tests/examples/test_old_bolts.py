"""`examples/old_bolts`: bolts on storm.py, storm.rb, storm.js, node-storm, and pystorm in JSON and MessagePack, in one topology with ours."""

import re
import shutil
from collections import Counter

import pytest
from repository import ROOT

FOLDER = ROOT / 'examples' / 'old_bolts'
COMMON = {'a', 'and', 'of', 'the', 'to', 'it', 'in', 'was', 'that'}
# Where tests/prepare.sh puts the libraries; a user has them beside the bolts.
LIBRARY = ROOT / 'target' / 'multilang'


def expected():
    words = re.findall(r'[a-z]+', (FOLDER / 'sentences.txt').read_text().lower())
    counts = Counter(word for word in words if word not in COMMON and len(word) > 2)
    return [f'{word}\t{count}\t{len(word)}' for word, count in sorted(counts.items(), key=lambda item: (-item[1], item[0]))]


@pytest.fixture
def topology(tmp_path):
    """The example as a user has it, with the libraries fetched."""
    folder = shutil.copytree(FOLDER, tmp_path / 'old_bolts', ignore=shutil.ignore_patterns('storm.??', 'node_modules'))
    for library in LIBRARY.glob('storm.??'):
        shutil.copy(library, folder / 'resources')
    (folder / 'resources' / 'node_modules').symlink_to(LIBRARY / 'node_modules')
    return folder / 'topology.py'


def test_old_and_new_count_together(stormhost, topology):
    run = stormhost(topology)
    assert (run.status, run.out.splitlines()) == (0, expected()), run.err


def test_a_missing_library_is_named(stormhost, topology, python_without_packages):
    run = stormhost(topology, python=python_without_packages)
    assert (run.status, run.out) == (4, ''), run.err
    assert "No module named 'pystorm'" in run.err
