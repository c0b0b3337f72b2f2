"""The same components on a host that knows nothing of frames: Storm's JSON."""

import json
import sys
from pathlib import Path

import host as wire
import pytest

COMPONENTS = Path(__file__).with_name("components.py")
CONTEXT = {
    "componentid": "it",
    "taskid": 3,
    "source->stream->fields": {"source": {"default": ["n"], "sentences": ["sentence"], "what": ["what"]}},
}


@pytest.fixture
def storm(codec):
    started = []

    def start(name, conf=None, **context):
        host = wire.Host(
            [sys.executable, str(COMPONENTS), name], codec=codec, env={"PYTHONPATH": str(wire.PACKAGE.parent)}
        )
        started.append(host)
        host.setup("bolt", conf=conf, context={**CONTEXT, **context}, frames=False)
        return host

    yield start
    for host in started:
        host.__exit__()


def send(host, message):
    host.write(json.dumps(message).encode() + b"\nend\n")


def tuple_of(host, id, *values, stream="default", task=1, comp="source"):
    send(host, {"id": id, "comp": comp, "stream": stream, "task": task, "tuple": list(values)})


def read(host, count):
    messages = []
    while len(messages) < count:
        while b"\nend\n" not in host.data:
            host.read(f"message {len(messages) + 1} of {count}; so far {messages}")
        text, host.data = host.data.split(b"\nend\n", 1)
        messages.append(json.loads(text))
    return messages


def test_the_answer_carries_the_pid_only(storm):
    host = storm("Split")
    assert host.hello == {"pid": host.process.pid}


def test_an_automatic_bolt_anchors_and_acks(storm):
    host = storm("Split")
    tuple_of(host, "77", "a b", stream="sentences")
    emit = {"command": "emit", "stream": "default", "anchors": ["77"], "need_task_ids": False}
    assert read(host, 3) == [
        {**emit, "tuple": ["a"]},
        {**emit, "tuple": ["b"]},
        {"command": "ack", "id": "77"},
    ]


def test_an_exception_is_told_and_fails(storm):
    host = storm("Clumsy")
    tuple_of(host, "1", "raise", stream="what")
    _, error, fail = read(host, 3)
    assert error["command"] == "error"
    assert fail == {"command": "fail", "id": "1"}


def test_the_reason_of_a_fail_is_logged(storm):
    host = storm("Clumsy")
    tuple_of(host, "1", "fail", stream="what")
    log, fail = read(host, 2)
    assert (log["command"], log["msg"]) == ("log", "fails a tuple: did not like it")
    assert fail == {"command": "fail", "id": "1"}


def test_by_hand(storm):
    host = storm("Held")
    assert read(host, 1)[0]["tuple"] == [-1]
    tuple_of(host, "x", 1)
    tuple_of(host, "y", "join")
    assert [(m["tuple"], m["anchors"]) for m in read(host, 4)] == [
        ([2], ["x", "y"]),
        (["alone"], []),
        (["one"], ["y"]),
        (["unheard"], ["y"]),
    ]
    tuple_of(host, "z", "ack")
    assert [m["id"] for m in read(host, 3)] == ["z", "y", "x"]


def test_task_ids_are_waited_for(storm):
    host = storm("Held")
    read(host, 1)
    tuple_of(host, "x", "where")
    assert read(host, 1)[0]["need_task_ids"] is True
    tuple_of(host, "y", 1)
    host.write(b"[4,5]\nend\n")
    assert read(host, 1)[0]["tuple"] == [[4, 5]]


def test_heartbeats_and_ticks(storm):
    host = storm("Batches")
    send(host, {"id": "h", "comp": None, "stream": "__heartbeat", "task": -1, "tuple": []})
    assert read(host, 1) == [{"command": "sync"}]
    tuple_of(host, "x", 1)
    tuple_of(host, "t", 1, comp="__system", stream="__tick", task=-1)
    assert [m["command"] for m in read(host, 3)] == ["emit", "ack", "ack"]


def test_a_spout_does_as_it_is_told(storm):
    host = storm("Numbers", conf={"count": 2})
    for command in ("activate", "next"):
        send(host, {"command": command, "id": ""})
    log, sync, emit, sync2 = read(host, 4)
    assert log["msg"] == "activate"
    assert sync == sync2 == {"command": "sync"}
    assert (emit["tuple"], emit["id"]) == ([1], "0")
    send(host, {"command": "ack", "id": "0"})
    assert read(host, 2)[0]["msg"] == "ack ('id', 1)"
    for _ in range(3):  # the third finds it done
        send(host, {"command": "next", "id": ""})
    assert [m["command"] for m in read(host, 4)] == ["emit", "sync", "sync", "sync"]
    host.close()
    assert host.process.wait(10) == 0


def test_a_fail_wakes_a_spout_that_was_done(storm):
    host = storm("Numbers", conf={"count": 1, "replay": True})
    for _ in range(2):  # the second finds it done
        send(host, {"command": "next", "id": ""})
    assert [m["command"] for m in read(host, 3)] == ["emit", "sync", "sync"]
    for id in ("0", "1"):
        send(host, {"command": "fail", "id": id})
        send(host, {"command": "next", "id": ""})
        log, _, emit, _ = read(host, 4)
        assert (log["command"], emit["command"], emit["tuple"]) == ("log", "emit", [1])
    for _ in range(2):
        send(host, {"command": "next", "id": ""})
    assert [m["command"] for m in read(host, 2)] == ["sync", "sync"]


def test_a_reliable_spout_replays(storm):
    host = storm("Replaying")
    send(host, {"command": "next", "id": ""})
    first = read(host, 2)[0]
    send(host, {"command": "fail", "id": first["id"]})
    send(host, {"command": "next", "id": ""})
    messages = read(host, 4)
    assert [m["command"] for m in messages] == ["log", "sync", "emit", "sync"]
    assert messages[2]["tuple"] == first["tuple"]
    assert messages[2]["id"] != first["id"]


def test_what_a_script_printed_before_it_ran_does_not_reach_the_host(codec):
    command = [sys.executable, str(COMPONENTS), "Split"]
    env = {"PYTHONPATH": str(wire.PACKAGE.parent), "PYTHONUNBUFFERED": ""}
    with wire.Host(command, codec=codec, env=env) as host:
        host.setup("bolt", context=CONTEXT, frames=False)
        host.close()
        assert host.process.wait(10) == 0
        assert b"printed while importing" in host.process.stderr.read()


def test_the_pid_file(tmp_path, codec):
    command = [sys.executable, str(COMPONENTS), "Split"]
    with wire.Host(command, codec=codec, env={"PYTHONPATH": str(wire.PACKAGE.parent)}) as host:
        send(host, {"conf": {}, "pidDir": str(tmp_path), "context": CONTEXT})
        assert read(host, 1) == [{"pid": host.process.pid}]
        assert [file.name for file in tmp_path.iterdir()] == [str(host.process.pid)]
