"""Automatic bolts, as the host sees them: order, anchors by position, fails, streams, flushing."""

import time

import pytest
from conftest import source, stream

SENTENCES = [source("sentence")]
WORDS = [stream("default", "word")]
HOW = [source("how", "what")]
ECHO = [
    stream("default", "a", "b"),
    stream("late_ones", "late"),
    stream("empty"),
    stream("chosen", "value", direct=True),
]
WHAT = [source("what")]
SAID = [stream("default", "said")]


NO_TASKS = ["9", "", 0, -1, 1.5, 2.0, True, False, [9], 1 << 32]


def test_a_direct_task_that_is_no_number_of_a_task_fails_its_tuple_only(bolt):
    host = bolt("echo", HOW, ECHO)
    host.tuples((0, [["task", what] for what in [*NO_TASKS, 9]], 1))
    host.until_consumed()
    assert host.fails == [
        (id, f"EmitError: direct_task is the number of a task, not {what!r} [SH0603]")
        for id, what in enumerate(NO_TASKS)
    ]
    assert [(row.values, row.task) for row in host.rows] == [(["x"], 9)]


def test_rows_belong_to_the_input_that_they_came_from(bolt):
    host = bolt("split", SENTENCES, WORDS)
    host.tuples((0, [["a b"], [""], ["c"]], 1), (0, [["d é \U0001f600"]], 2))
    host.until_consumed()
    assert host.values == [["a"], ["b"], ["c"], ["d"], ["é"], ["\U0001f600"]]
    assert [row.input for row in host.rows] == [0, 0, 2, 3, 3, 3]
    assert host.acks == [0, 1, 2, 3]


def test_the_answer_names_the_codec_and_the_way_of_acking(bolt, codec):
    host = bolt("split", SENTENCES, WORDS)
    answer = host.hello["stormhost"]
    assert (answer["codec"], answer["acks"]) == (codec, "auto")
    assert answer["encoding"] == ("json" if codec == "json" else "msgpack")
    assert host.hello["pid"] == host.process.pid


def test_what_nobody_listens_to_is_not_sent_but_acked(bolt):
    host = bolt("split", SENTENCES, [stream("default", "word", listeners=False)])
    host.tuples((0, [["a b"], ["c"]], 1))
    host.until_consumed()
    assert host.rows == []
    assert host.acks == [0, 1]


def test_several_streams_keep_the_order_of_emission(bolt):
    host = bolt("echo", HOW, ECHO)
    host.tuples((0, [["both", 1], ["late", 2], ["class", 3], ["empty", 4], ["x", 5]], 1))
    host.until_consumed()
    assert [(row.stream, row.values) for row in host.rows] == [
        ("default", ["first", 1]),
        ("late_ones", [1]),
        ("default", ["third", 1]),
        ("late_ones", [2]),
        ("late_ones", [3]),
        ("empty", []),
        ("default", ["x", 5]),
    ]
    assert [row.input for row in host.rows] == [0, 0, 0, 1, 2, 3, 4]


def test_direct_rows_carry_their_task(bolt):
    host = bolt("echo", HOW, ECHO)
    host.tuples((0, [["direct", "a"], ["x", 1], ["direct", "b"]], [8, 9, 10]))
    host.until_consumed()
    assert [(row.values, row.task) for row in host.rows] == [(["a"], 8), (["x", 1], 0), (["b"], 10)]


def test_task_ids_are_waited_for_while_tuples_arrive(bolt):
    host = bolt("echo", HOW, ECHO)
    host.tuples((0, [["x", 0], ["where", 1]], 1))
    host.until_rows(2)
    assert host.frames[-1].flags & 128
    assert host.taken == 1
    host.tuples((0, [["y", 2]], 1))
    host.task_ids(5, 6)
    host.until_consumed()
    assert host.values == [["x", 0], ["where", 1], [1, [5, 6]], ["y", 2]]
    assert [row.input for row in host.rows] == [0, 1, 1, 2]


@pytest.mark.parametrize(
    "value",
    [None, True, -1, 2**63, -(2**63), 2**64 - 1, 1.5, "", 'ä\n"\\\x00', [], [1, ["a", None]], {"k": {"l": [2]}}],
)
def test_values_arrive_as_they_were(bolt, value):
    host = bolt("echo", HOW, ECHO)
    host.tuples((0, [["x", value]], 1))
    host.until_consumed()
    assert host.values == [["x", value]]


def test_an_exception_fails_its_input_and_tells_the_user(bolt):
    host = bolt("clumsy", WHAT, SAID)
    host.tuples((0, [["a"], ["raise"], ["b"]], 1))
    host.until_consumed()
    assert host.fails == [(1, "ValueError: not today")]
    assert host.values == [["a"], ["before"], ["b"]]
    assert [row.input for row in host.rows] == [0, 1, 2]
    (error,) = host.until_message("error")
    assert "components.py" in error["msg"]
    assert error["msg"].endswith("ValueError: not today")
    assert "_frames_bolt" not in error["msg"]


def test_the_same_exception_is_told_once_a_second_but_fails_every_input(bolt):
    host = bolt("clumsy", WHAT, SAID)
    host.tuples((0, [["raise"]] * 50, 1))
    host.until_consumed()
    assert len(host.fails) == 50
    assert len([m for m in host.messages if m["command"] == "error"]) < 5


def test_fail_without_an_exception(bolt):
    host = bolt("clumsy", WHAT, SAID)
    host.tuples((0, [["fail"], ["a"]], 1))
    host.until_consumed()
    assert host.fails == [(0, "did not like it")]
    assert host.acks == [1]


@pytest.mark.parametrize(
    ("expression", "reason"),
    [
        ("b'x'", "field 'said' of stream 'default': a value of type bytes"),
        ("float('nan')", "nan is not a finite number"),
        ("2 ** 64", "does not fit into 64 bits"),
        ("'\\ud800'", "U+D800"),
        ("[{'a': {1, 2}}]", "type set cannot be sent; make it a list"),
        ("{1: 2}", "keys must be text"),
        ("[{1: 2}]", "keys must be text"),
        ("('a', 'b')", "stream 'default' has 1 field (said), got 2 values"),
        ("[]", "got 0 values"),
        ("'é' * 20_000_000", "more than"),
    ],
)
def test_what_cannot_be_sent_raises_to_the_caller(bolt, expression, reason):
    host = bolt("clumsy", WHAT, SAID)
    host.tuples((0, [[f"emit {expression}"], ["still alive"]], 1))
    host.until_consumed()
    ((id, why),) = host.fails
    assert id == 0
    assert reason in why
    assert host.values == [["still alive"]]
    assert "components.py" in host.until_message("error")[0]["msg"]


def test_what_is_changed_after_it_was_emitted_is_sent_as_it_was(bolt):
    host = bolt("clumsy", WHAT, SAID)
    host.tuples((0, [["change"]], 1))
    host.until_consumed()
    assert host.values == [[[1]], ["change"]]


def test_a_missing_field_is_named_with_those_that_are_there(bolt):
    host = bolt("clumsy", WHAT, SAID)
    host.tuples((0, [["attribute"]], 1))
    host.until_consumed()
    assert "a tuple of source.default has no field 'no_such_field'; it has: what" in host.fails[0][1]


def test_log_error_and_metric(bolt):
    host = bolt("clumsy", WHAT, SAID)
    host.tuples((0, [["log"], ["report"], ["metric"]], 1))
    host.until_consumed()
    assert {"command": "log", "msg": "a line", "level": 3} in host.messages
    assert {"command": "error", "msg": "a problem"} in host.messages
    assert {"command": "metrics", "name": "speed", "params": 3.5} in host.messages


def test_settings_and_context(bolt):
    host = bolt("clumsy", WHAT, SAID, conf={"x": 5}, context={"componentid": "clumsy", "taskid": 3})
    host.tuples((0, [["settings"]], 1))
    host.until_consumed()
    assert host.values[0] == ["(5, 3, 'clumsy', 3)"]


def test_one_execute_may_emit_more_than_a_frame_holds(bolt):
    host = bolt("clumsy", WHAT, SAID)
    host.tuples((0, [["a"], ["flood"], ["b"]], 1))
    host.until_consumed()
    assert host.values == [["a"], *([str(n)] for n in range(10_000)), ["flood"], ["b"]]
    assert [row.input for row in host.rows] == [0, *[1] * 10_001, 2]
    assert max(len(frame.rows) for frame in host.frames) <= 4096


def test_a_row_that_no_frame_holds_ends_the_child_and_says_so(child):
    host = child("clumsy")
    host.setup("bolt", inputs=WHAT, outputs=SAID, max_frame=1 << 20)
    host.tuples((0, [["a"]], 1))
    host.until_consumed()
    host.tuples((0, [["emit 'x' * 2_000_000"]], 1))
    assert host.until_left() == 1
    assert "a row of 2000" in host.stderr
    assert "of at most 1048576 bytes" in host.stderr


def test_large_rows_are_spread_over_frames(bolt):
    host = bolt("clumsy", WHAT, SAID)
    host.tuples((0, [["large"], ["large"]], 1))
    host.until_consumed()
    assert [row.values[0][:1] for row in host.rows] == [*"0123456789l"] * 2
    assert [row.input for row in host.rows] == [0] * 11 + [1] * 11
    assert max(len(frame.rows) for frame in host.frames) <= 8


def test_a_slow_bolt_does_not_sit_on_finished_work(bolt):
    host = bolt("clumsy", WHAT, SAID)
    host.tuples((0, [["slow"]] * 10, 1))
    began = time.monotonic()
    host.until_consumed(1)
    assert time.monotonic() - began < 0.3  # all ten would take half a second
    host.until_consumed()
    assert len(host.frames) >= 8


def test_ticks_are_taken_and_acked(bolt):
    host = bolt("split", SENTENCES, WORDS)
    host.tick()
    host.tuples((0, [["a"]], 1))
    host.until_consumed()
    assert host.acks == [0, 1]
    assert host.values == [["a"]]


def test_finish_heartbeat_and_the_end_of_input(bolt):
    host = bolt("split", SENTENCES, WORDS)
    host.command("heartbeat")
    assert host.until_message("sync")
    host.command("finish")
    assert host.until_message("finished")
    host.close()
    assert host.until_left() == 0


def test_rows_from_initialize_and_finish_are_loose(child):
    host = child("early")
    # The handshake is answered as soon as task ids are asked for.
    host.setup("bolt", inputs=[source("word")], outputs=WORDS)
    host.until_rows(2)
    assert host.frames[-1].flags & (64 | 128) == 64 | 128
    host.task_ids(4)
    host.tuples((0, [["a"]], 1))
    host.until_consumed()
    host.command("finish")
    host.until_message("finished")
    assert host.values == [["early"], ["and where"], ["[4]"], ["at the end"]]
    assert [row.input for row in host.rows] == [None, None, 0, None]


def test_arguments_path_and_folder_are_as_declared(bolt, tmp_path):
    host = bolt("with_arguments", [source("word")], WORDS, "one", "two", cwd=tmp_path)
    host.tuples((0, [["x"]], 1))
    host.until_consumed()
    got, argv, path, cwd, module = eval(host.values[0][0])
    assert got == (("x", 2), {"key": "value"})
    assert argv[1:] == ["one", "two"]
    assert argv[0].endswith("components.py")
    assert path == argv[0].rsplit("/", 1)[0]
    assert cwd == str(tmp_path)
    assert module == "components"
