"""A bolt that speaks frames: takes `T`, sends `R`."""

from __future__ import annotations

from _operator import length_hint
from struct import Struct, unpack_from
from time import monotonic

from ._bolt import AutoAckBolt, Bolt
from ._emit import BOLT, adder, build, nothing
from ._frames import _METHOD, FramesLink
from ._jsontext import decode
from ._link import overrides
from ._outputs import check_direct
from ._results import Results
from ._rows import AT, TASK_BITS, executor, row_class
from ._traceback import summary
from ._wire import COMMAND, TUPLES, EndOfInput, Inlet, Outlet, WireError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from ._codec import Codec
    from ._rows import Executor

_RUN = Struct("<HHII")
_U32 = Struct("<I")
# Finished work may wait this long (s) before it is written; looked at between executes.
_MAX_AGE = 0.001
# The clock is read after every execute while one takes longer than this (s), and after up to so many while they are
# fast.
_SLOW = 0.0003
_MAX_PACE = 16
# Notes what a row is anchored to; nearly always that is one input.
_TIE = f"tie(anchors.{AT} >> {TASK_BITS} if type(anchors) in rows else anchor_ids(anchors))"
_TICK = ("__system", "__tick")
# Seconds between two words about where the time went.
_TELL_SPENT = 0.5


class BoltLink(FramesLink):
    """The loop of one bolt task."""

    component: Bolt

    def __init__(self, inlet: Inlet, outlet: Outlet, codec: Codec, offer: dict[str, Any], component: Bolt) -> None:
        super().__init__(inlet, outlet, codec, offer, component)
        self.auto = isinstance(component, AutoAckBolt)
        self.results = self._results()
        self.taken = 0  # rows that have arrived so far: the id of the next one
        self._in_hand = False
        self._pace = 1
        self._in_code = 0.0  # seconds in `execute`, and around it in decoding and encoding
        self._in_codec = 0.0
        self._told_spent = 0.0
        self._row_classes: set[Any] = set()
        self._inputs = [self._input(spec) for spec in offer.get("inputs", ())]

    def _results(self) -> Results:
        blocks = [(output, 0) for output in self.outputs.list]
        results = Results(self.outlet, self.codec, blocks, marks=self.auto, max_frame=self.max_frame)
        if not self.auto:
            results.anchors = []
        return results

    def _input(self, spec: dict[str, Any]) -> Any:
        """What executes the rows of one input; None for ticks."""
        if (spec["component"], spec["stream"]) == _TICK:
            return None
        made = row_class(spec["component"], spec["stream"], spec["fields"], lean=True)
        self._row_classes.add(made)
        return executor(made)

    def hello(self) -> dict[str, Any]:
        return {**super().hello(), "acks": "auto" if self.auto else "hand"}

    def bind(self, component: Any) -> None:
        self.bind_emit(self._emit())
        component._fail = self._fail
        component._ack = self._ack_of_auto if self.auto else self._ack()
        if not self.auto and (not overrides(component, Bolt, "ack") or type(type(component).ack) is _METHOD):
            self.quicken_ack(component)

    def quicken_ack(self, component: Any) -> None:
        """Puts the component's `ack` where it is found soonest."""
        component.ack = component._ack

    def run(self) -> None:
        self.open()
        results, component = self.results, self.component
        results.flush(loose=True)
        while True:
            try:
                kind, payload = self.next_frame()
            except EndOfInput:
                break
            if kind == TUPLES:
                begun = monotonic()
                in_code = self._in_code
                self._tuples(payload)
                results.flush()
                now = monotonic()
                self._in_codec += now - begun - (self._in_code - in_code)
                if now - self._told_spent > _TELL_SPENT:
                    self._told_spent = now
                    self.message({"command": "metrics", "name": "__spent", "params": [self._in_code, self._in_codec]})
            elif kind == COMMAND:
                command = decode(payload)["command"]
                if command == "finish":
                    self._guarded(component.finish)
                    results.flush(loose=True)
                    self.message({"command": "finished"})
                elif command == "heartbeat":
                    self.message({"command": "sync"})
            else:
                raise WireError(f"a bolt was sent a frame of kind {kind!r}")
        component.close()
        results.flush(loose=True)

    def stop(self) -> None:
        self.results.flush(loose=self._loose())

    def _loose(self) -> bool:
        """Whether rows belong to no input: none is in hand, nor through with its rows unsent after an exception."""
        return self.auto and not self._in_hand and not self.unsaid()

    def unsaid(self) -> int:
        return self.results.through - self.results.consumed

    def _guarded(self, method: Any) -> None:
        try:
            method()
        except Exception as error:
            self.report(error)

    def _tuples(self, payload: memoryview) -> None:
        """Executes every row of a `T` frame, in order."""
        at = 4
        decode = self.codec.decode
        for _ in range(_U32.unpack_from(payload)[0]):
            number, columns, count, task = _RUN.unpack_from(payload, at)
            at += _RUN.size
            begin = self.taken << TASK_BITS
            end = (self.taken + count) << TASK_BITS
            ats: Any
            if task:
                ats = range(begin | task, end | task, 1 << TASK_BITS)
            else:
                tasks = unpack_from(f"<{count}I", payload, at)
                at += 4 * count
                ats = [id | of for id, of in zip(range(begin, end, 1 << TASK_BITS), tasks)]
            values = []
            for _ in range(columns):
                length = _U32.unpack_from(payload, at)[0]
                at += 4
                values.append(decode(payload[at : at + length]))
                at += length
            self.taken += count
            row = self._inputs[number]
            self._in_hand = True
            begun = monotonic()
            if row is None:
                self._ticks(count)
            else:
                ats = iter(ats)
                self._execute(row, zip(*values, ats), self.taken, ats)
            self._in_code += monotonic() - begun
            self._in_hand = False

    def _ticks(self, count: int) -> None:
        results = self.results
        for id in range(self.taken - count, self.taken):
            self._guarded(self.component.tick)
            results.marks.append(len(results.out))
            if not self.auto:
                results.acks.append(id)

    def _execute(self, executed: Executor, rows: Iterator[tuple[Any, ...]], end: int, ats: Any) -> None:
        """Executes `rows`, of which the last has the id `end - 1`; `ats` knows how many are still to be taken.

        Goes by small groups, so that the clock is read rarely while executes are fast.
        """
        execute = self.component.execute
        results = self.results
        out, marks = results.out, results.marks
        mark = marks.append
        pace = self._pace
        flushed = before = monotonic()

        def look() -> int:
            """Sends what is old; says how many to execute before the next look, 0 when all have been."""
            nonlocal pace, flushed, before
            if results.consumed + len(marks) >= end:
                return 0
            now = monotonic()
            if now - before > _SLOW * pace:
                pace = 1
            elif pace < _MAX_PACE:
                pace += pace
            before = now
            if now - flushed > _MAX_AGE:
                flushed = now  # before the flush: one that cannot succeed must not be tried here for ever
                results.flush()
            return pace

        while results.consumed + len(marks) < end:
            try:
                executed(rows, execute, mark, out, look)
            except Exception as error:
                through = results.consumed + len(marks)
                if through + length_hint(ats) < end:
                    self._failed(through, error)
                    mark(len(out))
                else:  # a signal handler raised between two of them
                    self.report(error)
        self._pace = pace

    def _failed(self, id: int, error: Exception) -> None:
        self.report(error)
        if self.auto or not self.results.has_ack(id):
            self.results.fails.append((id, summary(error)))

    def _ack(self) -> Any:
        append = self.results.acks.append
        bits = TASK_BITS

        def ack(input: Any) -> None:
            try:
                append(input._stormhost_at >> bits)
            except AttributeError:
                append(_id_of(input))  # says what it got instead

        return ack

    def _ack_of_auto(self, input: Any) -> None:
        """An automatic bolt's input is acked when `execute` returns."""

    def _fail(self, input: Any, reason: object = None) -> None:
        id = _id_of(input)
        results = self.results
        if self.auto and id < results.through:
            raise RuntimeError("this input has been acked already; an AutoAckBolt can fail its current input only")
        results.fails.append((id, "failed by the bolt" if reason is None else str(reason)))

    def _emit(self) -> Any:
        """The component's `emit`; the fast way is a row for the stream `default`, without extras."""
        results = self.results
        # By hand the row's anchors are noted beside it, so a flush must wait until both are there.
        self._adders = {
            output.name: adder(output, results, block, self._relieve if self.auto else nothing)
            for block, output in enumerate(self.outputs.list)
        }
        for block, output in enumerate(self.outputs.list):
            if output.name == "default" and not output.direct:
                return build(
                    output,
                    results,
                    block,
                    self._relieve,
                    signature=BOLT,
                    special=self._special_emit,
                    before="" if self.auto else _TIE,
                    tie=None if results.anchors is None else results.anchors.append,
                    anchor_ids=_anchor_ids,
                    rows=self._row_classes,
                )
        return self._slow_emit()

    def _slow_emit(self) -> Any:
        """An `emit` that can do everything, for streams and extras that the fast one does not know."""

        def emit(
            values: Any,
            stream: Any = None,
            anchors: Any = None,
            direct_task: int | None = None,
            need_task_ids: bool = False,
        ) -> list[int] | None:
            return self._special_emit(values, stream, anchors, direct_task, need_task_ids)

        emit.__qualname__ = "emit"  # as users know it, where they give it the wrong arguments
        return emit

    def _special_emit(
        self, values: Any, stream: Any, anchors: Any, direct_task: int | None, need_task_ids: bool
    ) -> list[int] | None:
        results = self.results
        ids = () if self.auto else _anchor_ids(anchors)
        output = self.outputs.find(stream)
        check_direct(output, direct_task)
        if need_task_ids and len(results.out) + 1 >= results.limit:
            self._relieve()  # the row asked about has to be the last one of the frame that asks
        if not self.added(self._adders[output.name], values, direct_task):
            return [] if need_task_ids else None
        if results.anchors is not None:
            results.anchors.append(ids)
        if need_task_ids:
            return self.ask_task_ids(self._loose())
        if not self.auto and len(results.out) >= results.limit:
            self._relieve()
        return None

    def _relieve(self) -> None:
        """Sends what one `execute` has piled up, before it takes too much memory."""
        self.open()
        self.results.flush(loose=self._loose())


def _id_of(input: Any) -> int:
    try:
        return getattr(input, AT) >> TASK_BITS  # type: ignore[no-any-return]
    except AttributeError:
        raise TypeError(f"expected an input tuple, got {type(input).__name__}") from None


def _anchor_ids(anchors: Any) -> tuple[int, ...]:
    if anchors is None:
        return ()
    at = getattr(anchors, AT, None)  # a row has it as an attribute, a list of rows has not
    if at is not None:
        return (at >> TASK_BITS,)
    return tuple([_id_of(anchor) for anchor in anchors])
