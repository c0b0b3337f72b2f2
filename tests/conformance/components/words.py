"""The parts of the matrix in Python, on our library. `words.py ROLE [TEXT]`; what each role does stands in the README above."""

from __future__ import annotations

import json
import os
import sys
from typing import Any

from stormhost import AutoAckBolt, Bolt, ReliableSpout, Spout, Stream


def note(*words: Any) -> None:
    """Adds a line to the journal, in one piece whoever else writes."""
    journal = os.open(os.environ["JOURNAL"], os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    os.write(journal, json.dumps(words).encode() + b"\n")
    os.close(journal)


class Lines(Spout):
    class Default(Stream):
        fields = "line"

    def __init__(self, text: str) -> None:
        self.text = text

    def initialize(self) -> None:
        with open(self.text, encoding="utf-8") as file:
            self.lines = file.read().splitlines()
        self.next = 0

    def next_tuple(self) -> None:
        if self.next == len(self.lines):
            return self.done()
        self.emit(self.lines[self.next], id=f"line {self.next}")
        self.next += 1

    def ack(self, id: Any) -> None:
        note("acked", id)

    def fail(self, id: Any) -> None:
        note("failed", id)


class Split(AutoAckBolt):
    class Default(Stream):
        fields = "word"

    def execute(self, input: Any) -> None:
        for word in input[0].split():
            self.emit(word)


class Count(Bolt):
    def execute(self, input: Any) -> None:
        note("word", input[0])
        self.ack(input)


class Relay(AutoAckBolt):
    class Default(Stream):
        fields = "at", "value"

    def execute(self, input: Any) -> None:
        self.emit((input[0], input[1]))


class Odd(AutoAckBolt):
    class Default(Stream):
        fields = "line"

    def execute(self, input: Any) -> None:
        order, *words = input[0].split()
        if order == "!raise":
            raise ValueError("odd on purpose")
        if order == "!exit":
            os._exit(7)
        if order == "!wide":
            self.emit(("one", "too many"))
        elif order == "!nowhere":
            self.emit("lost", stream="nowhere")
        elif order == "!refuse":
            self.emit(REFUSED[words[0]])
        else:
            if order == "!print":
                print("printed by the odd one")
            self.emit(input[0])


REFUSED = {
    "nan": float("nan"),
    "infinity": float("-inf"),
    "huge": 2**64,
    "surrogate": "\ud800",
    "bytes": b"\xff",
    "object": object(),
    "key": {1: 2},
    "inner": [[{"a": float("inf")}]],
}



class Reliable(ReliableSpout):
    """Emits every line until it is acked, and says at its end how often each was."""

    max_tries = 1000

    class Default(Stream):
        fields = "line"

    def __init__(self, text: str) -> None:
        self.text = text

    def initialize(self) -> None:
        with open(self.text, encoding="utf-8") as file:
            self.lines = file.read().splitlines()
        self.acks = [0] * len(self.lines)

    def tuples(self) -> Any:
        for at, line in enumerate(self.lines):
            self.emit(line, id=at)
            yield None

    def ack(self, id: Any) -> None:
        self.acks[id] += 1

    def fail(self, id: Any) -> None:
        if self.failure[0] != "child_died":
            note("failed otherwise", *self.failure)

    def close(self) -> None:
        note("acks", len(self.acks), min(self.acks), max(self.acks))


class Tally(AutoAckBolt):
    """Counts, and tells when its input has ended."""

    class Default(Stream):
        fields = "word", "n"

    def initialize(self) -> None:
        self.counts: dict[str, int] = {}

    def execute(self, input: Any) -> None:
        self.counts[input[0]] = self.counts.get(input[0], 0) + 1

    def finish(self) -> None:
        for row in self.counts.items():
            self.emit(row)


class Write(AutoAckBolt):
    """Appends each word to a file before it acks."""

    def __init__(self, sink: str) -> None:
        self.sink = sink

    def initialize(self) -> None:
        self.file = os.open(self.sink, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)

    def execute(self, input: Any) -> None:
        os.write(self.file, input[0].encode() + b"\n")


ROLES = {
    "spout": Lines, "split": Split, "count": Count, "relay": Relay, "odd": Odd, "reliable": Reliable, "tally": Tally, "write": Write,
}  # fmt: skip

if __name__ == "__main__":
    ROLES[sys.argv[1]](*sys.argv[2:]).run()
