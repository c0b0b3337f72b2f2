"""Children in Lua as the host sees them: every frame they send is decoded and checked by the scripted host."""

import json
import subprocess

import pytest
from conftest import HERE, MAIN, SHIM, source, stream

SENTENCES = [source("sentence")]
WORDS = [stream("default", "word")]
HOW = [source("how", "what")]
ECHO = [stream("default", "a", "b"), stream("late", "late"), stream("empty"), stream("chosen", "value", direct=True)]
VALUE = [source("value")]
VALUES = [stream("default", "value")]
N = [stream("default", "n"), stream("other", "a", "b")]


def logged(host):
    return [message["msg"] for message in host.messages if message["command"] == "log"]


# Bolts ----------------------------------------------------------------------------------------------------------------


def test_rows_belong_to_the_input_that_they_came_from(bolt):
    host = bolt("split", SENTENCES, WORDS)
    host.tuples((0, [["a b"], [""], ["c"]], 1), (0, [["d é \U0001f600"]], 2))
    host.until_consumed()
    assert host.values == [["a"], ["b"], ["c"], ["d"], ["é"], ["\U0001f600"]]
    assert [row.input for row in host.rows] == [0, 0, 2, 3, 3, 3]
    assert host.acks == [0, 1, 2, 3]


def test_the_answer_names_the_encoding_and_the_way_of_acking(bolt, codec):
    host = bolt("split", SENTENCES, WORDS)
    answer = host.hello["stormhost"]
    assert (answer["encoding"], answer["acks"]) == (codec, "auto")
    assert host.hello["pid"] == host.process.pid


def test_what_nobody_listens_to_is_not_sent_but_acked(bolt):
    host = bolt("split", SENTENCES, [stream("default", "word", listeners=False)])
    host.tuples((0, [["a b"], ["c"]], 1))
    host.until_consumed()
    assert (host.rows, host.acks) == ([], [0, 1])


def test_several_streams_keep_the_order_of_emission(bolt):
    host = bolt("echo", HOW, ECHO)
    host.tuples((0, [["both", 1], ["late", 2], ["empty", 4], ["x", 5]], 1))
    host.until_consumed()
    assert [(row.stream, row.values) for row in host.rows] == [
        ("default", ["first", 1]),
        ("late", [1]),
        ("default", ["third", 1]),
        ("late", [2]),
        ("empty", []),
        ("default", ["x", 5]),
    ]
    assert [row.input for row in host.rows] == [0, 0, 0, 1, 2, 3]


def test_numbers_of_all_kinds_stand_in_one_column_among_others(bolt):
    edges = [0, 1, 53, 127, 128, 255, 256, 16384, 16385, 65535, 65536, 2**31, 2**32 - 1, 2**32, 2**53, -1, -32, -33, -(2**31) - 1]
    values = [*edges, 0.5, 1e300, "5", "", "word", "x" * 100, None, True, False, {"a": 5}]
    whole = list(range(300)) + [value for value in values for _ in range(7)] + [-7, *range(2**32 - 150, 2**32 + 150)]
    host = bolt("ways", VALUE, [stream("default", "a", "b"), stream("bare", "value")])
    host.tuples((0, [[value] for value in whole], 1))
    host.until_consumed()
    expected = [row for value in whole for row in ([value, value], [value, value], [value])]
    assert repr(host.values) == repr(expected)


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


def test_an_error_fails_its_input_alone_and_is_told_once(bolt):
    host = bolt("echo", HOW, ECHO)
    host.tuples((0, [["x", 1], ["raise", 2], ["raise", 3], ["y", 4]], 1))
    host.until_consumed()
    assert host.acks == [0, 3]
    assert [id for id, _ in host.fails] == [1, 2]
    assert "cannot do 2" in host.fails[0][1] and "components.lua:" in host.fails[0][1]
    assert host.values == [["x", 1], ["raise", 2], ["raise", 3], ["y", 4]]
    told = [message["msg"] for message in host.messages if message["command"] == "error"]
    assert len(told) == 1 and "components.lua" in told[0] and "_frames_bolt" not in told[0], told


def test_an_error_that_cannot_be_told_fails_its_input_alone(bolt):
    host = bolt("echo", HOW, ECHO)
    host.tuples((0, [["raise a table", 1], ["x", 2]], 1))
    host.until_consumed()
    [(id, reason)] = host.fails
    assert (id, host.acks) == (0, [1])
    assert reason.startswith("an error value of type table, and its __tostring raised an error: ")
    assert reason.endswith("nor can it be told")
    assert "components.lua" in host.until_message("error")[0]["msg"]


def test_fail_within_execute_fails_with_the_reason(bolt):
    host = bolt("echo", HOW, ECHO)
    host.tuples((0, [["fail", "bad"], ["x", 1]], 1))
    host.until_consumed()
    assert (host.fails, host.acks) == ([(0, "it is bad")], [1])


def test_a_wrong_value_names_its_field_and_the_users_line(bolt):
    host = bolt("echo", HOW, ECHO)
    host.tuples((0, [["wrong", 0], ["x", 1]], 1))
    host.until_consumed()
    assert host.fails[0][0] == 0
    assert "components.lua:" in host.fails[0][1]
    assert "field 'b' of stream 'default': a value of type function cannot be sent" in host.fails[0][1]
    assert host.values == [["x", 1]]


def test_much_from_one_execute_goes_in_several_frames(bolt):
    host = bolt("echo", HOW, ECHO)
    host.tuples((0, [["x", 0], ["long", 10_000], ["y", 0]], 1))
    host.until_consumed()
    assert len(host.rows) == 10_002
    assert [row.input for row in host.rows] == [0, *[1] * 10_000, 2]
    assert len(host.frames) > 3


def test_a_row_that_fits_no_frame_is_refused(bolt):
    host = bolt("relay", VALUE, VALUES, max_frame=1 << 20)
    host.tuples((0, [["x" * (1 << 20)], ["y"]], 1))
    host.until_consumed()
    assert "does not fit into a frame of at most 1048576 bytes" in host.fails[0][1]
    assert host.values == [["y"]]


def test_ticks_finish_heartbeats_and_close(bolt):
    host = bolt("echo", HOW, ECHO, conf={"early": 7})
    host.tick()
    host.until_consumed()
    host.command("heartbeat")
    host.until_message("sync")
    host.command("finish")
    host.until_message("finished")
    assert host.values == [["early", 7], ["tick", 1], ["finish", 1]]
    assert [row.input for row in host.rows] == [None, 0, None]
    host.close()
    assert host.until_left() == 0
    assert "closed" in host.stderr


def test_an_error_in_initialize_ends_it_before_it_has_answered(child):
    host = child("echo")
    with pytest.raises(EOFError, match="no database"):
        host.setup("bolt", inputs=HOW, outputs=ECHO, conf={"broken": True})
    assert host.process.wait(10) == 1


def test_what_is_finished_still_counts_when_user_code_exits(bolt):
    host = bolt("echo", HOW, ECHO)
    host.tuples((0, [["x", 1], ["exit", 3]], 1))
    assert host.until_left() == 3
    assert host.values == [["x", 1], ["exit", 3]]
    assert host.acks == [0]


def test_by_hand_anchors_acks_and_fails_go_by_id(bolt):
    host = bolt("hand", VALUE, VALUES)
    host.tuples((0, [["a"], ["fail"], ["push"], ["raise"], ["kept"]], 1))
    host.until(lambda h: h.taken == 5, "all taken")
    assert [(row.values, tuple(row.anchors)) for row in host.rows] == [
        ([3], (0, 1, 2)),
        (["loose"], ()),
        (["tied"], (2,)),
    ]
    assert host.acks == [2, 1, 0]
    assert host.fails[0] == (1, "as told")
    assert host.fails[1][0] == 3 and "as told" in host.fails[1][1]


def test_slow_work_is_sent_before_the_next_execute(bolt):
    host = bolt("slow", VALUE, VALUES)
    host.tuples((0, [[number] for number in range(10)], 1))
    host.until_rows(1)
    assert host.taken < 5, "the first is sent while others wait, though the child only slept"
    host.until_consumed()
    assert host.values == [[number] for number in range(10)]
    assert len([frame for frame in host.frames if frame.rows]) >= 4


@pytest.mark.parametrize("moved", [True, False])
def test_prints_end_on_standard_error(bolt, moved):
    host = bolt("noisy", VALUE, [], moved=moved)
    host.tuples((0, [[1], [2]], 1))
    host.until_consumed()
    assert host.fails == []
    host.close()
    assert host.until_left() == 0
    assert host.stray == b""
    for how in ("print", "io.write", "io.stdout", "a shell", "stderr"):
        assert host.stderr.count(f"by {how}\n") == 2, (how, host.stderr)


def test_values_come_back_as_they_went(bolt, lua):
    host = bolt("relay", VALUE, VALUES)
    exact = [2**53 + 1, 2**63 - 1, -(2**63), 2**64 - 1, 0, -1, 0.5, 1e300, 5e-324, None, True, False, "", "é€😀\n\0"]
    nested = [[], {}, [[], {}], {"a": {"b": [None, {"c": 1.5}]}}, {"": "", "ключ": "значение"}, "x" * 70_000]
    wholes = [1.0, 1e15] if lua != "luajit" else []
    sent = [*exact, *nested, *wholes]
    host.tuples((0, [[value] for value in sent], 1))
    host.until_consumed()
    got = [row.values[0] for row in host.rows]
    assert got == sent
    assert [type(value) for value in got] == [type(value) for value in sent]


def test_many_rows_at_once(bolt):
    host = bolt("split", SENTENCES, WORDS)
    sentences = [[f"w{number} w{number % 7} x"] for number in range(20_000)]
    host.tuples((0, sentences, 1))
    host.until_consumed()
    assert host.values == [[word] for [sentence] in sentences for word in sentence.split()]
    assert [row.input for row in host.rows] == [number for number in range(20_000) for _ in range(3)]


def test_something_that_is_no_frame_is_told(bolt):
    host = bolt("split", SENTENCES, WORDS)
    host.write(b"no frame")
    assert host.until_left() == 1
    assert "the host sent bytes that are no frame" in host.stderr


# Spouts ---------------------------------------------------------------------------------------------------------------


def test_nothing_is_emitted_without_credit(spout):
    host = spout("numbers", N, conf={"count": 10})
    assert host.quiet()
    host.credit(3)
    host.until_rows(3)
    assert host.quiet()
    host.credit(4)
    host.until_rows(4)
    assert host.values == [[1], [2], [3], [4]]
    assert all(row.tracked for row in host.rows)


def test_acks_and_fails_reach_the_spout_with_its_own_ids(spout):
    host = spout("numbers", N, conf={"count": 4, "end": False})
    host.credit(100)
    host.until_rows(4)
    host.acked((0, 2), (3, 1))
    host.failed((2, "timeout", "too slow"))
    host.until(lambda h: len(logged(h)) == 4, "four answers")
    assert logged(host) == ["ack id1", "ack id2", "ack id4", "fail id3 timeout: too slow"]


def test_done_is_said_and_said_again_before_each_later_answer(spout):
    host = spout("numbers", N, conf={"count": 2})
    host.credit(100)
    host.until_message("done")
    assert host.values == [[1], [2]]
    host.acked((0, 1))
    kinds = [host.next()[0] for _ in range(3)]
    assert kinds == ["M", "M", "R"]  # the log line, done, then how far it has come
    assert [m["command"] for m in host.messages[-2:]] == ["log", "done"]
    assert host.frames[-1].consumed >= 1


def test_streams_and_tracked_rows_keep_their_order(spout):
    host = spout("numbers", N, conf={"count": 6, "mixed": True})
    host.credit(100)
    host.until_message("done")
    assert [(row.stream, row.values[0], row.tracked) for row in host.rows] == [
        ("default", 1, 1),
        ("default", 2, 1),
        ("other", 3, 0),
        ("default", 4, 1),
        ("default", 5, 1),
        ("other", 6, 0),
    ]


def test_a_reliable_spout_emits_again_and_gives_up(spout):
    host = spout("reliable", [stream("default", "n")])
    host.credit(100)
    host.until_message("done")
    host.failed((1, "failed", "no"))
    host.until_rows(4)
    host.failed((3, "failed", "still no"))
    host.until_message("error")
    assert host.values == [[10], [11], [12], [11]]
    assert "given up after 2 tries: 11 (id 2): failed: still no" in host.messages[-1]["msg"] or any(
        "given up after 2 tries: 11 (id 2)" in m.get("msg", "") for m in host.messages
    )


def test_an_error_in_fail_loses_no_replay(spout):
    host = spout("fumbling", [stream("default", "n")])
    host.credit(100)
    host.until_message("done")
    host.failed((1, "failed", "no"))
    host.until_rows(4)
    assert host.values == [[10], [11], [12], [11]]
    [told] = [message["msg"] for message in host.messages if message["command"] == "error"]
    assert "cannot even fail" in told and "stack traceback:" in told and "components.lua:" in told, told
    host.failed((3, "failed", "still no"))
    host.until_message("dead_letter")
    assert [message["tuple"] for message in host.messages if message["command"] == "dead_letter"] == [[11]]


def test_a_fail_because_a_child_died_costs_no_try(spout):
    host = spout("reliable", [stream("default", "n")])
    host.credit(100)
    host.until_message("done")
    for sequence in (0, 3, 4, 5):
        host.failed((sequence, "child_died", ""))
        host.until_rows(sequence + 1 if sequence > 2 else 4)
    host.until_rows(7)
    assert host.values[3:] == [[10]] * 4


def test_deactivate_stops_it_and_activate_wakes_it(spout):
    host = spout("numbers", N, conf={"count": 1000, "end": False})
    host.command("deactivate")
    host.until_consumed(1)
    host.credit(5)
    assert host.quiet()
    host.command("activate")
    host.until_rows(5)


def test_an_idle_spout_still_takes_acks_and_leaves_at_the_end(spout):
    host = spout("numbers", N, conf={"count": 1, "end": False})
    host.credit(100)
    host.until_rows(1)
    host.acked((0, 1))
    host.until(lambda h: logged(h) == ["ack id1"], "the ack")
    host.close()
    assert host.until_left() == 0


def test_an_error_in_tuples_ends_it_with_the_users_story(spout):
    host = spout("broken", [stream("default", "n")])
    host.credit(100)
    host.until_rows(1)
    assert host.until_left() == 1
    assert "components.lua:" in host.stderr and "explode" in host.stderr
    assert "_pull.lua" not in host.stderr and "_frames_spout.lua" not in host.stderr, host.stderr


# Storm's dialect, and scripts -----------------------------------------------------------------------------------------


def storm(command, messages):
    """What a child says to these messages in Storm's JSON, and what it wrote to standard error."""
    text = "".join(json.dumps(message) + "\nend\n" for message in messages)
    ran = subprocess.run(command, input=text, capture_output=True, text=True, timeout=60)
    assert ran.returncode == 0, ran.stderr
    return [json.loads(part) for part in ran.stdout.split("\nend\n") if part], ran.stderr


SETUP = {"conf": {}, "pidDir": "", "context": {"taskid": 3, "componentid": "it"}}


def command_of(lua, id):
    return [lua, str(MAIN), "component", str(HERE / "components.lua"), id, "--"]


def test_a_bolt_speaks_storms_json_where_nothing_else_is_offered(lua):
    tuples = [
        {"id": "1", "comp": "s", "stream": "default", "task": 1, "tuple": ["a b"]},
        {"id": "2", "comp": None, "stream": "__heartbeat", "task": -1, "tuple": []},
        {"id": "3", "comp": "__system", "stream": "__tick", "task": -1, "tuple": [5]},
        {"id": "4", "comp": "s", "stream": "default", "task": 1, "tuple": [5]},
    ]
    context = {**SETUP["context"], "source->stream->fields": {"s": {"default": ["sentence"]}}}
    said, _ = storm(command_of(lua, "split"), [{**SETUP, "context": context}, *tuples])
    assert isinstance(said[0]["pid"], int)
    emit = {"command": "emit", "stream": "default", "anchors": ["1"], "need_task_ids": False}
    assert said[1:6] == [
        {**emit, "tuple": ["a"]},
        {**emit, "tuple": ["b"]},
        {"command": "ack", "id": "1"},
        {"command": "sync"},
        {"command": "ack", "id": "3"},
    ]
    assert said[6]["command"] == "error" and said[7] == {"command": "fail", "id": "4"}


def test_the_reason_of_a_fail_is_logged_in_storms_json(lua):
    given = {"id": "1", "comp": "s", "stream": "default", "task": 1, "tuple": ["fail", "odd"]}
    context = {**SETUP["context"], "source->stream->fields": {"s": {"default": ["how", "what"]}}}
    said, _ = storm(command_of(lua, "echo"), [{**SETUP, "context": context}, given])
    assert said[1]["msg"] == "fails a tuple: it is odd"
    assert said[2] == {"command": "fail", "id": "1"}


def test_a_spout_speaks_storms_json(lua):
    commands = ["activate", "next", "next", "next"]
    messages = [{"command": command, "id": ""} for command in commands]
    messages += [{"command": "fail", "id": "0"}, {"command": "next", "id": ""}, {"command": "ack", "id": "1"}]
    said, _ = storm(command_of(lua, "reliable"), [SETUP, *messages])
    emits = [(message["tuple"], message["id"]) for message in said[1:] if message["command"] == "emit"]
    assert emits == [([10], "0"), ([11], "1"), ([12], "2"), ([10], "3")]
    assert sum(message["command"] == "sync" for message in said[1:]) == len(messages)


def test_a_fail_wakes_a_spout_that_is_done_until_it_emits_nothing(lua):
    commands = ["next"] * 4 + ["fail 0"] + ["next"] * 3 + ["fail 2", "next"]
    messages = [dict(zip(("command", "id"), (*command.split(), ""), strict=False)) for command in commands]
    said, _ = storm(command_of(lua, "again"), [SETUP, *messages])
    at, emits = 0, []
    for message in said[1:]:
        if message["command"] == "sync":
            at += 1
        else:
            emits.append((at, message["tuple"]))
    assert emits == [(0, [1]), (1, [2]), (5, [1]), (9, [1])]


def test_task_ids_in_storms_json(lua):
    inputs = [
        {"id": "1", "comp": "s", "stream": "default", "task": 1, "tuple": ["where", 7]},
        {"id": "2", "comp": "s", "stream": "default", "task": 1, "tuple": ["x", 8]},
        [4, 5],
    ]
    context = {**SETUP["context"], "source->stream->fields": {"s": {"default": ["how", "what"]}}}
    said, _ = storm(command_of(lua, "echo"), [{**SETUP, "context": context}, *inputs])
    assert [message["tuple"] for message in said if message.get("command") == "emit"] == [
        ["where", 7],
        [7, [4, 5]],
        ["x", 8],
    ]


def test_a_script_may_be_a_component_by_itself(lua, child, tmp_path):
    script = tmp_path / "shout.lua"
    script.write_text(
        f"package.path = '{SHIM}/?.lua;{SHIM}/?/init.lua;' .. package.path\n"
        "local stormhost = require 'stormhost'\n"
        "local Shout = stormhost.AutoAckBolt:extend { fields = 'word' }\n"
        "function Shout:execute(input) print('shouting') self:emit(input.word:upper()) end\n"
        "Shout:run()\n"
    )
    host = child("", command=[lua, str(script)])
    host.setup("bolt", inputs=[source("word")], outputs=WORDS)
    host.tuples((0, [["a"], ["b"]], 1))
    host.until_consumed()
    assert host.values == [["A"], ["B"]]
    host.close()
    assert host.until_left() == 0
    assert host.stderr.count("shouting") == 2 and host.stray == b""


def test_a_start_by_hand_says_what_to_do(lua):
    ran = subprocess.run(command_of(lua, "split"), stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60)
    assert ran.returncode == 1
    assert "a component is started by a host, not by hand" in ran.stderr


def test_a_component_that_is_not_there_is_told(lua):
    ran = subprocess.run(command_of(lua, "nobody"), stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60)
    assert ran.returncode == 1
    assert "has no component 'nobody' any more" in ran.stderr


def test_wrong_words_show_the_usage(lua):
    ran = subprocess.run([lua, str(MAIN), "dance"], capture_output=True, text=True, timeout=60)
    assert (ran.returncode, "usage:" in ran.stderr) == (2, True)


@pytest.mark.parametrize("words", [["run.lua"]])
def test_the_tests_in_lua_pass(lua, words):
    ran = subprocess.run([lua, *words], cwd=HERE, capture_output=True, text=True, timeout=300)
    assert ran.returncode == 0, ran.stdout + ran.stderr
