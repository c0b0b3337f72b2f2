"""Components on the libraries of others, unmodified, spouts too.

They are Storm's own for Python, Ruby and JavaScript, pystorm in both serializers, and node-storm.
The components are in tests/stock. A spout on these libraries never says that it is through, so a signal ends each run.
"""

from __future__ import annotations

import signal
from collections import Counter

import pytest

from harness import Stormhost
from stock_libraries import (
    ALL,
    NODE_STORM,
    PYSTORM,
    PYSTORM_MSGPACK,
    STORM_JS,
    STORM_PY,
    STORM_RB,
    Library,
    component,
    lay_out,
)
from texts import counted, write_text


@pytest.mark.parametrize(
    ("spout", "split", "count"),
    [
        *((library, library, library) for library in ALL),
        (STORM_PY, PYSTORM_MSGPACK, STORM_RB),
        (PYSTORM_MSGPACK, STORM_JS, PYSTORM),
        (STORM_RB, NODE_STORM, STORM_JS),
    ],
    ids=str,
)
def test_stock_components_count_words(
    stormhost: Stormhost, spout: Library, split: Library, count: Library
) -> None:
    lay_out(stormhost)
    sentences = 300
    text = write_text(stormhost.folder / "text", sentences)
    run = stormhost.start(
        f"""
class T(Topology):
    lines = {component("spout", spout, str(text), fields="line", spout=True)}
    split = {component("split", split, fields="word", parallelism=2)}
    count = {component("count", count, parallelism=2)}
    split.inputs.append(ShuffleGrouping(lines))
    count.inputs.append(FieldsGrouping(split, 'word'))
"""
    )
    run.until(lambda: len(run.noted("acked")) >= sentences, "every line to be acked")
    run.signal(signal.SIGINT)
    run.ends_with(130)
    assert Counter(run.noted("acked")) == {f"line {number}": 1 for number in range(sentences)}
    assert run.noted("failed") == []
    assert Counter(run.noted("word")) == counted(text)
    run.nothing_is_left()


def test_a_stock_spout_is_told_of_fails_by_its_own_ids(stormhost: Stormhost) -> None:
    lay_out(stormhost)
    text = write_text(stormhost.folder / "text", 10)
    run = stormhost.start(
        f"""
class Fails(AutoAckBolt):
    def execute(self, input):
        self.fail(input, 'no')

class T(Topology):
    lines = {component("spout", STORM_PY, str(text), fields="line", spout=True)}
    fails = Fails()
    fails.inputs.append(ShuffleGrouping(lines))
""",
        "--for",
        "60s",
    )
    run.until(lambda: len(run.noted("failed")) >= 10, "ten fails")
    run.signal(signal.SIGTERM)
    run.ends_with(143)
    assert sorted(run.noted("failed")) == sorted(f"line {number}" for number in range(10))


def test_a_run_with_a_stock_spout_ends_when_its_time_is_up(stormhost: Stormhost) -> None:
    lay_out(stormhost)
    text = write_text(stormhost.folder / "text", 10)
    run = stormhost.run(
        f"""
class T(Topology):
    lines = {component("spout", PYSTORM_MSGPACK, str(text), fields="line", spout=True)}
    see = Noter()
    see.inputs.append(ShuffleGrouping(lines))
""",
        "--for",
        "3s",
    )
    assert sorted(run.noted("acked")) == sorted(f"line {number}" for number in range(10))
