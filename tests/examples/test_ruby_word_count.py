"""`examples/ruby_word_count` counts as the Python one does, and its bolts can be tried out as its README says."""

import subprocess

from repository import ROOT, commands
from test_word_count import as_table, counted_by_tools

FOLDER = ROOT / 'examples' / 'ruby_word_count'
TOPOLOGY = 'ruby_word_count/topology.rb'


def test_the_carried_texts_are_counted(stormhost, tmp_path):
    expected = counted_by_tools('examples/word_count/texts/*.txt')
    run = stormhost(TOPOLOGY)
    assert (run.status, run.out.splitlines()) == (0, expected[:20]), run.err
    assert (tmp_path / 'word_counts.tsv').read_text() == as_table(expected)


def test_other_texts_are_counted(stormhost, tmp_path):
    rough = tmp_path / 'rough.txt'
    rough.write_bytes('Zoë saw a café; Zoë left.\r\n'.encode() + 'na\xefve\n'.encode('latin-1') + b"don't STOP_stop\n\n\nno newline")
    counts = tmp_path / 'elsewhere.tsv'
    run = stormhost(TOPOLOGY, '--counts', counts, rough)
    assert (run.status, run.out.splitlines()) == (0, counted_by_tools(str(rough))[:20]), run.err


def test_the_bolts_are_tried_out_as_the_readme_says():
    command = commands(FOLDER / 'README.md', 'test.rb')
    ran = subprocess.run(['sh', '-c', command], cwd=ROOT, capture_output=True, text=True)
    assert ran.returncode == 0 and '0 failures, 0 errors' in ran.stdout, ran.stdout + ran.stderr
