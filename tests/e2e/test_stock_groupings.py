"""Every grouping between components on stock libraries: a spout on storm.py, and three tasks a bolt on storm.py, storm.rb and storm.js."""

from __future__ import annotations

import signal
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness import Run, Stormhost
from stock_libraries import STORM_JS, STORM_PY, STORM_RB, component, lay_out

ROWS = 90
GROUPINGS = {
    "all": (STORM_RB, "AllGrouping(source)"),
    "direct": (STORM_PY, "DirectGrouping(source.Chosen)"),
    "fields": (STORM_JS, "FieldsGrouping(source, 'key')"),
    "local": (STORM_RB, "LocalOrShuffleGrouping(source)"),
    "lowest": (STORM_RB, "GlobalGrouping(source)"),
    "none": (STORM_RB, "NoneGrouping(source)"),
    "partial": (STORM_RB, "PartialKeyGrouping(source, 'key')"),
    "shuffle": (STORM_RB, "ShuffleGrouping(source)"),
}


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory, home: Path) -> Iterator[Run]:
    """A run with all groupings at once."""
    stormhost = Stormhost(tmp_path_factory.mktemp("groupings"), home)
    lay_out(stormhost)
    streams = {"warm": "nothing", "chosen": {"fields": ("key", "n"), "direct": True}}
    source = component("source", STORM_PY, str(ROWS), fields=("key", "n"), streams=streams, spout=True)
    lines = ["class T(Topology):", f"    source = {source}"]
    for name, (library, grouping) in GROUPINGS.items():
        lines.append(f"    {name} = {component('see', library, parallelism=3)}")
        lines.append(f"    {name}.inputs.append(AllGrouping(source.Warm))")
        lines.append(f"    {name}.inputs.append({grouping})")
    run = stormhost.start("\n".join(lines))
    run.until(lambda: len(run.noted("acked")) == ROWS, "every row to be acked")
    run.signal(signal.SIGINT)
    run.ends_with(130)
    yield run
    assert not stormhost.clean_up()


def got(run: Run, component: str) -> dict[int, list[tuple[int, int]]]:
    """The rows that each task of a component got, in order."""
    by_task: dict[int, list[tuple[int, int]]] = {}
    for name, task, stream, *row in run.noted("saw"):
        if name == component and stream != "warm":
            by_task.setdefault(task, []).append((row[0], row[1]))
    return by_task


EACH = [(n % 10, n) for n in range(ROWS)]


def test_ids_of_any_kind_come_back(run: Run) -> None:
    # 0 is an id, too.
    assert sorted(run.noted("acked")) == list(range(ROWS))


@pytest.mark.parametrize("name", ["shuffle", "local"])
def test_shuffle_and_local_are_even(run: Run, name: str) -> None:
    rows = got(run, name)
    assert sorted(row for part in rows.values() for row in part) == sorted(EACH)
    assert sorted(len(part) for part in rows.values()) == [ROWS // 3] * 3


def test_none_goes_anywhere(run: Run) -> None:
    rows = got(run, "none")
    assert sorted(row for part in rows.values() for row in part) == sorted(EACH) and len(rows) == 3


def test_fields_send_a_key_to_one_task(run: Run) -> None:
    rows = got(run, "fields")
    assert sorted(row for part in rows.values() for row in part) == sorted(EACH)
    homes = Counter(key for part in rows.values() for key in {key for key, _ in part})
    assert set(homes.values()) == {1} and len(rows) > 1


def test_all_sends_a_copy_to_every_task(run: Run) -> None:
    assert list(got(run, "all").values()) == [EACH] * 3


def test_global_sends_all_to_the_lowest_task(run: Run) -> None:
    lowest = min(task for name, task, *_ in run.noted("saw") if name == "lowest")
    assert got(run, "lowest") == {lowest: EACH}


def test_partial_key_splits_a_key_over_two_tasks_at_most(run: Run) -> None:
    rows = got(run, "partial")
    assert sorted(row for part in rows.values() for row in part) == sorted(EACH)
    homes = Counter(key for part in rows.values() for key in {key for key, _ in part})
    assert max(homes.values()) <= 2


def test_direct_sends_where_the_emitter_says(run: Run) -> None:
    rows = got(run, "direct")
    assert [rows[task] for task in sorted(rows)] == [[row for row in EACH if row[1] % 3 == rest] for rest in range(3)]


def test_the_emitter_was_told_every_task_that_got_its_tuple(run: Run) -> None:
    by_row: dict[int, list[int]] = {}
    for name, task, stream, *row in run.noted("saw"):
        if stream == "default" and name != "direct":
            by_row.setdefault(row[1], []).append(task)
    told = dict(run.noted("told"))
    assert {n: sorted(tasks) for n, tasks in told.items()} == {n: sorted(tasks) for n, tasks in by_row.items()}
