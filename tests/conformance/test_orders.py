"""A word count of three languages, in all orders of them: Ruby, Lua inside the host, Python.

It counts exactly; and when a child is killed every 200 ms nothing is lost: every line is acked, and every word is seen by a sink that
appends at least as often as it occurs. On a busy machine, where a child needs longer than that to start, the next is killed as soon as
words are written again.
"""

from __future__ import annotations

import itertools
import os
import subprocess
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness import Run, Stormhost, wait_for
from libraries import LIBRARIES, Library
from texts import counted, write_text

LONG = os.environ.get("STORMHOST_LONG") == "1"
# Then the rest of the lines may pass in peace; `STORMHOST_LONG=1` goes on to the end.
KILLS = 10_000 if LONG else 10
LANGUAGES = [next(library for library in LIBRARIES if library.name == name) for name in ("ruby-msgpack", "lua-inside", "python-native")]
ORDERS = [pytest.param(order, id="-".join(library.language.split()[0] for library in order)) for order in itertools.permutations(LANGUAGES)]


@pytest.fixture
def stormhost(tmp_path: Path) -> Iterator[Stormhost]:
    home = tmp_path / "home"
    home.mkdir()
    starter = Stormhost(tmp_path, home)
    yield starter
    left = starter.clean_up()
    assert not left, f"left behind: {left}"


def topology(order: tuple[Library, ...], text: Path, last: tuple[str, ...], **streams: object) -> str:
    """A chain of the three."""
    spout, split, count = order
    return f"""
class WordCount(Topology):
    lines = {spout.declaration("reliable", str(text), fields="line", spout=True)}
    split = {split.declaration("split", fields="word", parallelism=2, inputs="=ShuffleGrouping(lines)")}
    count = {count.declaration(*last, parallelism=2, inputs="=FieldsGrouping(split, 'word')", **streams)}
"""


@pytest.mark.parametrize("order", ORDERS)
def test_the_counts_are_exact_in_every_order(stormhost: Stormhost, order: tuple[Library, ...]) -> None:
    text = write_text(stormhost.folder / "text", 3000)
    source = topology(order, text, ("tally",), fields=("word", "n"))
    run = stormhost.run(f"{source}    show = Print(inputs=ShuffleGrouping(count))\n", within=120)
    rows = [line.split("\t") for line in run.stdout.splitlines()]
    assert {word: int(count) for word, count in rows} == counted(text)
    assert len({word for word, _ in rows}) == len(rows), "a word was counted by two tasks"
    assert run.noted("acks") == [(3000, 1, 1)]


@pytest.mark.parametrize("order", ORDERS)
def test_a_kill_every_200_ms_loses_nothing_in_any_order(stormhost: Stormhost, order: tuple[Library, ...]) -> None:
    lines = 400_000 if LONG else 160_000
    text, sink = write_text(stormhost.folder / "text", lines), stormhost.folder / "sink"
    run = stormhost.start(topology(order, text, ("write", str(sink))))
    size = kills = 0

    def written() -> bool:
        return run.status is not None or (sink.exists() and sink.stat().st_size > size)

    while kills < KILLS and not over(run, 0.2):
        wait_for(written, "words to be written", within=120)
        size = sink.stat().st_size
        kills += run.kill_some(["split", "write"]) is not None
    run.ends_with(0, within=600)
    run.nothing_is_left(within=10)
    assert kills >= 4, "the run was over before it was disturbed"
    seen, expected = Counter(sink.read_text().split()), counted(text)
    assert {word: count for word, count in expected.items() if seen[word] < count} == {}, "each word was seen often enough"
    assert set(seen) == set(expected)
    assert run.noted("acks") == [(lines, 1, 1)], "each line was acked, once"
    assert run.noted("failed otherwise") == [], "no tuple failed but by a death"


def over(run: Run, seconds: float) -> bool:
    """Whether the run ends within this time."""
    try:
        run.popen.wait(seconds)
    except subprocess.TimeoutExpired:
        return False
    return True
