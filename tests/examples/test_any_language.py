"""`examples/any_language`: bolts in Perl, Go and JavaScript count the words of `examples/old_bolts`."""

import re
import shutil
from collections import Counter

from repository import ROOT

EXAMPLES = ROOT / 'examples'
# Where tests/prepare.sh puts storm.js, and builds the bolt in Go for the first time, which takes longest.
STORM_JS, GO_CACHE = ROOT / 'target' / 'multilang' / 'storm.js', ROOT / 'target' / 'go-cache'


def test_perl_go_and_javascript_count_together(stormhost, tmp_path):
    for example in ('any_language', 'old_bolts'):
        shutil.copytree(EXAMPLES / example, tmp_path / example)
    shutil.copy(STORM_JS, tmp_path / 'any_language' / 'resources')
    run = stormhost(tmp_path / 'any_language' / 'topology.py', env={'GOCACHE': str(GO_CACHE)})
    words = Counter(re.findall(r'[a-z]+', (EXAMPLES / 'old_bolts' / 'sentences.txt').read_text().lower()))
    expected = [f'{word}\t{count}' for word, count in sorted(words.items(), key=lambda item: (-item[1], item[0]))]
    assert (run.status, run.out.splitlines()) == (0, expected), run.err


def test_bolts_without_a_library_are_short():
    for bolt in ('split.pl', 'count.go'):
        assert len((EXAMPLES / 'any_language' / 'resources' / bolt).read_text().splitlines()) < 60
