"""Bolts that ack by hand, and `TimeBatcher`, as the host sees them."""

from conftest import source, stream

N = [source("n")]
OUT = [stream("default", "n"), stream("nobody", "n", listeners=False)]


def test_acks_come_in_the_bolts_own_order(bolt):
    host = bolt("held", N, OUT)
    assert host.hello["stormhost"]["acks"] == "hand"
    host.tuples((0, [["a"], ["b"]], 1))
    host.until_consumed()
    assert host.acks == []
    host.tuples((0, [["ack"]], 1))
    host.until_consumed()
    assert host.acks == [2, 1, 0]


def test_anchors_are_those_that_were_given(bolt):
    host = bolt("held", N, OUT)
    host.tuples((0, [["a"], ["join"]], 1))
    host.until_consumed()
    assert [(row.values, tuple(row.anchors)) for row in host.rows] == [
        ([-1], ()),
        ([2], (0, 1)),
        (["alone"], ()),
        (["one"], (1,)),
    ]


def test_fails_by_hand_carry_their_reason(bolt):
    host = bolt("held", N, OUT)
    host.tuples((0, [["a"], ["fail"]], 1))
    host.until_consumed()
    assert host.fails == [(1, "by hand"), (0, "failed by the bolt")]


def test_an_exception_fails_the_input_unless_it_was_acked(bolt):
    host = bolt("held", N, OUT)
    host.tuples((0, [["raise"], ["ack and raise"], ["a"]], 1))
    host.until_consumed()
    assert host.fails == [(0, "RuntimeError: by hand")]
    assert host.acks == [1]


def test_task_ids_for_an_anchored_row(bolt):
    host = bolt("held", N, OUT)
    host.tuples((0, [["where"]], 1))
    host.until(lambda h: h.frames and h.frames[-1].flags & 128, "a question for task ids")
    host.task_ids(9)
    host.until_consumed()
    assert host.values == [[-1], ["x"], [[9]]]


def test_ticks_are_acked_by_the_library(bolt):
    host = bolt("held", N, OUT)
    host.tick()
    host.until_consumed()
    assert host.acks == [0]
    assert host.values == [[-1], ["tick"]]


def test_finish_pushes_and_close_is_orderly(bolt):
    host = bolt("held", N, OUT)
    host.tuples((0, [["a"], ["b"]], 1))
    host.until_consumed()
    host.command("finish")
    host.until_message("finished")
    assert [(row.values, tuple(row.anchors)) for row in host.rows[1:]] == [(["last"], (0,)), (["last"], (1,))]
    assert host.acks == [0, 1]
    host.close()
    assert host.until_left() == 0
    assert "closed in order" in host.stderr


def test_a_batch_is_acked_together_and_anchors_what_it_emits(bolt):
    host = bolt("batches", N, [stream("default", "size")])
    host.tuples((0, [["a"], ["b"], ["c"], ["d"]], 1))
    host.until_consumed()
    assert host.acks == [0, 1, 2]
    host.tick()
    host.until_consumed()
    assert sorted(host.acks) == [0, 1, 2, 3, 4]
    assert [(row.values, tuple(row.anchors)) for row in host.rows] == [([3], (0, 1, 2)), ([1], (3,))]


def test_a_batch_fails_together(bolt):
    host = bolt("batches", N, [stream("default", "size")])
    host.tuples((0, [["a"], ["bad"], ["c"]], 1))
    host.until_consumed()
    assert host.fails == [(id, "ValueError: a bad one") for id in (0, 1, 2)]
    assert "a bad one" in host.until_message("error")[0]["msg"]


def test_the_last_batch_is_pushed_when_the_input_ends(bolt):
    host = bolt("batches", N, [stream("default", "size")])
    host.tuples((0, [["a"], ["b"]], 1))
    host.command("finish")
    host.until_message("finished")
    assert host.values == [[2]]
    assert host.acks == [0, 1]
