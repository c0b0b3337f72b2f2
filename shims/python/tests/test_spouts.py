"""Spouts as the host sees them: credit, ids by order, acks and fails, done, replay, blocking code."""

import time

from conftest import stream

N = [stream("default", "n")]
PLAIN = [stream("default", "n"), stream("other", "a", "b")]


def logged(host):
    return [message["msg"] for message in host.messages if message["command"] == "log"]


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
    assert logged(host) == [
        "ack ('id', 1)",
        "ack ('id', 2)",
        "ack ('id', 4)",
        "fail ('id', 3) ('timeout', 'too slow')",
    ]


def test_an_ack_that_raises_is_told_and_the_others_are_heard(spout):
    host = spout("fussy", N)
    host.credit(100)
    host.until_rows(4)
    host.acked((0, 4))
    host.until(lambda h: len(logged(h)) == 4, "four acks")
    assert logged(host) == ["ack 0", "ack 1", "ack 2", "ack 3"]
    assert "ValueError: no more 0" in host.until_message("error")[0]["msg"]
    host.close()
    assert host.until_left() == 0


def test_answers_for_unknown_numbers_are_ignored(spout):
    host = spout("numbers", N, conf={"count": 1, "end": False})
    host.credit(100)
    host.until_rows(1)
    host.acked((0, 1), (0, 1), (7, 3))
    host.command("heartbeat")
    host.until_message("sync")
    assert logged(host) == ["ack ('id', 1)"]


def test_done_is_said_after_the_last_row_and_again_before_each_later_answer(spout):
    host = spout("numbers", N, conf={"count": 2})
    host.credit(100)
    host.until_message("done")
    assert host.values == [[1], [2]]
    host.acked((0, 1))
    kinds = [host.next()[0] for _ in range(3)]
    assert kinds == ["M", "M", "R"]  # the log line, done, then how far it has come
    assert [m["command"] for m in host.messages[-2:]] == ["log", "done"]
    assert host.frames[-1].consumed == 1
    host.command("deactivate")
    host.until(lambda h: h.frames[-1].consumed == 2, "the command counted")
    assert host.messages[-1]["command"] == "done"
    assert logged(host)[-1] == "deactivate"


def test_what_was_taken_before_done_is_told_after_it(spout):
    host = spout("numbers", N, conf={"count": 2})
    host.credit(2)
    host.until_rows(2)
    host.acked((0, 2))
    host.credit(3)
    host.until(lambda h: h.frames[-1].consumed == 1, "the ack counted")
    assert host.messages[-1]["command"] == "done"


def test_a_fail_wakes_a_spout_that_was_done(spout):
    host = spout("numbers", N, conf={"count": 2, "replay": True})
    host.credit(100)
    host.until_message("done")
    host.failed((1, "failed", "again"))
    host.until_rows(3)
    host.until(lambda h: h.messages[-1]["command"] == "done", "done again")
    assert host.values == [[1], [2], [2]]
    host.acked((0, 1), (2, 1))
    host.until(lambda h: "ack ('id', 2)" in logged(h), "the ack of the replay")


def test_a_paused_spout_does_not_emit(spout):
    host = spout("numbers", N, conf={"count": 100})
    host.command("deactivate")
    host.credit(5)
    host.until(lambda h: "deactivate" in logged(h), "the pause")
    host.until_consumed(1)  # or a host that ends a run would wait for it
    assert host.quiet() and host.rows == []
    host.command("activate")
    host.until_rows(5)


def test_a_generator_may_yield_rows_bare_values_or_nothing(spout):
    host = spout("plain", PLAIN)
    host.credit(100)
    host.until_message("done")
    assert [(row.stream, row.values, row.tracked) for row in host.rows] == [
        ("default", ["bare"], 0),
        ("default", ["row"], 0),
        ("default", ["row"], 0),
        ("default", ["emitted"], 0),
        ("default", ["tracked"], 1),
        ("other", [1, 2], 0),
        ("default", ["last"], 0),
    ]


def test_only_what_is_tracked_is_sent_when_nobody_listens(spout):
    host = spout("plain", [stream("default", "n", listeners=False), stream("other", "a", "b", listeners=False)])
    host.credit(100)
    host.until_message("done")
    assert [(row.values, row.tracked) for row in host.rows] == [(["tracked"], 1)]


def test_a_lazy_spout_answers_at_once(spout):
    host = spout("lazy", N)
    host.credit(100)
    began = time.monotonic()
    host.until_rows(3)
    assert time.monotonic() - began < 1
    assert all(len(frame.rows) == 1 for frame in host.frames)


def test_rows_do_not_wait_for_code_that_blocks(spout):
    host = spout("blocking", N)
    host.credit(1000)
    began = time.monotonic()
    host.until_rows(40)
    assert time.monotonic() - began < 5  # the generator sleeps for a minute
    assert host.values == [[n] for n in range(40)]


def test_an_exception_ends_the_process_after_what_was_emitted(spout):
    host = spout("crashing", N)
    host.credit(100)
    assert host.until_left() == 1
    assert host.values == [["one"]]
    assert "ValueError: no more" in host.stderr
    assert "_frames_spout" not in host.stderr


def test_a_reliable_spout_replays_and_then_gives_up(spout):
    host = spout("replaying", N)
    host.credit(100)
    host.until_message("done")
    assert [row.tracked for row in host.rows] == [1, 1]
    host.failed((0, "failed", "first"), (1, "child_died", "costs nothing"))
    host.until_rows(4)
    host.failed((2, "failed", "second"), (3, "child_died", "costs nothing"))
    host.until_rows(5)
    assert host.values == [["a"], ["b"], ["a"], ["b"], ["b"]]
    host.acked((4, 1))
    host.until(lambda h: "ack 2" in logged(h), "the last ack")
    (error,) = [m["msg"] for m in host.messages if m["command"] == "error"]
    assert error == "given up after 2 tries: 'a' (id 1): failed: second"
    assert logged(host) == ["fail 1 failed", "fail 2 child_died", "fail 1 failed", "fail 2 child_died", "ack 2"]
    host.until(lambda h: h.frames[-1].consumed == 3 and h.messages[-1]["command"] == "done", "done again")


def test_a_reliable_spout_replays_even_if_its_fail_raises(spout):
    host = spout("touchy", N)
    host.credit(100)
    host.until_message("done")
    host.failed((0, "failed", "first"))
    host.until_rows(3)
    host.failed((2, "failed", "second"))
    host.until(lambda h: sum(m["command"] == "error" for m in h.messages) >= 2, "that it is given up")
    assert host.values == [["a"], ["b"], ["a"]]
    errors = [m["msg"] for m in host.messages if m["command"] == "error"]
    assert "ValueError: no such thing 1" in errors[0]
    assert "given up after 2 tries: 'a' (id 1): failed: second" in errors


def test_a_reliable_spout_replays_what_was_emitted_though_it_was_changed_since(spout):
    host = spout("changing", [stream("default", "a", "b")])
    host.credit(100)
    host.until_message("done")
    host.failed((0, "failed", "x"))
    host.until_rows(2)
    assert host.values == [[[1], {"n": [1]}]] * 2


def test_replays_wait_for_credit(spout):
    host = spout("replaying", N)
    host.credit(2)
    host.until_rows(2)
    host.failed((0, "failed", "x"))
    host.command("heartbeat")
    host.until_message("sync")
    assert host.quiet()
    host.credit(3)
    host.until_rows(3)
    assert host.values[-1] == ["a"]


def test_the_end_of_input_ends_it(spout):
    host = spout("lazy", N)
    host.credit(1)
    host.until_rows(1)
    host.close()
    assert host.until_left() == 0
