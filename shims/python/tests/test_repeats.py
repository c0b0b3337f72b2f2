"""Values that repeat, and what goes with a frame: no tuple may see what is done to another one's, nor be lost."""

import gc
import json
import sys
from pathlib import Path
from struct import pack

import host as wire
import pytest
from conftest import source, stream

from stormhost._accelerator import load
from stormhost._rows import native_kind
from stormhost._values import EmitError

COMPONENTS = Path(__file__).with_name("repeating.py")
DOCUMENT = {"name": "a document with a longish title", "tags": [], "inner": {}}
LIST = [["a list that is long enough to be"], "repeated"]
REPEAT = b"\xc1"


def columns(encode, rows, repeats):
    """The columns of these rows as the host sends them."""
    made = []
    for column in zip(*rows):
        if not repeats:
            made.append(encode(list(column)))
            continue
        assert len(column) < 16
        data, before = REPEAT + bytes([0x90 | len(column)]), None
        for value in map(encode, column):
            data += REPEAT if value == before else value
            before = value
        made.append(data)
    return made


def tuples(made, rows, task=1):
    return pack("<IHHII", 1, 0, len(made), rows, task) + b"".join(pack("<I", len(data)) + data for data in made)


@pytest.mark.parametrize("offered", [True, False])
def test_no_tuple_sees_what_another_one_changed(child, monkeypatch, offered):
    host = child("changing", file=COMPONENTS)
    write = host.write

    def offering(data):
        setup = json.loads(data[: -len(b"\nend\n")])
        setup["stormhost"]["repeats"] = offered
        write(json.dumps(setup).encode() + b"\nend\n")

    monkeypatch.setattr(host, "write", offering)
    host.setup("bolt", inputs=[source("doc", "list")], outputs=[stream("default", "seen")])
    monkeypatch.undo()
    other = {**DOCUMENT, "name": "another document, which has a title too"}
    rows = [(DOCUMENT, LIST)] * 3 + [(other, LIST)] * 2 + [(DOCUMENT, LIST)]
    repeats = host.hello["stormhost"].get("repeats", False)
    for _ in range(2):  # frames
        host.frame(b"T", tuples(columns(host.encode, rows, repeats), len(rows)))
        host.sent += len(rows)
    host.until_consumed()
    assert [seen for (seen,) in host.values] == [repr(row) for row in rows] * 2


native = pytest.mark.skipif("native" not in wire.CODECS, reason="the accelerator has not been built")
VALUES = [
    DOCUMENT,
    LIST,
    [],
    {},
    [[[]]],
    [None] * 20,
    {str(n): n for n in range(20)},
    [None] * 70_000,
    {str(n): n for n in range(70_000)},
]
UNCHANGING = ["a text that is long enough to be repeated", "short", "x" * 300, "x" * 70_000, 1 << 60, 1.5]


def executed(rows, execute):
    """Has the accelerator execute rows that come with repeats."""
    native = load()
    results = native.Rows([(0, 1, False)], True, False, 64 << 20)
    kind = native_kind("source", "default", [f"f{n}" for n in range(len(rows[0]))], native)

    def failed(id, error):
        raise error

    loop = native.BoltLoop(results, [kind], True, lambda: None, failed, None)
    loop.tuples(tuples(columns(native.encode, rows, True), len(rows)), execute)


@native
@pytest.mark.parametrize("value", VALUES, ids=lambda value: repr(value)[:20])
def test_a_list_or_map_that_repeats_is_another_one_each_time(value):
    kept = []

    def execute(row):
        kept.append(row.f0)
        assert row.f0 == value
        if isinstance(row.f0, list):
            row.f0.append("seen")
        else:
            row.f0["seen"] = []

    executed([(value, "beside")] * 5, execute)
    assert len({id(value) for value in kept}) == 5


@native
@pytest.mark.parametrize("value", UNCHANGING, ids=lambda value: repr(value)[:20])
def test_what_cannot_change_is_the_same_each_time(value):
    kept = []
    executed([(value,)] * 5, lambda row: kept.append(row.f0))
    assert kept == [value] * 5
    assert len({id(value) for value in kept}) == 1


@native
def test_repeats_of_several_kinds_in_one_column():
    kept = []
    rows = [(value,) for value in (LIST, LIST, UNCHANGING[0], UNCHANGING[0], DOCUMENT, DOCUMENT, LIST, None, None)]
    executed(rows, lambda row: kept.append(row.f0))
    assert [(value,) for value in kept] == rows


@native
def test_bytes_that_repeat():
    native, kept = load(), []
    kind = native_kind("source", "default", ["f0"], native)
    loop = native.BoltLoop(native.Rows([(0, 1, False)], True, False, 64 << 20), [kind], True, lambda: None, None, None)
    loop.tuples(tuples([REPEAT + b"\x92\xc4\x03abc" + REPEAT], 2), lambda row: kept.append(row.f0))
    assert kept == [b"abc", b"abc"]


@native
def test_nothing_leaks_where_lists_repeat():
    native = load()
    kind = native_kind("source", "default", ["doc", "list"], native)
    rows = native.Rows([(0, 1, False)], True, False, 64 << 20)
    loop = native.BoltLoop(rows, [kind], True, lambda: None, None, None)
    frame = tuples(columns(native.encode, [(DOCUMENT, LIST)] * 15, True), 15)

    def blocks():
        for _ in range(100):
            loop.tuples(frame, lambda row: row.list.append(row.doc))
            rows.take(False, False, b"", rows.through)
        gc.collect()
        return sys.getallocatedblocks()

    blocks()  # caches fill
    before = blocks()
    assert blocks() - before < 100  # of 1,500 rows


@native
@pytest.mark.parametrize("task", [True, -1, 1 << 32, 1.5, "3", None, [3]])
def test_a_task_that_is_no_number_is_refused(task):
    native = load()
    rows = native.Rows([(0, 1, False)], True, False, 64 << 20)
    stream = native.Stream(rows, 0, 1, True, list, None, None)
    with pytest.raises(EmitError, match=r"direct_task is the number of a task, not .*\[SH0603\]"):
        stream.add(1, task, (), None)
    assert len(rows) == 0
    assert stream.add(1, 7, (), None)
    assert rows.take(False, False, b"", 0).endswith(pack("<II", 0, 7))  # no marks, and where it goes


@native
def test_what_is_no_extra_is_told_even_if_it_is_false():
    native, special = load(), []
    rows = native.Rows([(0, 1, False), (0, 1, True)], False, False, 64 << 20)
    plain, tracked = (native.Stream(rows, block, 1, True, list, None, None) for block in (0, 1))

    def slow(*arguments):
        special.append(arguments)

    emits = {
        plain.emit(slow): [(), (None, None), (None, None, None, False), (None, None, None, None), (None, False)],
        plain.emit_tracked(slow, tracked): [(), (False,), (None, None, None, False), (5, None, None, False)],
    }
    for emit, fast in emits.items():
        for extras in fast:
            emit("a", *extras)
            assert special == []
        for extras in [(None, None, False), (0, None, False), (None, None, None, 0), (None, None, None, True)]:
            emit("a", *extras)
            assert special.pop() == ("a", *extras)
    plain.emit(slow)("a", False)
    assert special.pop() == ("a", False)
    plain.emit_tracked(slow, tracked)("a", None, False)
    assert special.pop() == ("a", None, False)
