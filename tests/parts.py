"""Parts of the topologies in the tests: components that note in a journal what they see.

Topologies import them by `from parts import *`, which also brings the whole of `stormhost`.
"""

from __future__ import annotations

import json
import os
import sys
import time
from typing import Any

from stormhost import *
from stormhost import AutoAckBolt, Bolt, ReliableSpout, Spout, Stream, _declaration

WHERE = os.environ.get("PARTS_WHERE")
"""Where the components of a test's topology run that do not say so themselves: `PARTS_WHERE=inside pytest tests/e2e/…`."""

if WHERE:
    _declare = _declaration.ComponentDeclaration.__init__

    def _declare_there(self: Any, cls: Any, args: Any, kwargs: Any) -> None:
        _declare(self, cls, args, {"where": WHERE, **kwargs})

    _declaration.ComponentDeclaration.__init__ = _declare_there  # type: ignore[method-assign]

_descriptors: dict[str, int] = {}


def note(*words: Any) -> None:
    """Adds a line to the journal, in one piece whoever else writes."""
    path = os.environ["JOURNAL"]
    if path not in _descriptors:
        _descriptors[path] = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    os.write(_descriptors[path], json.dumps(words).encode() + b"\n")


class Numbers(Spout):
    """Emits 0, 1, 2 … with themselves as ids, and notes what becomes of each: `acked n`, `failed n kind reason`."""

    class Default(Stream):
        fields = "n"

    def __init__(self, count: int = 10) -> None:
        self.count = count
        self.next = 0

    def next_tuple(self) -> None:
        if self.next < self.count:
            self.emit(self.next, id=self.next)
            self.next += 1
        else:
            self.done()

    def ack(self, id: Any) -> None:
        note("acked", id)

    def fail(self, id: Any) -> None:
        note("failed", id, *self.failure)


class ReliableNumbers(ReliableSpout):
    """As `Numbers`, but what fails is emitted again; `given up n` when it failed too often."""

    class Default(Stream):
        fields = "n"

    def __init__(self, count: int = 10) -> None:
        self.count = count

    def tuples(self) -> Any:
        for n in range(self.count):
            self.emit(n, id=n)
            yield None

    def ack(self, id: Any) -> None:
        note("acked", id)

    def fail(self, id: Any) -> None:
        note("failed", id, *self.failure)

    def dead_letter(self, id: Any, values: Any, reason: str) -> None:
        note("given up", id)
        super().dead_letter(id, values, reason)


class Endless(Spout):
    """Emits `size` characters, again and again, for ever; all tracked. Notes fails only."""

    class Default(Stream):
        fields = "text"

    def __init__(self, size: int = 1) -> None:
        self.text = "x" * size
        self.next = 0

    def next_tuple(self) -> None:
        self.emit(self.text, id=self.next)
        self.next += 1

    def fail(self, id: Any) -> None:
        note("failed", id, *self.failure)


class Noter(AutoAckBolt):
    """Notes every tuple: `saw task value …`."""

    def execute(self, input: Any) -> None:
        note("saw", self.task_id, *list(input))


class Passer(AutoAckBolt):
    """Emits what it gets."""

    class Default(Stream):
        fields = "n"

    def execute(self, input: Any) -> None:
        self.emit(input[0])


class Holder(Bolt):
    """Never acks."""

    def execute(self, input: Any) -> None:
        pass


def sleep_for_ever() -> None:
    """What a hang looks like."""
    while True:
        time.sleep(3600)


__all__ = [name for name in dir() if not name.startswith("_")]
