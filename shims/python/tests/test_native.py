"""What only the native accelerator can get wrong: memory, bytes, threads, loading. The rest is tested as a codec."""

import gc
import random
import sys
from struct import pack, unpack_from

import host as wire
import pytest
from conftest import source, stream

from stormhost._accelerator import CannotLoad, _unfit, load
from stormhost._rows import native_kind

pytestmark = pytest.mark.skipif("native" not in wire.CODECS, reason="the accelerator has not been built")

WHAT = [source("what")]
SAID = [stream("default", "said")]
LENGTHS = [0, 1, 3, 4, 7, 8, 9, 15, 16, 17, 23, 24, 25, 31, 32, 255, 256, 65535, 65536]
VALUES = [
    *(sign * (1 << power) + near for power in range(63) for near in (-1, 0, 1) for sign in (1, -1)),
    *(-(1 << 63), (1 << 63) - 1, 1 << 63, (1 << 64) - 1),
    *("é"[: n % 2] + "x" * n for n in LENGTHS),
    *([None] * n for n in LENGTHS),
    *({str(key): key for key in range(n)} for n in LENGTHS),
    *(0.0, -0.0, 1.5, 1e300, 5e-324, True, False, None, "", "\0", "😀", {"a": [{"b": (1, [2])}]}),
]


@pytest.fixture
def codec():
    return "native"


@pytest.fixture
def native():
    return load()


def plain(value):
    """Tuples arrive as lists."""
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    return {key: plain(item) for key, item in value.items()} if isinstance(value, dict) else value


def test_bytes_are_those_of_another_library(native):
    msgspec = pytest.importorskip("msgspec")
    for value in VALUES:
        assert native.encode(value) == msgspec.msgpack.encode(value), repr(value)[:100]


def test_every_form_is_read(native):
    for value in VALUES:
        read = native.decode(native.encode(value))
        assert repr(read) == repr(plain(value))
    forms = {
        b"\xcc\x05": 5, b"\xcd\x00\x05": 5, b"\xce\x00\x00\x00\x05": 5, b"\xcf" + bytes(7) + b"\x05": 5,
        b"\xd0\xff": -1, b"\xd1\xff\xff": -1, b"\xd2\xff\xff\xff\xff": -1, b"\xd3" + b"\xff" * 8: -1,
        b"\xca\x3f\xc0\x00\x00": 1.5, b"\xd9\x01a": "a", b"\xda\x00\x01a": "a", b"\xdb\x00\x00\x00\x01a": "a",
        b"\xc4\x01a": b"a", b"\xc5\x00\x01a": b"a", b"\xc6\x00\x00\x00\x01a": b"a",
        b"\xdc\x00\x01\x01": [1], b"\xdd\x00\x00\x00\x01\x01": [1],
        b"\xde\x00\x01\x01\x02": {1: 2}, b"\xdf\x00\x00\x00\x01\x01\x02": {1: 2},
    }  # fmt: skip
    for form, value in forms.items():
        assert native.decode(form) == value


def test_what_is_no_messagepack_raises(native):
    whole = native.encode([1, "text", 2.5, {"key": [None, 70000, "é" * 300]}])
    for end in range(len(whole)):
        with pytest.raises(ValueError, match="ends within a value"):
            native.decode(whole[:end])
    for wrong, said in {
        b"\xc1": "c1",
        b"\x01\x01": "1 bytes behind",
        b"\xdd\xff\xff\xff\xff": "ends within",
        b"\xd6\x00\x00\x00\x00\x00": "extension type",
        b"\xa1\xff": "can't decode byte",
        b"\x91" * 2000 + b"\xc0": "deeper than 1024",
    }.items():
        with pytest.raises(ValueError, match=said):
            native.decode(wrong)
    pick = random.Random(5)
    for _ in range(20_000):
        try:
            native.decode(bytes(pick.choices(range(256), k=pick.randint(0, 20))))
        except (ValueError, TypeError):  # or a map whose keys cannot be keys
            pass


def test_only_what_is_plain_to_the_letter_is_encoded(native):
    class Text(str):
        pass

    for value in (Text("a"), b"a", {1: 2}, {Text("a"): 1}, {1}, 1 << 64, float("nan"), "\ud800", [object()]):
        with pytest.raises(TypeError, match="is no plain data"):
            native.encode(value)
    assert native.decode(native.encode("after all that")) == "after all that"


def loop_over(native, execute, fields=("word",), flush=lambda: None):
    """A function that executes the rows that it is given, one column a field, as the loop of a bolt does."""
    rows = native.Rows([(0, 1, False)], True, False, 64 << 20)
    kind = native_kind("source", "default", fields, native)
    failures = []
    loop = native.BoltLoop(rows, [kind], True, flush, lambda id, error: failures.append((id, error)), None)

    def take(*columns):
        payload = pack("<IHHII", 1, 0, len(columns), len(columns[0]), 7)
        for column in columns:
            data = native.encode(column)
            payload += pack("<I", len(data)) + data
        loop.tuples(payload, execute)
        return rows.take(False, False, b"", rows.through)

    take.failures = failures
    return take


def test_rows_that_are_kept_stay_as_they_were(native):
    kept = []
    take = loop_over(native, lambda row: kept.append(row) if len(kept) % 3 or row.n % 2 else None, ("n", "list"))
    numbers = list(range(1000))
    take(numbers, [[n] for n in numbers])
    assert len(kept) > 100
    assert [row.list for row in kept] == [[row.n] for row in kept]
    assert [row.meta.id for row in kept] == [row.n for row in kept]
    assert {row.meta.task for row in kept} == {7}


def test_nothing_leaks(native):
    seen = set()
    column = [{"n": n, "texts": [f"{n}", "x" * 100], "float": n / 3, "large": 10**12 + n} for n in range(500)]

    def execute(row):
        seen.add(id(type(row)))
        if row.word["n"] % 50 == 0:
            _ = [row.word, row.meta, list(row), row == [1], repr(row)]
            raise ValueError("not this one")

    take = loop_over(native, execute)

    def blocks():
        for _ in range(20):
            take(column)
            take.failures.clear()
        gc.collect()
        return sys.getallocatedblocks()

    blocks()  # caches fill
    before = blocks()
    assert blocks() - before < 100  # of 10,000 rows and 60,000 values
    assert len(seen) == 1


def test_references_are_counted_right(native):
    kept = []
    take = loop_over(native, kept.append)
    value = "a text that no cache keeps, since it is long"
    take([value, value])
    first, second = kept
    other = object()
    others = [other]
    assert sys.getrefcount(first) == sys.getrefcount(second) == sys.getrefcount(other)
    assert (
        sys.getrefcount(first.word) == sys.getrefcount(others[0]) - 1
    )  # which has a name beside its place in the list
    kind = type(first)
    before = sys.getrefcount(kind)
    rows = [kind(n, n << 20) for n in range(100)]
    assert sys.getrefcount(kind) == before + 100
    del rows
    assert sys.getrefcount(kind) == before


def test_an_exit_in_execute_is_no_failure(native):
    def execute(row):
        raise SystemExit(3)

    take = loop_over(native, execute)
    with pytest.raises(SystemExit):
        take(["a", "b"])
    assert take.failures == []


def test_no_frame_goes_while_fails_may_be_missing(native):
    rows = native.Rows([(0, 1, False)], True, False, 64 << 20)
    loop = native.BoltLoop(rows, [native_kind("s", "d", [], native)], True, None, None, None)
    through = rows.through
    loop.tuples(pack("<IHHII", 1, 0, 0, 1, 7), lambda row: None)
    assert rows.take(False, False, b"", through) is None
    assert rows.take(False, False, b"", through + 1)[8] == 1


@pytest.mark.parametrize(
    ("payload", "said"),
    [
        (b"", "ends too early"),
        (pack("<IHHII", 1, 0, 1, 1, 7), "ends too early"),
        (pack("<IHHIII", 1, 0, 1, 1, 7, 9) + b"\x91\x01", "ends too early"),
        (pack("<IHHIII", 1, 0, 1, 1, 7, 2) + b"\x91\x01more", "4 bytes behind"),
        (pack("<IHHIII", 1, 0, 1, 2, 7, 2) + b"\x91\x01", "a column of 2 rows holds 1"),
        (pack("<IHHIII", 1, 0, 1, 1, 7, 1) + b"\x01", "a column begins with 01"),
        (pack("<IHHII", 1, 5, 0, 1, 7), "input 5 of a bolt that has fewer"),
        (pack("<IHHII", 1, 0, 0, 1, 7), "0 columns for an input of 1 fields"),
    ],
)
def test_a_frame_that_is_wrong_is_told(native, payload, said):
    rows = native.Rows([(0, 1, False)], True, False, 64 << 20)
    kind = native_kind("source", "default", ["word"], native)
    loop = native.BoltLoop(rows, [kind], True, None, None, None)
    with pytest.raises((RuntimeError, ValueError), match=said):
        loop.tuples(payload, lambda row: None)


def test_bytes_that_may_change_are_refused(native):
    with pytest.raises(BufferError, match="nobody can change"):
        native.decode(bytearray(b"\x01"))


def test_threads_may_emit_at_the_same_time(bolt):
    host = bolt("clumsy", WHAT, SAID)
    host.tuples((0, [["a"], ["threads"]], 1))
    host.until_consumed()
    said = [row.values[0] for row in host.rows]
    for name in "abcd":
        assert [text for text in said if text[0] == name and text[1:]] == [f"{name}{n}" for n in range(3000)]


def test_a_library_that_cannot_be_loaded_is_told_and_done_without(child, monkeypatch, tmp_path):
    broken = tmp_path / "broken.so"
    broken.write_bytes(b"\x7fELF, but no more than that")
    host = child("clumsy", env={"STORMHOST_CODEC": "", "STORMHOST_NATIVE": str(broken)})
    host.setup("bolt", inputs=WHAT, outputs=SAID)
    assert host.hello["stormhost"]["codec"] in ("msgspec", "ormsgpack", "msgpack", "json")
    host.tuples((0, [["a"]], 1))
    host.until_consumed()
    assert host.values == [["a"]]
    (told,) = [m for m in host.messages if m["command"] == "log"]
    assert told["level"] == 1
    assert "native accelerator cannot be loaded" in told["msg"]
    assert "broken.so" in told["msg"]


def test_nothing_is_told_where_there_is_none(child, tmp_path):
    host = child("clumsy", env={"STORMHOST_CODEC": "", "STORMHOST_NATIVE": str(tmp_path / "nothing.so")})
    host.setup("bolt", inputs=WHAT, outputs=SAID)
    host.tuples((0, [["a"]], 1))
    host.until_consumed()
    assert [m for m in host.messages if m["command"] == "log"] == []


def test_where_it_is_asked_for_by_name_it_must_be_there(child, tmp_path):
    broken = tmp_path / "broken.so"
    broken.write_bytes(b"no library")
    host = child("clumsy", env={"STORMHOST_NATIVE": str(broken)})
    with pytest.raises(EOFError):
        host.setup("bolt", inputs=WHAT, outputs=SAID)
    assert "STORMHOST_CODEC=native: the native accelerator cannot be loaded" in host.stderr


def test_pythons_of_another_kind_do_not_try(monkeypatch):
    assert _unfit() is None
    monkeypatch.setattr(sys, "abiflags", "t")
    assert "free-threaded" in _unfit()
    monkeypatch.delitem(sys.modules, "stormhost._native", raising=False)
    with pytest.raises(CannotLoad, match="free-threaded"):
        load()
    monkeypatch.setattr(sys, "abiflags", "")
    monkeypatch.setattr(sys.implementation, "name", "pypy")
    assert "this is pypy" in _unfit()
    monkeypatch.undo()
    monkeypatch.setattr(sys, "getobjects", None, raising=False)
    assert "trace references" in _unfit()


def columns_of(frame):
    """The columns of the only block of a frame of results."""
    at, columns = 8 + 8 + 4 + 4 + 2, []
    count = unpack_from("<H", frame, at + 2)[0]
    at += 12
    for _ in range(count):
        length = unpack_from("<I", frame, at)[0]
        columns.append(frame[at + 4 : at + 4 + length])
        at += 4 + length
    return columns


@pytest.fixture
def repeating(native):
    """`emit`, and what takes the columns that have gathered; the host takes repeats."""
    rows = native.Rows([(0, 2, False)], True, False, 64 << 20, True)
    stream = native.Stream(rows, 0, 2, True, list, None, lambda: None)
    return lambda *row: stream.add(row, 0, (), None), lambda: columns_of(rows.take(False, False, b"", rows.through))


def test_a_text_that_is_emitted_again_is_sent_once(native, repeating):
    emit, take = repeating
    long, other = "a text of more than thirty-two bytes", "another one of more than thirty-two"
    for n, text in enumerate([long, long, other, long, long, long]):
        emit(n, text)
    numbers, texts = take()
    assert numbers == b"\x96\0\1\2\3\4\5"
    once, another = native.encode(long), native.encode(other)
    assert texts == b"\xc1\x96" + once + b"\xc1" + another + once + b"\xc1\xc1"

    kept = []
    loop = native.BoltLoop(
        native.Rows([(0, 1, False)], True, False, 64 << 20),
        [native_kind("source", "default", ["n", "text"], native)],
        True,
        lambda: None,
        None,
        None,
    )
    payload = pack("<IHHII", 1, 0, 2, 6, 7) + b"".join(pack("<I", len(c)) + c for c in (numbers, texts))
    loop.tuples(payload, lambda row: kept.append((row.n, row.text)))
    assert kept == list(enumerate([long, long, other, long, long, long]))
    assert kept[4][1] is kept[3][1] is kept[5][1]


def test_what_may_change_or_is_short_or_very_long_is_sent_each_time(native, repeating):
    emit, take = repeating
    items = ["some text of more than thirty-two bytes"]
    for value in ("short", "x" * 5000, 10**15, None, items, {"a": items}):
        for n in range(3):
            emit(n, value)
            if value is items:
                items.append(n)
        assert not take()[1].startswith(b"\xc1"), value


def test_a_frame_never_begins_with_a_repeat(native, repeating):
    emit, take = repeating
    long = "a text of more than thirty-two bytes"
    once = native.encode(long)
    for _ in range(2):
        emit(1, long)
        emit(2, long)
        assert take()[1] == b"\xc1\x92" + once + b"\xc1"
    # A row that is cut off again does not count as said.
    emit(1, "another text of more than thirty-two bytes")
    with pytest.raises(Exception, match="cannot be encoded"):
        emit(object(), long)
    with pytest.raises(Exception, match="cannot be encoded"):
        emit(3, object())
    emit(2, long)
    assert take()[1].endswith(once)


def test_a_repeat_of_nothing_is_an_error(native):
    loop = native.BoltLoop(
        native.Rows([(0, 1, False)], True, False, 64 << 20),
        [native_kind("source", "default", ["text"], native)],
        True,
        lambda: None,
        None,
        None,
    )
    for column in (b"\xc1\x91\xc1", b"\x92\xa1a\xc1"):
        with pytest.raises(ValueError, match="malformed MessagePack"):
            rows = len(column) - 1 - (column[0] == 0xC1)
            loop.tuples(pack("<IHHIII", 1, 0, 1, rows, 7, len(column)) + column, print)
