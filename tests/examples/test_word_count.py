"""`examples/word_count` counts as a pipeline of Unix tools does, which its README names."""

import subprocess
import sys

from repository import ROOT, commands

FOLDER = ROOT / 'examples' / 'word_count'
TOPOLOGY = 'word_count/topology.py'


def counted_by_tools(pattern):
    """What the README's pipeline prints, all of it, for these files."""
    pipeline = commands(FOLDER / 'README.md', 'tr -cs').strip().removesuffix('| head -20')
    pipeline = pipeline.replace('examples/word_count/texts/*.txt', pattern)
    ran = subprocess.run(['sh', '-c', pipeline], cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True)
    return ran.stdout.splitlines()


def as_table(lines):
    """Lines of `uniq -c` as the file with all counts has them."""
    return ''.join('\t'.join(line.split()) + '\n' for line in lines)


def test_the_carried_texts_are_counted(stormhost, tmp_path):
    expected = counted_by_tools('examples/word_count/texts/*.txt')
    assert len(expected) > 1000, 'the texts have a varied vocabulary'
    run = stormhost(TOPOLOGY)
    assert (run.status, run.out.splitlines()) == (0, expected[:20]), run.err
    assert (tmp_path / 'word_counts.tsv').read_text() == as_table(expected)


def test_nothing_needs_to_be_installed(stormhost, python_without_packages):
    assert python_without_packages != sys.executable, 'run the tests in a virtual environment'
    run = stormhost(TOPOLOGY, python=python_without_packages)
    assert (run.status, run.out.splitlines()) == (0, counted_by_tools('examples/word_count/texts/*.txt')[:20]), run.err


def test_files_of_any_bytes_are_counted(stormhost, tmp_path):
    rough = tmp_path / 'rough.txt'
    rough.write_bytes(
        'Zoë saw a café; Zoë left.\r\n'.encode()
        + 'Stra\xdfe caf\xe9 na\xefve\n'.encode('latin-1')
        + b'nul\0nul \xff\xfe don\'t STOP_stop\n\n\n'
        + b'a' * 100_000
        + b' no newline at the end'
    )
    empty = tmp_path / 'empty.txt'
    empty.touch()
    counts = tmp_path / 'elsewhere.tsv'
    expected = counted_by_tools(f'{rough} {empty}')
    run = stormhost(TOPOLOGY, '--counts', counts, rough, empty)
    assert (run.status, run.out.splitlines()) == (0, expected[:20]), run.err
    assert counts.read_text() == as_table(expected)


def test_no_words_are_no_lines(stormhost, tmp_path):
    empty = tmp_path / 'empty.txt'
    empty.touch()
    run = stormhost(TOPOLOGY, empty)
    assert (run.status, run.out) == (0, ''), run.err
    assert (tmp_path / 'word_counts.tsv').read_text() == ''


def test_a_file_that_is_not_there_ends_the_run_at_once(stormhost, tmp_path):
    run = stormhost(TOPOLOGY, tmp_path / 'missing.txt')
    assert (run.status, run.out) == (4, ''), run.err
    assert 'missing.txt' in run.err
    assert 'lines' in run.err
