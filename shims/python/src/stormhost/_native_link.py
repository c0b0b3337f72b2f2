"""Where the pure shim and the native accelerator meet: links whose work for each tuple is done in Rust.

All that is rare stays as it is in the classes that these build on, so both ways behave alike; the accelerator takes the
place of `Results`, of what `_emit` compiles, and of the loops around `execute` and `next_tuple`. Its sources are in the
folder `native`, beside `src`.
"""

from __future__ import annotations

from _operator import setitem
from _thread import RLock
from itertools import repeat

from ._frames_bolt import _TICK, BoltLink, _anchor_ids, _id_of
from ._frames_spout import SpoutLink
from ._jsontext import encode
from ._outputs import check_direct
from ._plain import puller
from ._results import check_blocks, row_too_large
from ._rows import native_kind
from ._values import check_count, clean_row

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

    from ._codec import Codec
    from ._outputs import Output
    from ._wire import Inlet, Outlet


class NativeResults:
    """What `Results` is to the pure links. Rows are encoded as they are emitted, and gathered in `rows`, natively."""

    def __init__(
        self,
        outlet: Outlet,
        codec: Codec,
        blocks: Sequence[tuple[Output, int]],
        max_frame: int,
        marks: bool = False,
        by_hand: bool = False,
        repeats: bool = False,
    ) -> None:
        check_blocks(blocks)
        self._outlet = outlet
        self._max_frame = max_frame
        self._by_hand = by_hand
        self._turn = RLock()  # or of two frames made by two threads the second might be written first
        shapes = [(output.index, output.width, bool(tracked)) for output, tracked in blocks]
        self.rows = codec.native.Rows(shapes, marks, by_hand, max_frame, repeats)
        self.fails: list[tuple[int, str]] = []
        self.said = 0
        self.asked = 0  # frames that the host answers

    @property
    def out(self) -> Any:
        """What waits; it has a length."""
        return self.rows

    @property
    def sent(self) -> int:
        """Rows in frames, since the start."""
        return self.rows.sent  # type: ignore[no-any-return]

    @property
    def consumed(self) -> int:
        """As the last frame said."""
        return self.rows.consumed  # type: ignore[no-any-return]

    @property
    def through(self) -> int:
        """How many inputs are through, whether the host has heard of it or not."""
        return self.rows.through  # type: ignore[no-any-return]

    def consume(self, count: int = 1) -> None:
        """Counts inputs that are not marked: a spout's control frames."""
        self.rows.consume(count)

    def has_ack(self, id: int) -> bool:
        """Whether this input is acked in what waits."""
        return self.rows.has_ack(id)  # type: ignore[no-any-return]

    def whole(self) -> bool:
        """Whether every row has all its values: nothing comes between them here."""
        return True

    def flush(self, loose: bool = False, ask: bool = False) -> None:
        """Writes everything collected. `loose`: the rows are tied to no input. `ask`: the host shall answer."""
        with self._turn:
            rows, queue = self.rows, self._outlet.queue
            if rows.size > self._max_frame - 4096:  # one alone: the accelerator puts no others beside it
                raise row_too_large(rows.size, self._max_frame)
            while True:
                through = rows.through
                count = len(self.fails)
                due, kept = self._due(self.fails[:count], through) if count else ([], [])
                fails = encode(due) if due else b""
                # None where another thread has come further meanwhile; else, all in one call that no signal handler
                # interrupts, it is taken, queued, and what it says is noted.
                taken = filter(None, map(rows.take, (loose,), (ask,), (fails,), (through,)))
                cut = map(setitem, (self.fails,), (slice(0, count),), (kept,))
                said = map(setattr, repeat(self), ("said",), (through,))
                asked = map(setattr, repeat(self), ("asked",), (self.asked + ask,))
                written: Any = iter(([],))
                queue.extend(zip(taken, written, cut, said, asked))
                if next(written, None) is None:
                    break
            self._outlet.send()

    def _due(self, fails: list[tuple[int, str]], through: int) -> tuple[list[tuple[int, str]], list[tuple[int, str]]]:
        """The fails that may go, and the others: where acks come by themselves, with what consumes their input."""
        if self._by_hand:
            return fails, []
        return [fail for fail in fails if fail[0] < through], [fail for fail in fails if fail[0] >= through]


class NativeBoltLink(BoltLink):
    """The loop of one bolt task, with the accelerator."""

    results: NativeResults  # type: ignore[assignment]

    def __init__(self, inlet: Inlet, outlet: Outlet, codec: Codec, offer: dict[str, Any], component: Any) -> None:
        super().__init__(inlet, outlet, codec, offer, component)
        self._loop = codec.native.BoltLoop(
            self.results.rows, self._inputs, self.auto, self.results.flush, self._failed, self._tick
        )

    def _results(self) -> NativeResults:  # type: ignore[override]
        blocks = [(output, 0) for output in self.outputs.list]
        return NativeResults(
            self.outlet, self.codec, blocks, self.max_frame, self.auto, not self.auto, repeats=self.takes_repeats()
        )

    def _input(self, spec: dict[str, Any]) -> Any:
        if (spec["component"], spec["stream"]) == _TICK:
            return None
        return native_kind(spec["component"], spec["stream"], spec["fields"], self.codec.native)

    def quicken(self, component: Any, emit: Any) -> None:
        quicken(component, "emit", self.codec.native.bind_emit, emit)

    def quicken_ack(self, component: Any) -> None:
        quicken(component, "ack", self.codec.native.bind_ack, component._ack)

    def _tuples(self, payload: memoryview) -> None:
        self._in_hand = True
        self._in_code += self._loop.tuples(payload, self.component.execute)
        self._in_hand = False

    def _tick(self) -> None:
        self._guarded(self.component.tick)

    def _ack(self) -> Any:
        rows = self.results.rows

        def ack(input: Any) -> None:
            rows.ack(_id_of(input))  # says what it got instead

        return self._loop.ack(ack)

    def _emit(self) -> Any:
        self._streams = {
            output.name: native_stream(self.results, self.codec, block, output, output.listeners, self._relieve)
            for block, output in enumerate(self.outputs.list)
        }

        emit = self._slow_emit()
        for output in self.outputs.list:
            if output.name == "default" and not output.direct:
                stream = self._streams["default"]
                return stream.emit(emit) if self.auto else stream.emit_anchored(emit)
        return emit

    def _special_emit(
        self, values: Any, stream: Any, anchors: Any, direct_task: int | None, need_task_ids: bool
    ) -> list[int] | None:
        ids = () if self.auto else _anchor_ids(anchors)
        output = self.outputs.find(stream)
        check_direct(output, direct_task)
        if not self._streams[output.name].add(values, direct_task or 0, ids, None):
            return [] if need_task_ids else None
        if need_task_ids:
            return self.ask_task_ids(self._loose())
        if self.results.rows.full:
            self._relieve()
        return None


class NativeSpoutLink(SpoutLink):
    """The loop of one spout task, with the accelerator."""

    results: NativeResults  # type: ignore[assignment]

    def __init__(self, inlet: Inlet, outlet: Outlet, codec: Codec, offer: dict[str, Any], component: Any) -> None:
        super().__init__(inlet, outlet, codec, offer, component)
        self.pending = self.results.rows  # the ids are kept where they are given

    def _results(self) -> NativeResults:  # type: ignore[override]
        return NativeResults(self.outlet, self.codec, self._blocks(), self.max_frame, repeats=self.takes_repeats())

    def _begin(self) -> None:
        component: Any = self.component
        plain = self._plain.get("default")
        # A generator's rows need not go through `emit`, unless the component has one of its own.
        direct = self._generator and self._quick
        pull, stream = (iter(component.tuples()), plain) if direct else (puller(component), None)
        self._loop = self.codec.native.SpoutLoop(self.results.rows, component, pull, stream, self._watch.arm)

    def _acked(self, payload: memoryview) -> None:
        self.results.rows.acked(payload, self._teller() if self._tells_acks else None, self.report)

    def _burst(self) -> None:
        if self._loop.burst(self.credit):
            self._nothing_emitted()
        elif self.results.rows:
            self._flush()

    _fast: Any = None
    _quick = False  # whether the component's `emit` is the fast one, and nothing of its own

    def quicken(self, component: Any, emit: Any) -> None:
        quicken(component, "emit", self.codec.native.bind_emit, emit)
        self._quick = emit is self._fast

    def _emit(self) -> Any:
        for position, output in enumerate(self.outputs.list):
            plain = native_stream(self.results, self.codec, 2 * position, output, output.listeners, self._relieve)
            # What is tracked is sent even if nobody listens: the spout waits for its ack.
            tracked = native_stream(self.results, self.codec, 2 * position + 1, output, True, self._relieve)
            self._plain[output.name], self._tracked[output.name] = plain, tracked

        emit = self._slow_emit()
        for output in self.outputs.list:
            if output.name == "default" and not output.direct:
                self._fast = self._plain["default"].emit_tracked(emit, self._tracked["default"])
                return self._fast
        return emit

    def _special_emit(
        self, values: Any, id: Any, stream: Any, direct_task: int | None, need_task_ids: bool
    ) -> list[int] | None:
        output = self.outputs.find(stream)
        check_direct(output, direct_task)
        into = (self._plain if id is None else self._tracked)[output.name]
        added = into.add(values, direct_task or 0, (), id)
        if need_task_ids:
            return self.ask_task_ids(loose=False) if added else []
        if self.results.rows.full:
            self._relieve()
        return None


def quicken(component: Any, name: str, bind: Callable[[Any, Any], None], function: Any) -> None:
    """Makes `function` the component's method `name`: by way of its class, where the interpreter remembers it.

    Not possible for a class that takes no attributes, nor for a function that is no native one; then it stands on the
    instance.
    """
    try:
        bind(component, function)
    except (TypeError, AttributeError):
        setattr(component, name, function)


def native_stream(
    results: NativeResults, codec: Codec, block: int, output: Output, heard: bool, relieve: Callable[[], None]
) -> Any:
    """One stream as the accelerator knows it, with what is to be done for rows that are not plain, or too many."""

    def clean(values: Any) -> list[Any]:
        return clean_row(values, output.fields, output.name)

    def count(values: Any) -> None:
        check_count(values, output.fields, output.name)

    return codec.native.Stream(results.rows, block, output.width, heard, clean, count, relieve)
