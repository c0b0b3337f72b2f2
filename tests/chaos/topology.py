"""The topologies of the campaign: `stormhost run topology.py -- GRAPH LINK FOLDER QUOTA RATE`.

GRAPH: how components are connected. LINK: how the host speaks with the workers: frames, json, msgpack, shell, lua and python (both inside the host).
Spouts know the truth (`children/truth.py`); the sink notes all that arrives; whoever is told to does wrong (`children/orders.py`).
"""

from __future__ import annotations

import os
import struct
import sys
from typing import Any

from stormhost import AutoAckBolt, Bolt, Exec, FieldsGrouping, Lines, Lua, Process, ShuffleGrouping, Spout, Stream, Topology

HERE = os.path.dirname(os.path.abspath(__file__))
CHILDREN = os.path.join(HERE, "children")
sys.path.append(CHILDREN)

from joining import Pairs  # noqa: E402
from orders import Orders, Voice, append, line_of  # noqa: E402
from truth import Truth, pair_of  # noqa: E402

GRAPH, LINK, FOLDER, QUOTA, RATE = *sys.argv[1:4], *map(int, sys.argv[4:6])


class Frames(Voice):
    """How a component of our own library speaks, below the library."""

    half = b"\xffSHR\xe8\x03\x00\x00half"
    rubbish = Voice.rubbish + b"\xff\xffSH \xffS"

    def __init__(self, component: Any) -> None:
        self._link = component._link
        outlet = self._link.outlet
        self.descriptors = (self._link.inlet.descriptor, outlet.descriptor) if hasattr(outlet, "descriptor") else (-1, -1)

    def write(self, data: bytes) -> None:
        self._link.outlet.write(data)

    def _results(self, flags: int, emits: int, blocks: int, *sections: bytes) -> None:
        self._link.results.flush()
        self._link.outlet.frame(b"R", struct.pack("<QIIH", self._link.results.consumed, flags, emits, blocks), *sections)

    def ack_strangers(self) -> None:
        ids = (1 << 40, (1 << 64) - 1, 10**18)
        fails = b'[[1099511627776,"a stranger"]]'
        self._results(16 | 32, 0, 0, struct.pack("<I3Q", len(ids), *ids), struct.pack("<I", len(fails)), fails)

    def anchor_to_strangers(self) -> None:
        values = [b"stranger", b"stranger", b"nobody"]
        json = self._link.codec.encoding == "json"
        columns = [b'["%s"]' % value if json else b"\x91" + bytes([0xA0 | len(value)]) + value for value in values]
        block = struct.pack("<HHII", 0, 3, 1, 0) + b"".join(struct.pack("<I", len(column)) + column for column in columns)
        self._results(4, 1, 1, block, struct.pack("<I2Q", 2, 1 << 40, 12345678901))


class Orderly:
    """A component that does wrong when it is told to."""

    def initialize(self: Any) -> None:
        self.orders = Orders(FOLDER, self.component_id, self.task_id)

    def obey(self: Any) -> None:
        order = self.orders.take()
        if order is not None:
            self.orders.follow(order, Frames(self))

    def close(self: Any) -> None:
        self.orders.at_the_end()


class Acking(Orderly, Bolt):
    """Acks by hand, by the manners that it was told."""

    class Default(Stream):
        fields = "n", "pair", "by"

    def acked(self, input: Any) -> None:
        manners = self.orders.manners()
        if manners == "never_acks":
            return
        self.ack(input)
        if manners == "acks_twice":
            self.ack(input)
            self.fail(input, "after all")


class Worker(Acking):
    """Passes on what it gets, with its name on it."""

    def execute(self, input: Any) -> None:
        self.obey()
        id, pair, *before = input
        self.emit((id, pair, ",".join([*before, self.orders.by])), anchors=input)
        self.acked(input)


class Join(Acking):
    """Makes one tuple of the two of a pair, anchored to both."""

    tick_interval = 0.2

    def initialize(self) -> None:
        super().initialize()
        self.pairs = Pairs()

    def execute(self, input: Any) -> None:
        self.obey()
        held = self.pairs.add(input[1], input[0], input)
        if held:
            self.send(input[1], held)

    def tick(self) -> None:
        for pair, held in self.pairs.tick():
            self.send(pair, held)

    def send(self, pair: str, held: list[tuple[str, Any]]) -> None:
        by = {input[2]: None for _, input in held}
        self.emit(("+".join(id for id, _ in held), pair, ",".join([*by, self.orders.by])), anchors=[input for _, input in held])
        for _, input in held:
            self.acked(input)


class Router(Orderly, AutoAckBolt):
    """Sends what is new once round the cycle, and what comes back to the sink."""

    class Default(Stream):
        fields = "n", "pair", "by"

    class Work(Stream):
        fields = "n", "pair"

    def execute(self, input: Any) -> None:
        self.obey()
        if input.meta.component == "worker":
            self.emit((input[0], input[1], f"{input[2]},{self.orders.by}"))
        else:
            self.emit((input[0], input[1]), stream="work")


class Sink(Orderly, Bolt):
    """Notes all that arrives: `<ns> <incarnation> <task> <component> <by> <id>`."""

    class Default(Stream):
        fields = "n", "pair", "by"

    def initialize(self) -> None:
        super().initialize()
        self.journal = append(os.path.join(FOLDER, "sink"))

    def execute(self, input: Any) -> None:
        self.obey()
        orders = self.orders
        self.journal.write(line_of(orders.incarnation, orders.task, input.meta.component, input[2], input[0]))
        Acking.acked(self, input)  # type: ignore[arg-type]


class Source(Orderly, Spout):
    """Emits what the truth has."""

    class Default(Stream):
        fields = "n", "pair"

    def initialize(self) -> None:
        super().initialize()
        self.truth = Truth(FOLDER, self.component_id, self.orders.incarnation, QUOTA, RATE)

    def next_tuple(self) -> None:
        self.obey()
        id = self.truth.next()
        if id is not None:
            self.emit((id, pair_of(id)), id=id)
        elif self.truth.through():
            self.done()

    def ack(self, id: str) -> None:
        self.truth.acked(id)

    def fail(self, id: str) -> None:
        self.truth.failed(id, self.failure[0])


def script(name: str) -> str:
    return os.path.join(CHILDREN, name)


def spout(name: str) -> Any:
    if LINK in ("json", "msgpack"):
        words = (LINK, "spout", name, FOLDER, str(QUOTA), str(RATE))
        return Process("python", script("by_hand.py"), *words, spout=True, fields=("n", "pair"), serializer=LINK)
    if LINK == "python":
        return Source(where="inside")
    return Source()


def part(name: str, role: str, inputs: Any, tasks: int = 2) -> Any:
    """A worker or a join, as the link has it."""
    fields = ("n", "pair", "by")
    if LINK in ("json", "msgpack"):
        words = (LINK, role, name, FOLDER)
        conf = {"topology.tick.tuple.freq.secs": 0.2} if role == "join" else {}
        command = ("python", script("by_hand.py"), *words)
        return Process(*command, fields=fields, parallelism=tasks, serializer=LINK, inputs=inputs, conf=conf)
    if LINK == "shell":
        command = f"{sys.executable} -S -E {script('once.py')} {role} {name} {FOLDER}"
        return Exec(command, tasks, fields=fields, batch=200, linger=0.05, inputs=inputs)
    if LINK == "lua":
        conf = {"topology.tick.tuple.freq.secs": 0.2} if role == "join" else {}
        return Lua(script("worker.lua"), role, name, FOLDER, fields=fields, parallelism=tasks, inputs=inputs, conf=conf)
    cls = {"worker": Worker, "join": Join}[role]
    return cls(tasks, where="inside" if LINK == "python" else "outside", inputs=inputs)


class Chaos(Topology):
    s1 = spout("s1")
    if GRAPH == "chain":
        worker = part("worker", "worker", ShuffleGrouping(s1))
        last = part("last", "worker", ShuffleGrouping(worker))
        sink = Sink(2, inputs=ShuffleGrouping(last))
    elif GRAPH == "fan_out":
        worker = part("worker", "worker", ShuffleGrouping(s1))
        second = part("second", "worker", ShuffleGrouping(s1), tasks=1)
        third: Any
        if LINK == "shell":
            command = f"{sys.executable} -S -E {script('filter.py')} third {FOLDER}"
            third = Lines(command, 1, fields=("n", "pair", "by"), inputs=ShuffleGrouping(s1))
        else:
            third = part("third", "worker", FieldsGrouping(s1, "pair"), tasks=1)
        sink = Sink(2, inputs=[ShuffleGrouping(worker), ShuffleGrouping(second), ShuffleGrouping(third)])
    elif GRAPH == "fan_in":
        s2 = spout("s2")
        s3: Any
        if LINK == "shell":
            command = f"{sys.executable} -S -E {script('source.py')} s3 {FOLDER} {QUOTA} {RATE}"
            s3 = Lines(command, fields=("n", "pair", "by"), spout=True)
        else:
            s3 = spout("s3")
        worker = part("worker", "worker", [ShuffleGrouping(s1), FieldsGrouping(s2, "n"), ShuffleGrouping(s3)])
        sink = Sink(2, inputs=ShuffleGrouping(worker))
    elif GRAPH == "join":
        worker = part("worker", "worker", ShuffleGrouping(s1))
        join = part("join", "join", FieldsGrouping(worker, "pair"))
        sink = Sink(2, inputs=ShuffleGrouping(join))
    else:
        router = Router(2, inputs=FieldsGrouping(s1, "n"))
        worker = part("worker", "worker", ShuffleGrouping(router.Work))
        router.inputs.append(FieldsGrouping(worker, "n"))
        sink = Sink(2, inputs=ShuffleGrouping(router))
