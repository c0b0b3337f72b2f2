"""Who gets what: each grouping, shown by the ids of the tasks that received.

The spout first sends one tuple to every task and waits for its ack, so all tasks are up when the counting begins.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from harness import Run, Stormhost

SOURCE = """
class Source(Spout):
    class Default(Stream):
        fields = 'key', 'n'
    class Warm(Stream):
        fields = 'nothing'
    class Chosen(Stream):
        fields = 'key', 'n'
        direct = True
    ready = False
    def next_tuple(self):
        if not hasattr(self, 'warming'):
            self.warming = True
            self.emit(None, stream='warm', id='warm')
        if not self.ready:
            return
        self.rows()
        self.done()
    def rows(self):
        for n in range(1000):
            self.emit((n % 10, n), id=n)
    def ack(self, id):
        if id == 'warm':
            self.ready = True
        else:
            note('acked', id)

class See(AutoAckBolt):
    def execute(self, input):
        if input.meta.stream != 'warm':
            note('saw', self.task_id, input.key, input.n)
"""


def received(run: Run) -> dict[int, list[Any]]:
    """The rows that each task got, in order."""
    by_task: dict[int, list[Any]] = {}
    for task, *row in run.noted("saw"):
        by_task.setdefault(task, []).append(tuple(row))
    return by_task


def group(stormhost: Stormhost, grouping: str, tasks: int = 4, source: str = SOURCE) -> dict[int, list[Any]]:
    """Who got what of a thousand rows."""
    run = stormhost.run(
        source
        + f"""
class T(Topology):
    a = See({tasks})            # tasks 1 to {tasks}: ids count over the names in alphabetical order
    source = Source()
    a.inputs.append(AllGrouping(source.Warm))
    a.inputs.append({grouping})
"""
    )
    assert sorted(run.noted("acked")) == list(range(1000))
    return received(run)


ROWS = [(n % 10, n) for n in range(1000)]


@pytest.mark.parametrize("grouping", ["ShuffleGrouping(source)", "LocalOrShuffleGrouping(source)"])
def test_shuffle_and_local_are_even(stormhost: Stormhost, grouping: str) -> None:
    got = group(stormhost, grouping)
    assert sorted(row for rows in got.values() for row in rows) == sorted(ROWS)
    assert {task: len(rows) for task, rows in got.items()} == {1: 250, 2: 250, 3: 250, 4: 250}


def test_none_goes_anywhere(stormhost: Stormhost) -> None:
    got = group(stormhost, "NoneGrouping(source)")
    assert sorted(row for rows in got.values() for row in rows) == sorted(ROWS)
    assert all(150 < len(rows) < 350 for rows in got.values()) and len(got) == 4


def test_fields_sends_a_key_to_one_task_always(stormhost: Stormhost) -> None:
    got = group(stormhost, "FieldsGrouping(source, 'key')")
    assert sorted(row for rows in got.values() for row in rows) == sorted(ROWS)
    homes = {key: {task for task, rows in got.items() if any(k == key for k, _ in rows)} for key in range(10)}
    assert all(len(tasks) == 1 for tasks in homes.values()), homes
    assert len(got) > 1, "ten keys are spread over several tasks"


def test_fields_sends_whole_floats_where_integers_go(stormhost: Stormhost) -> None:
    # Each key from 0 to 9 comes as an integer and as a float in turn.
    keys = SOURCE.replace("(n % 10, n)", "((int if n % 2 else float)(n // 2 % 10), n)")
    got = group(stormhost, "FieldsGrouping(source, 'key')", source=keys)
    homes = {key: {task for task, rows in got.items() if any(k == key for k, _ in rows)} for key in range(10)}
    assert all(len(tasks) == 1 for tasks in homes.values()), homes


def test_all_sends_a_copy_to_every_task(stormhost: Stormhost) -> None:
    got = group(stormhost, "AllGrouping(source)", tasks=3)
    assert sorted(got) == [1, 2, 3]
    assert all(rows == ROWS for rows in got.values()), "each got all, in order"


def test_global_sends_all_to_the_lowest_task(stormhost: Stormhost) -> None:
    assert group(stormhost, "GlobalGrouping(source)") == {1: ROWS}


def test_partial_key_splits_a_key_over_two_tasks_at_most(stormhost: Stormhost) -> None:
    skewed = SOURCE.replace("self.emit((n % 10, n), id=n)", "self.emit((0 if n % 2 else n % 20, n), id=n)")
    got = group(stormhost, "PartialKeyGrouping(source, 'key')", source=skewed)
    homes: dict[int, Counter[int]] = {}
    for task, rows in got.items():
        for key, _ in rows:
            homes.setdefault(key, Counter())[task] += 1
    assert all(len(tasks) <= 2 for tasks in homes.values()), homes
    assert len(homes[0]) == 2, "the frequent key is shared by two"
    assert sum(len(rows) for rows in got.values()) == 1000


def test_direct_sends_where_the_emitter_says(stormhost: Stormhost) -> None:
    direct = SOURCE.replace("self.emit((n % 10, n), id=n)", "self.emit((n % 10, n), stream='chosen', direct_task=1 + n % 3, id=n)")
    got = group(stormhost, "DirectGrouping(source.Chosen)", source=direct)
    assert got == {task: [row for row in ROWS if 1 + row[1] % 3 == task] for task in (1, 2, 3)}


def test_an_emitter_is_told_which_tasks_got_its_tuple(stormhost: Stormhost) -> None:
    asking = SOURCE.replace("self.emit((n % 10, n), id=n)", "note('told', n, self.emit((n % 10, n), id=n, need_task_ids=True))").replace(
        "range(1000)", "range(30)"
    )
    run = stormhost.run(
        asking
        + """
class T(Topology):
    a = See(3)
    b = See(2)
    source = Source()
    for bolt in (a, b):
        bolt.inputs.append(AllGrouping(source.Warm))
    a.inputs.append(ShuffleGrouping(source))
    b.inputs.append(FieldsGrouping(source, 'key'))
"""
    )
    got: dict[int, list[int]] = {}
    for task, _, n in run.noted("saw"):
        got.setdefault(n, []).append(task)
    assert {n: sorted(tasks) for n, tasks in got.items()} == {n: sorted(tasks) for n, tasks in run.noted("told")}
    assert all(len(tasks) == 2 for tasks in got.values())


def test_streams_are_apart(stormhost: Stormhost) -> None:
    run = stormhost.run(
        """
class Sorter(AutoAckBolt):
    class Default(Stream):
        fields = 'n'
    class LateOnes(Stream):
        fields = 'n', 'why'
    class Unheard(Stream):
        fields = 'n'
    def execute(self, input):
        if input.n % 2:
            self.emit((input.n, 'odd'), stream='late_ones')
        else:
            self.emit(input.n)
        self.emit(input.n, stream=self.Unheard)

class T(Topology):
    numbers = Numbers(1, 100)
    sorter = Sorter(2)
    even = Noter()
    late = Noter()
    sorter.inputs.append(ShuffleGrouping(numbers))
    even.inputs.append(ShuffleGrouping(sorter))
    late.inputs.append(ShuffleGrouping(sorter.LateOnes))
"""
    )
    assert sorted(run.noted("acked")) == list(range(100))
    even, late = 1, 2
    assert sorted(row[1:] for row in run.noted("saw") if row[0] == even) == [(n,) for n in range(0, 100, 2)]
    assert sorted(row[1:] for row in run.noted("saw") if row[0] == late) == [(n, "odd") for n in range(1, 100, 2)]
