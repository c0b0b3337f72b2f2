"""A spout, worker or join in Storm's own dialects, by hand.

    python by_hand.py json|msgpack spout|worker|join COMPONENT FOLDER [QUOTA RATE]
"""

from __future__ import annotations

import os
import sys
from typing import Any

from joining import Pairs
from orders import Orders, Voice
from truth import Truth, pair_of


class Json(Voice):
    """Messages in JSON, by the helper of `tests/children`."""

    def __init__(self) -> None:
        sys.path.append(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "children"))
        import _by_hand

        self.hear, self.say = _by_hand.hear, _by_hand.say

    def write(self, data: bytes) -> None:
        sys.stdout.flush()
        super().write(data)


class MessagePack(Voice):
    """Messages in MessagePack."""

    half = b"\x82\xa7comm"

    def __init__(self) -> None:
        import msgpack

        self._pack = msgpack.packb
        self._unpacker = msgpack.Unpacker(raw=False, strict_map_key=False)

    def hear(self):  # type: ignore[no-untyped-def]
        while True:
            for message in self._unpacker:
                return message
            data = os.read(0, 1 << 16)
            if not data:
                return None
            self._unpacker.feed(data)

    def say(self, **message: object) -> None:
        super().write(self._pack(message))


class Speech:
    """One child's conversation, and its faults."""

    def __init__(self, dialect: str, component: str, folder: str) -> None:
        self.voice: Json | MessagePack = Json() if dialect == "json" else MessagePack()
        self.voice.ack_strangers = self.ack_strangers  # type: ignore[method-assign]
        self.voice.anchor_to_strangers = self.anchor_to_strangers  # type: ignore[method-assign]
        setup = self.voice.hear()
        self.say = self.voice.say
        self.hear = self.voice.hear
        self.orders = Orders(folder, component, setup["context"]["taskid"])
        self.say(pid=os.getpid())

    def obey(self) -> None:
        """Looks for an order, and follows it."""
        order = self.orders.take()
        if order is not None:
            self.orders.follow(order, self.voice)

    def tuples(self):  # type: ignore[no-untyped-def]
        """The tuples, ticks included, until the input ends."""
        while (message := self.hear()) is not None:
            if isinstance(message, dict) and message.get("stream") == "__heartbeat":
                self.say(command="sync")
            elif isinstance(message, dict):
                yield message

    def ack(self, id: str) -> None:
        manners = self.orders.manners()
        if manners == "never_acks":
            return
        self.say(command="ack", id=id)
        if manners == "acks_twice":
            self.say(command="ack", id=id)
            self.say(command="fail", id=id)

    def emit(self, values: list[str], anchors: list[str]) -> None:
        self.say(command="emit", tuple=values, anchors=anchors, need_task_ids=False)

    def ack_strangers(self) -> None:
        for id in ("123456789", "-1", "no number", "", 7, "99999999999999999999999"):
            self.say(command="ack", id=id)
            self.say(command="fail", id=id)

    def anchor_to_strangers(self) -> None:
        self.emit(["stranger", "stranger", self.orders.by], ["123456789", "no number"])


def work(speech: Speech) -> None:
    """Passes on what it gets, with its name on it."""
    for tuple in speech.tuples():
        if tuple["stream"] != "__tick":
            speech.obey()
            id, pair, *before = tuple["tuple"]
            speech.emit([id, pair, ",".join([*before, speech.orders.by])], [tuple["id"]])
        speech.ack(tuple["id"])


def join(speech: Speech) -> None:
    """Makes one tuple of the two of a pair, anchored to both."""
    pairs = Pairs()

    def send(pair: str, held: list[tuple[str, dict[str, Any]]]) -> None:
        by = {name: None for _, tuple in held for name in tuple["tuple"][2:]}
        speech.emit(["+".join(id for id, _ in held), pair, ",".join([*by, speech.orders.by])], [tuple["id"] for _, tuple in held])
        for _, tuple in held:
            speech.ack(tuple["id"])

    for tuple in speech.tuples():
        if tuple["stream"] == "__tick":
            for pair, held in pairs.tick():
                send(pair, held)
            speech.ack(tuple["id"])
            continue
        speech.obey()
        id, pair = tuple["tuple"][:2]
        held = pairs.add(pair, id, tuple)
        if held:
            send(pair, held)


def spout(speech: Speech, component: str, folder: str, quota: int, rate: int) -> None:
    """Emits what the truth has, one at a time."""
    truth = Truth(folder, component, speech.orders.incarnation, quota, rate)
    while (message := speech.hear()) is not None:
        if message["command"] == "next":
            speech.obey()
            id = truth.next()
            if id is not None:
                speech.say(command="emit", tuple=[id, pair_of(id)], id=id, need_task_ids=False)
        elif message["command"] == "ack":
            truth.acked(message["id"])
        elif message["command"] == "fail":
            truth.failed(message["id"])
        speech.say(command="sync")


if __name__ == "__main__":
    dialect, role, component, folder, *numbers = sys.argv[1:]
    speech = Speech(dialect, component, folder)
    if role == "spout":
        spout(speech, component, folder, *map(int, numbers))
    else:
        {"worker": work, "join": join}[role](speech)
    speech.orders.at_the_end()
