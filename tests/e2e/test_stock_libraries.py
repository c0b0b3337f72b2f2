"""Components on the libraries of others, unmodified, spouts too: Storm's own `storm.py`, and pystorm in both serializers.

The components are in tests/stock. A spout on these libraries never says that it is through, so a signal ends each run.
"""

from __future__ import annotations

import signal
from collections import Counter

import pytest

from harness import REPOSITORY, TESTS, Stormhost
from texts import counted, write_text

STORM = ("storm", "json")
PYSTORM = ("pystorm", "json")
PYSTORM_MSGPACK = ("pystorm", "msgpack")


def component(role: str, library: tuple[str, str], *arguments: str, **others: object) -> str:
    """The declaration of a stock component."""
    name, serializer = library
    words = ["python", str(TESTS / "stock" / f"{name}_{role}.py"), *arguments, *([serializer] if name == "pystorm" else [])]
    keywords = {"serializer": serializer, "env": {"PYTHONPATH": str(REPOSITORY / "target" / "multilang")}, **others}
    return f"Process({', '.join(map(repr, words))}, {', '.join(f'{key}={value!r}' for key, value in keywords.items())})"


@pytest.mark.parametrize(
    ("spout", "split", "count"),
    [
        (STORM, STORM, STORM),
        (PYSTORM, PYSTORM, PYSTORM),
        (PYSTORM_MSGPACK, PYSTORM_MSGPACK, PYSTORM_MSGPACK),
        (STORM, PYSTORM_MSGPACK, STORM),
        (PYSTORM_MSGPACK, STORM, PYSTORM),
    ],
    ids=lambda library: "-".join(library),
)
def test_stock_components_count_words(
    stormhost: Stormhost, spout: tuple[str, str], split: tuple[str, str], count: tuple[str, str]
) -> None:
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
    text = write_text(stormhost.folder / "text", 10)
    run = stormhost.start(
        f"""
class Fails(AutoAckBolt):
    def execute(self, input):
        self.fail(input, 'no')

class T(Topology):
    lines = {component("spout", STORM, str(text), fields="line", spout=True)}
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
