"""User code that does what it should not: prints, forks, exits, cannot start; and hosts that go away."""

import signal
import time

import pytest
from conftest import source, stream

WHAT = [source("what")]
SAID = [stream("default", "said")]


@pytest.mark.parametrize(
    ("what", "printed"),
    [
        ("print", "printed from Python"),
        ("write", "written to descriptor 1"),
        ("c", "printed from C"),
        ("grandchild", "printed by a grandchild"),
    ],
)
def test_a_print_ends_on_standard_error(bolt, what, printed):
    host = bolt("clumsy", WHAT, SAID)
    host.tuples((0, [[what], ["after"]], 1))
    host.until_consumed()
    host.close()
    assert host.until_left() == 0
    assert host.values == [[what], ["after"]]
    assert host.stray == b""
    assert printed in host.stderr
    assert "printed while importing" in host.stderr


def test_standard_input_is_empty(bolt):
    host = bolt("clumsy", WHAT, SAID)
    host.tuples((0, [["read"]], 1))
    host.until_consumed()
    assert host.values == [["end of file"], ["read"]]


def test_exit_in_execute_keeps_what_was_finished(bolt):
    host = bolt("clumsy", WHAT, SAID)
    host.tuples((0, [["a"], ["b"], ["exit"], ["c"]], 1))
    assert host.until_left() == 7
    assert host.taken == 2
    assert host.values == [["a"], ["b"]]


def test_an_interrupt_in_execute_keeps_what_was_finished(bolt):
    host = bolt("clumsy", WHAT, SAID)
    host.tuples((0, [["a"], ["b"], ["interrupt"], ["c"]], 1))
    assert host.until_left() == -signal.SIGINT
    assert host.taken == 2
    assert host.values == [["a"], ["b"]]
    assert "KeyboardInterrupt" in host.stderr


@pytest.mark.parametrize("codec", ["json"])
@pytest.mark.parametrize("method", ["spawn", "forkserver"])
def test_processes_of_multiprocessing_can_be_started_in_every_way(bolt, method):
    host = bolt("clumsy", WHAT, SAID)
    host.tuples((0, [[f"pool {method}"]], 1))
    host.until_consumed()
    assert host.fails == []
    assert host.values == [[42], [f"pool {method}"]]


def test_an_exception_that_cannot_be_said_fails_its_tuple_only(bolt):
    host = bolt("clumsy", WHAT, SAID)
    host.tuples((0, [["unsayable"], ["after"]], 1))
    host.until_consumed()
    assert host.fails == [(0, "Unsayable: (its message raises KeyError)")]
    assert host.values == [["after"]]


def test_a_text_that_no_frame_holds_fails_its_tuple_only(bolt):
    host = bolt("clumsy", WHAT, SAID)
    host.tuples((0, [["emit 'x' * (66 << 20)"], ["emit ['x' * (2 << 20)]"]], 1))
    host.until_consumed()
    ((id, reason),) = host.fails
    assert (id, reason) == (
        0,
        "EmitError: field 'said' of stream 'default': the text has 69206016 bytes, more than 33554432 [SH0604]",
    )
    assert host.values == [["x" * (2 << 20)]]


TIMED = [source("after", "rows", "how")]


@pytest.mark.parametrize("how", ["catch", "raise", "leave"])
def test_a_timeout_that_strikes_while_the_host_does_not_read_loses_nothing(bolt, how):
    host = bolt("timed", TIMED, SAID)
    # The first makes more than a pipe holds; the last has to be seen as one of its own.
    host.tuples((0, [[9, 1, "catch"], [0.3, 2000, how], [9, 1, "catch"]], 1))
    time.sleep(1.0)
    if how == "leave":
        assert host.until_left() == 3
        assert host.taken == 1
    else:
        host.until_consumed()
        assert host.fails == ([(1, "TimeoutError: struck")] if how == "raise" else [])
        ends = [row.input for row in host.rows if row.values[0].startswith("end")]
        assert ends == ([0, 1, 2] if how == "catch" else [0, 2])
    numbers = [int(row.values[0].split()[0]) for row in host.rows if row.input == 1 and row.values[0][0] != "e"]
    assert numbers == list(range(len(numbers)))
    assert len(numbers) == 2000 if how == "catch" else len(numbers) < 2000


def test_a_timeout_may_strike_anywhere_in_an_emit(bolt):
    host = bolt("timed", TIMED, SAID)
    rows = 700
    host.tuples((0, [[0.0005 + number * 0.00002, rows, "catch"] for number in range(150)], 1))
    host.until_consumed()
    assert [id for id, reason in host.fails if "struck" not in reason] == []
    failed = {id for id, _ in host.fails}  # struck when it had emitted everything
    hit = 0
    for input in set(range(150)) - failed:
        *values, end = [row.values[0].split(" ", 1) for row in host.rows if row.input == input]
        struck = eval(end[1])
        hit += len(struck)
        numbers = [int(number) for number, _ in values]
        assert numbers == sorted(set(numbers))
        assert set(range(rows)) - set(struck) <= set(numbers)
    assert hit + len(failed) > 10


def test_an_answer_that_nobody_waits_for_any_more_is_not_taken_for_another(bolt):
    host = bolt("asks", [source("after")], SAID)
    host.tuples((0, [[0.1], [9]], 1))
    host.until(lambda h: len(h.values) == 2, "both questions")
    host.task_ids(4)
    host.task_ids(5)
    host.until_consumed()
    assert host.fails == [(0, "TimeoutError: struck")]
    assert host.values == [["where"], ["where"], ["[5]"]]


def test_a_forked_process_says_nothing(bolt):
    host = bolt("clumsy", WHAT, SAID)
    host.tuples((0, [["fork"], ["a"]], 1))
    host.until_consumed()
    host.close()
    assert host.until_left() == 0
    assert host.values == [["fork"], ["a"]]


@pytest.mark.parametrize(
    ("id", "story"), [("bad_start", "OSError: no database"), ("bad_initialize", "OSError: no database either")]
)
def test_a_component_that_cannot_start_leaves_before_the_handshake(child, id, story):
    host = child(id)
    with pytest.raises(EOFError):
        host.setup("bolt", inputs=WHAT, outputs=SAID)
    assert host.process.wait(5) == 1
    assert host.stderr.rstrip().endswith(story)
    assert "_child.py" not in host.stderr
    # What it had to say before that is no answer.
    said = {"command": "log", "msg": "about to fail", "level": 2}
    assert host.forewords == ([said] if id == "bad_initialize" else [])


def test_an_unknown_component_and_a_wrong_kind_are_told(child):
    host = child("nobody")
    host.close()
    assert host.until_left() == 1
    assert "has no component 'nobody' any more" in host.stderr
    host = child("split")
    with pytest.raises(EOFError):
        host.setup("spout", outputs=SAID)
    assert "it is declared as a spout, but Split is none" in host.stderr


def test_started_by_hand_it_says_what_it_is(child):
    host = child("split")
    host.close()
    assert host.until_left() == 1
    assert "a component is started by a host" in host.stderr


def test_msgpack_as_the_base_dialect_is_named(child):
    host = child("split")
    host.write(b"\x83\xa4conf\x80")
    assert host.until_left() == 1
    assert "serializer" in host.stderr


def test_a_host_that_goes_away_ends_the_child(bolt):
    host = bolt("split", [source("sentence")], [stream("default", "word")])
    host.process.stdout.close()
    host.tuples((0, [["a"]], 1))
    assert host.process.wait(10) == 1


def test_bytes_that_are_no_frame_end_the_child(bolt):
    host = bolt("split", [source("sentence")], [stream("default", "word")])
    host.write(b"hello, are you there?")
    assert host.until_left() == 1
    assert "no frame" in host.stderr


def test_a_hung_child_shows_its_stack(bolt):
    host = bolt("clumsy", WHAT, SAID)
    host.process.send_signal(signal.SIGUSR2)
    host.tuples((0, [["a"]], 1))
    host.until_consumed()
    host.close()
    host.until_left()
    assert "Current thread" in host.stderr
