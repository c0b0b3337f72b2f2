"""The small parts, without a process: rows, values, names, codecs, exports, the test helpers."""

import copy
import io
import os
import subprocess
import sys

import host as wire
import pytest

import stormhost
from stormhost import AutoAckBolt, Bolt, EmitError, ReliableSpout, Spout, Stream, TimeBatcher, _jsontext
from stormhost._accelerator import load
from stormhost._codec import choose
from stormhost._emit import adder
from stormhost._outputs import Output
from stormhost._results import Results
from stormhost._rows import executor, native_kind, row_class
from stormhost._stream import stream_id
from stormhost._traceback import story, summary
from stormhost._values import clean
from stormhost._wire import Outlet
from stormhost.testing import TICK, run_bolt, run_spout


@pytest.fixture(params=["at rest", "executed", "native"])
def make(request):
    def row(fields, *values, id=0, task=1, component="c", stream="s"):
        if request.param == "native":
            if "native" not in wire.CODECS:
                pytest.skip("the accelerator has not been built")
            return native_kind(component, stream, fields, load()).type(*values, id << 20 | task)
        if request.param == "at rest":
            return row_class(component, stream, fields)(*values, id << 20 | task)
        (made,) = execute(component, stream, fields, [(*values, id << 20 | task)])
        return made

    return row


def execute(component, stream, fields, rows, bolt=None):
    """Executes rows in one group; returns the objects that `bolt` was given, all kept unless it is given."""
    kept, groups = [], [len(rows), 0]
    executor(row_class(component, stream, fields, lean=True))(
        iter(rows), bolt or kept.append, str, [], lambda: groups.pop(0)
    )
    return kept


def test_the_export_list_is_true():
    public = {n for n, v in vars(stormhost).items() if not n.startswith("_") and not isinstance(v, type(stormhost))}
    assert set(stormhost.__all__) == public | {"__version__"}
    assert stormhost.__all__ == sorted(stormhost.__all__)


def test_fields_are_attributes_and_items(make):
    row = make(["word", "n"], "the", 2)
    assert (row.word, row["n"], row[0], row[-1], row[:1]) == ("the", 2, "the", 2, ("the",))
    assert (len(row), list(row), repr(row)) == (2, ["the", 2], "c.s(word='the', n=2)")
    word, n = row
    assert (word, n) == ("the", 2)


def test_meta_says_where_a_tuple_is_from(make):
    meta = make(["x"], 1, id=12345678901, task=77).meta
    assert (meta.id, meta.component, meta.stream, meta.task) == (12345678901, "c", "s", 77)
    assert "task=77" in repr(meta)


def test_a_field_may_be_called_anything(make):
    names = ["meta", "class", "two words", "__init__", "_at", "values", "__len__", "self", "x", "_self", "é"]
    row = make(names, *range(len(names)))
    assert [row[name] for name in names] == list(range(len(names)))
    assert (row.meta, row._at, row.values, row.self, row.é, len(row)) == (0, 4, 5, 7, 10, len(names))


def test_rows_are_equal_to_plain_values_but_never_to_another_row(make):
    row = make(["a", "b"], 1, [2])
    assert row == (1, [2])
    assert row == [1, [2]]
    assert row != (1, 2)
    assert row != "x"
    other = copy.copy(row)
    assert row == other
    other._stormhost_at += 1 << 20
    assert row != other
    assert len({row, other}) == 2


def test_what_is_not_there_is_named(make):
    row = make(["a"], 1)
    with pytest.raises(AttributeError) as caught:
        _ = row.b
    assert summary(caught.value) == "AttributeError: a tuple of c.s has no field 'b'; it has: a"
    assert "has no field 'b'; it has: a" in story(caught.value)
    with pytest.raises(KeyError, match="has no field 'b'"):
        row["b"]
    with pytest.raises(IndexError, match="has 1 fields, no number 3"):
        row[3]


def test_fields_can_be_set_and_deleted(make):
    row = make(["a", "b"], 1, 2)
    row.a = "x"
    assert (row.a, list(row)) == ("x", ["x", 2])
    del row.b
    with pytest.raises(AttributeError):
        _ = row.b
    with pytest.raises(AttributeError):
        row.c = 1


def test_rows_can_be_copied(make):
    row = make(["a", "b"], 1, [2], id=5, task=6)
    for other in (copy.copy(row), copy.deepcopy(row)):
        assert type(other) is type(row)
        assert (other.a, other.b, other.meta.id, other.meta.task) == (1, [2], 5, 6)
    assert copy.copy(row).b is row.b
    assert copy.deepcopy(row).b is not row.b


def test_numbers_of_tuples_have_no_end(make):
    row = make(["a"], 1, id=1 << 50, task=(1 << 20) - 1)
    assert (row.meta.id, row.meta.task) == (1 << 50, (1 << 20) - 1)


def test_a_stream_without_fields(make):
    row = make([])
    assert (len(row), list(row), row == ()) == (0, [], True)


def test_a_row_that_somebody_keeps_is_not_filled_again():
    kept = execute("c", "s", ["n"], [(n, n << 20) for n in range(100)])
    assert [(row.n, row.meta.id) for row in kept] == [(n, n) for n in range(100)]


@pytest.mark.skipif(sys.version_info >= (3, 14), reason="references are not counted in the way that we know")
def test_a_row_that_nobody_keeps_is_filled_again():
    seen = []
    execute("c", "s", ["n"], [(n, n << 20) for n in range(100)], lambda row: seen.append((id(row), row.n, row.meta.id)))
    assert [(n, number) for _, n, number in seen] == [(n, n) for n in range(100)]
    assert len({at for at, _, _ in seen}) == 1


@pytest.mark.parametrize(
    ("name", "id"),
    [
        ("Default", "default"),
        ("LateOnes", "late_ones"),
        ("HTTPErrors", "http_errors"),
        ("Http2Errors", "http2_errors"),
        ("late_ones", "late_ones"),
        ("Late_Ones", "late_ones"),
        ("X", "x"),
    ],
)
def test_names_of_streams(name, id):
    assert stream_id(name) == id


class Colour(str):
    pass


class Whole(int):
    pass


@pytest.mark.parametrize(
    ("value", "sent"),
    [
        (Colour("red"), "red"),
        (Whole(5), 5),
        ((1, (2,)), [1, [2]]),
        ({Colour("k"): None}, {"k": None}),
        (2**64 - 1, 2**64 - 1),
    ],
)
def test_values_are_made_plain(value, sent):
    cleaned = clean(value)
    assert cleaned == sent
    assert type(cleaned) is type(sent)
    if isinstance(cleaned, dict):
        assert all(type(key) is str for key in cleaned)


def test_values_are_copied():
    inner = [1]
    cleaned = clean({"a": inner})
    inner.append(2)
    assert cleaned == {"a": [1]}


def test_what_contains_itself_is_refused():
    loop = []
    loop.append(loop)
    with pytest.raises(EmitError, match="contains itself"):
        clean(loop)
    knot = {}
    knot["k"] = knot
    with pytest.raises(EmitError, match="contains itself"):
        clean(knot)


@pytest.mark.parametrize("value", [[1, "a", None, 1.5, {"k": ["ä\n"]}], [], [[]], ['\u2028\x7f\\"']])
def test_codecs_say_the_same_back(codec, monkeypatch, value):
    monkeypatch.setenv("STORMHOST_CODEC", codec)
    chosen = choose(["msgpack", "json"])
    assert chosen.name == codec
    assert chosen.decode(memoryview(chosen.encode(value))) == value


def test_the_codec_must_be_offered_and_there(monkeypatch):
    monkeypatch.setenv("STORMHOST_CODEC", "json")
    with pytest.raises(RuntimeError, match="STORMHOST_CODEC=json"):
        choose(["msgpack"])
    monkeypatch.setenv("STORMHOST_CODEC", "nonsense")
    with pytest.raises(RuntimeError, match="nonsense"):
        choose(["json"])
    monkeypatch.delenv("STORMHOST_CODEC")
    with pytest.raises(RuntimeError, match="only yaml"):
        choose(["yaml"])


def test_json_text_from_the_c_parts_and_from_the_library_agree():
    for read, write in (_jsontext._from_c(), _jsontext._from_library()):
        text = write({"a": [1, 2.5, None, True, 'ä\n"\u2028'], "b": {}})
        assert text == '{"a":[1,2.5,null,true,"ä\\n\\"\u2028"],"b":{}}'
        assert read(text) == {"a": [1, 2.5, None, True, 'ä\n"\u2028'], "b": {}}
        assert read(' {"a": 1}\n ') == {"a": 1}
        for wrong in ("", "[1,", "nope"):
            with pytest.raises(ValueError):
                read(wrong)
        with pytest.raises(ValueError):
            write(float("nan"))
        with pytest.raises(TypeError):
            write(b"x")


@pytest.mark.parametrize(
    "column",
    [
        [],
        [""],
        ["", ""],
        ["a", "ä€😀"],
        ['"'],
        ['a","b', "c"],
        ["\\"],
        ["a", "\n"],
        ["\x00"],
        ["a", 1],
        [None],
        [["a"]],
    ],
)
def test_a_column_of_json_is_written_as_any_other_text(column):
    assert _jsontext.encode_column(column) == _jsontext.encode(column)


def test_a_row_that_is_not_whole_is_never_sent():
    reading, writing = os.pipe()
    outputs = [Output(0, "default", ("a", "b"), False, True), Output(1, "late", ("c",), False, True)]
    for blocks in ([(outputs[0], 0)], [(each, 0) for each in outputs]):
        results = Results(Outlet(writing), choose(["json"]), blocks, marks=True, max_frame=1 << 20)
        emit = adder(outputs[0], results, 0, lambda: None)
        emit((1, 2))
        results.columns[0][0].append("broken off by a signal handler that raised")
        assert not results.whole()
        with pytest.raises(RuntimeError, match="broken off between two values of its row"):
            results.flush()
        results.columns[0][0].pop()
        results.flush()
        assert (len(results.out), results.sent) == (0, 1)
    os.close(writing)
    with open(reading, "rb") as pipe:
        assert pipe.read().count(b"\xffSHR") == 2


class Split(AutoAckBolt):
    class Default(Stream):
        fields = "word"

    class Long(Stream):
        fields = "word", "length"

    def execute(self, input):
        for word in input[0].split():
            if len(word) > 9:
                self.emit((word, len(word)), stream=self.Long)
            self.emit(word)

    def finish(self):
        self.log("through", "debug")


def test_a_bolt_is_a_list_in_and_a_list_out():
    result = run_bolt(Split(), ["the cow", {"text": "jumped"}, ("over everything",)])
    assert result.streams["default"] == ["the", "cow", "jumped", "over", "everything"]
    assert result.streams["long"] == [("everything", 10)]
    assert result.emitted[-2:] == [("everything", 10), "everything"]
    assert result.acked == ["the cow", {"text": "jumped"}, ("over everything",)]
    assert result.anchors[-1] == [("over everything",)]
    assert result.logged == [("debug", "through")]
    assert (result.failed, result.pending) == ([], [])


def test_a_failing_bolt_shows_why():
    result = run_bolt(Split(), [5, "a"])
    assert result.failed == [(5, "AttributeError: 'int' object has no attribute 'split'")]
    assert result.emitted == ["a"]
    assert "AttributeError" in result.errors[0]


class Join(Bolt):
    class Default(Stream):
        fields = "n"

    def __init__(self):
        self.seen = []

    def execute(self, input):
        self.seen.append(input)
        if input.last:
            self.emit(len(self.seen), anchors=self.seen)
            for each in self.seen[:-1]:
                self.ack(each)
            self.fail(input, "why not")


def test_a_bolt_by_hand():
    result = run_bolt(Join(), [[False], [False], [True], [False]], fields="last")
    assert result.acked == [[False], [False]]
    assert result.failed == [([True], "why not")]
    assert result.pending == [[False]]
    assert result.anchors == [[[False], [False], [True]]]


class Sum(TimeBatcher):
    class Default(Stream):
        fields = "sum"

    def batch(self, inputs):
        self.emit(sum(input.n for input in inputs))


def test_a_batcher_with_ticks():
    result = run_bolt(Sum(), [1, 2, TICK, TICK, 3], fields="n")
    assert result.emitted == [3, 3]
    assert result.acked == [1, 2, 3]
    assert result.anchors == [[1, 2], [3]]


class Count(Spout):
    class Default(Stream):
        fields = "n"

    def initialize(self):
        self.n = self.conf.get("from", 0)
        self.lost = []

    def next_tuple(self):
        self.n += 1
        self.emit(self.n, id=str(self.n))

    def fail(self, id):
        self.lost.append((id, self.failure))


def test_a_spout():
    spout = Count()
    result = run_spout(spout, 3, conf={"from": 5}, verdict=lambda n: "even" if n % 2 == 0 else None)
    assert result.emitted == [6, 7, 8]
    assert (result.ids, result.acked, result.failed) == (["6", "7", "8"], ["7"], ["6", "8"])
    assert spout.lost == [("6", ("failed", "even")), ("8", ("failed", "even"))]


class Again(Count):
    """Queues in `fail` what it emits again, as `done` promises that it may."""

    def next_tuple(self):
        if self.lost:
            self.emit(self.lost[0][0], id=self.lost.pop(0)[0])
        elif self.n < 3:
            super().next_tuple()
        else:
            self.done()


def test_a_fail_wakes_a_spout_that_was_done():
    tries = []
    result = run_spout(Again(), 10, verdict=lambda n: tries.append(n) or ("no" if n == 2 else None))
    assert tries == [1, 2, 3, "2"]
    assert result.emitted == [1, 2, 3, "2"]
    assert (result.acked, result.failed) == (["1", "3", "2"], ["2"])


@pytest.mark.parametrize("task", ["9", "", 0, -1, 1.5, True, False, 1 << 32])
def test_a_direct_task_is_the_number_of_a_task(task):
    class Directs(AutoAckBolt):
        class Chosen(Stream):
            fields = "x"
            direct = True

        def execute(self, input):
            self.emit("x", stream="chosen", direct_task=task)

    class Begins(Spout):
        Chosen = Directs.Chosen

        def next_tuple(self):
            self.emit("x", stream="chosen", direct_task=task)

    words = f"direct_task is the number of a task, not {task!r} [SH0603]"
    assert run_bolt(Directs(), [1]).failed == [(1, f"EmitError: {words}")]
    with pytest.raises(EmitError) as refused:
        run_spout(Begins())
    assert str(refused.value) == words


@pytest.mark.parametrize(
    ("emitted", "change"),
    [
        ({"a": [1]}, lambda value: value["a"].append(2)),
        ([{"a": 1}], lambda value: value[0].clear()),
        ([[1, [2]]], lambda value: value[0][1].append(3)),
        (([1],), lambda value: value[0].append(3)),
        (["x"], lambda value: value.append("y")),
    ],
)
def test_a_replay_is_what_was_emitted_though_it_was_changed_since(emitted, change):
    class Changes(ReliableSpout):
        class Default(Stream):
            fields = "n"

        def tuples(self):
            self.emit(emitted)
            change(emitted)
            yield

    fails = iter(["no"])
    first, again = run_spout(Changes(), 1, verdict=lambda _: next(fails, None)).emitted
    assert first == again


class Replays(ReliableSpout):
    class Default(Stream):
        fields = "n"

    def tuples(self):
        yield from range(3)


def test_a_reliable_spout_tries_again():
    tries = []
    result = run_spout(Replays(), 10, verdict=lambda n: tries.append(n) or ("no" if n == 1 else None))
    assert tries == [0, 1, 2, 1, 1]
    assert result.acked == [1, 3]
    assert "given up after 3 tries: 1" in result.errors[0]


def test_emit_outside_of_a_run_says_how_to_test():
    with pytest.raises(RuntimeError, match=r"stormhost\.testing\.run_bolt"):
        Split().emit("x")
    with pytest.raises(RuntimeError, match=r"stormhost\.testing\.run_spout"):
        Count().emit("x")


def test_log_without_a_host_goes_to_standard_error(monkeypatch):
    monkeypatch.setattr(sys, "stderr", io.StringIO())
    Split().log("hello", "warn")
    assert sys.stderr.getvalue() == "[warn] hello\n"
    with pytest.raises(ValueError, match="unknown log level 'loud'"):
        Split().log("hello", "loud")


def test_importing_takes_no_heavy_modules():
    heavy = {"typing", "dataclasses", "inspect", "logging", "asyncio", "re", "json", "collections.abc", "threading"}
    code = "import sys; before = set(sys.modules); import stormhost, stormhost._frames_bolt, stormhost._frames_spout;"
    code += "import stormhost._child, stormhost._launch; print(*(set(sys.modules) - before))"
    done = subprocess.run(
        [sys.executable, "-I", "-B", "-c", f"import sys; sys.path.insert(0, {str(wire.PACKAGE.parent)!r}); {code}"],
        capture_output=True,
        check=True,
        timeout=60,
    )
    assert heavy & set(done.stdout.decode().split()) == set()
