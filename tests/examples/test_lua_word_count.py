"""`examples/lua_word_count` counts as the other word count does, and as a pipeline of Unix tools."""

import pytest
from test_word_count import counted_by_tools

TOPOLOGY = 'lua_word_count/topology.lua'


@pytest.mark.parametrize('lua', ['lua5.4', 'luajit'])
def test_the_carried_texts_are_counted(stormhost, lua):
    expected = counted_by_tools('examples/word_count/texts/*.txt')
    run = stormhost(TOPOLOGY, options=['--lua', lua])
    assert (run.status, run.out.splitlines()) == (0, expected[:20]), run.err


def test_files_of_any_bytes_are_counted(stormhost, tmp_path):
    rough = tmp_path / 'rough.txt'
    rough.write_bytes('Zoë saw a café; Zoë left.\r\n'.encode() + b"Stra\xdfe nul\0nul \xff\xfe don't STOP_stop\n\n" + b'a' * 100_000)
    run = stormhost(TOPOLOGY, rough)
    assert (run.status, run.out.splitlines()) == (0, counted_by_tools(str(rough))[:20]), run.err


def test_a_file_that_is_not_there_ends_the_run_at_once(stormhost, tmp_path):
    run = stormhost(TOPOLOGY, tmp_path / 'missing.txt')
    assert (run.status, run.out) == (4, ''), run.err
    assert 'missing.txt' in run.err and 'lines' in run.err
