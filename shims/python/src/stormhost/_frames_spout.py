"""A spout that speaks frames: takes `N`, `A`, `F` and `C`, sends `R`."""

from __future__ import annotations

from _collections import deque
from itertools import count, repeat
from struct import Struct
from time import monotonic

from ._emit import SPOUT, adder, build, nothing
from ._frames import FramesLink
from ._jsontext import decode
from ._link import overrides
from ._outputs import Output, check_direct
from ._plain import puller, wakes
from ._results import Results
from ._spout import ReliableSpout, Spout
from ._watch import Watch
from ._wire import ACKED, COMMAND, CREDIT, FAILED, EndOfInput, Inlet, Outlet, WireError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from ._codec import Codec

_U64 = Struct("<Q")
_RANGE = Struct("<QQ")
_MISSING = object()
# A batch is written when it has this many rows, when its first row is this old (s), and after a call that took longer
# than the second figure.
_MAX_ROWS = 1024
_MAX_AGE = 0.001
_SLOW = 0.0003
# The clock is read after every call while calls are slow, and after up to this many while they are fast.
_MAX_PACE = 16


class SpoutLink(FramesLink):
    """The loop of one spout task."""

    component: Spout

    def __init__(self, inlet: Inlet, outlet: Outlet, codec: Codec, offer: dict[str, Any], component: Spout) -> None:
        super().__init__(inlet, outlet, codec, offer, component)
        self.results = self._results()
        self.credit = 0
        self.active = True
        self.pending: dict[int, Any] = {}
        self._number = count().__next__  # of tracked rows
        self._plain: dict[str, Any] = {}
        self._tracked: dict[str, Any] = {}
        self._tells_acks = overrides(component, Spout, "ack") or type(component)._acked not in (
            Spout._acked,
            ReliableSpout._acked,
        )
        self._wakes = wakes(component)
        self._pull: Any = None
        self._generator = overrides(component, Spout, "tuples")
        self._said_done = False
        wait = component.conf.get("topology.sleep.spout.wait.strategy.time.ms", 1)
        self._idle = wait if isinstance(wait, (int, float)) and wait >= 0 else 1

    def _results(self) -> Results:
        return Results(self.outlet, self.codec, self._blocks(), marks=False, max_frame=self.max_frame)

    def _blocks(self) -> list[tuple[Output, int]]:
        """Each stream makes two: rows without an id, and rows with one."""
        return [(output, tracked) for output in self.outputs.list for tracked in (0, 1)]

    def bind(self, component: Any) -> None:
        component._done = component._done  # on the instance, where it is found sooner
        self.bind_emit(self._emit())

    def run(self) -> None:
        self.open()
        self._watch = Watch(self._stuck)
        self._begin()
        try:
            while True:
                self._control()
                self._burst()
        except EndOfInput:
            pass
        finally:
            self._watch.end()
        self.component.close()
        self._flush()

    def _begin(self) -> None:
        """Gets ready to make the component emit."""
        self._pull = puller(self.component)

    def stop(self) -> None:
        self._flush()

    def _flush(self) -> None:
        with self.lock:
            self.results.flush()

    def _relieve(self) -> None:
        """Sends what has piled up while user code still runs."""
        self.open()
        self._flush()

    def _stuck(self, before: Any) -> Any:
        """For the watch: sends what the spout's code left behind when it blocked; None when there is nothing.

        What was there the last time, and still is, waits for a call that does not return.
        """
        with self.lock:
            results = self.results
            if not results.out:
                return None
            if before == (results.sent, len(results.out)) and results.whole():
                results.flush()
            return (results.sent, len(results.out))

    def _may_emit(self) -> bool:
        results = self.results
        return self.active and results.sent + len(results.out) < self.credit

    def _control(self) -> None:
        """Takes what the host has to say; waits for it while there is nothing else to do."""
        component = self.component
        while True:
            # Without credit it has to wait for a frame anyway: no need to look first.
            while self.buffered or (self._may_emit() and self.inlet.waiting()):
                self._take(*self.next_frame())
            while self._may_emit() and component._again():
                self._said_done = False
            if self._may_emit() and not component._done:
                return
            self._settle()
            self._take(*self.next_frame())

    def _settle(self) -> None:
        """Writes what is there, then `done` if that is news."""
        if self.results.out:
            self._flush()
        if self._through() and not self._said_done:
            self._said_done = True
            self.message({"command": "done"})
        if (self._said_done or not self.active) and self.results.said != self.results.consumed:
            self._flush()  # or the host would go on waiting to hear of the last acks

    def _through(self) -> bool:
        return self.component._done and not (isinstance(self.component, ReliableSpout) and self.component._replays)

    def _take(self, kind: bytes, payload: memoryview) -> None:
        if kind == CREDIT:
            self.credit = _U64.unpack(payload)[0]
            return
        if kind == ACKED:
            self._acked(payload)
        elif kind == FAILED:
            self._failed(payload)
        elif kind == COMMAND:
            self._command(decode(payload)["command"])
        else:
            raise WireError(f"a spout was sent a frame of kind {kind!r}")
        self.results.consume()
        if self._said_done:
            self._answer_when_done()

    def _answer_when_done(self) -> None:
        """While done, each control frame is answered: rows first, then `done` again if that is still so."""
        component = self.component
        while self._may_emit() and component._again():
            pass
        if self.results.out:
            self._flush()
        self._said_done = False
        self.results.said = -1  # even if there is nothing else to say
        self._settle()
        if self.results.said != self.results.consumed:
            self._flush()

    def _acked(self, payload: memoryview) -> None:
        take = self.pending.pop
        for first, many in _RANGE.iter_unpack(payload):
            ids = map(take, range(first, first + many), repeat(_MISSING))
            if self._tells_acks:
                self._tell_acks(ids)
            else:
                deque(ids, 0)

    def _tell_acks(self, ids: Iterator[Any]) -> None:
        """Tells the component of each id; goes on behind one for which its code raised."""
        tell = self._teller()
        while True:
            try:
                for id in ids:
                    if id is not _MISSING:
                        tell(id)
                return
            except Exception as error:
                self.report(error)

    def _teller(self) -> Any:
        """What is to be called with the id of an acked tuple."""
        component = self.component
        return component.ack if type(component)._acked is Spout._acked else component._acked

    def _failed(self, payload: memoryview) -> None:
        for number, kind, reason in decode(payload):
            id = self.pending.pop(number, _MISSING)
            if id is not _MISSING:
                self._guarded(self.component._failed, id, kind, reason)
        if self._wakes and self.component._done:
            # What it emits now it may have queued in `fail`; it is done again as soon as it emits nothing.
            self.component._done = False
            self._woken = True

    _woken = False

    def _command(self, command: str) -> None:
        if command == "heartbeat":
            self.message({"command": "sync"})
        elif command == "activate":
            self.active = True
            self._guarded(self.component.activate)
        elif command == "deactivate":
            self.active = False
            self._guarded(self.component.deactivate)

    def dead_letter(self, values: Any, stream: Any, reason: str) -> None:
        """Hands a tuple that is given up to the host's dead letters."""
        from ._values import clean

        output = self.outputs.find(stream)
        row = list(values) if isinstance(values, (list, tuple)) else [values]
        self.message({"command": "dead_letter", "tuple": clean(row), "stream": output.name, "msg": reason})

    def _guarded(self, method: Any, *arguments: Any) -> None:
        try:
            method(*arguments)
        except Exception as error:
            self.report(error)

    def _burst(self) -> None:
        """Lets the spout emit until a batch is full or old, the credit is used up, or it has nothing."""
        component, results, pull = self.component, self.results, self._pull
        out = results.out
        sent = results.sent
        room = min(self.credit - sent, _MAX_ROWS)
        have = len(out)
        pace = 1
        begun = before = monotonic()
        while have < room:
            for _ in repeat(None, pace):
                pull()
                had, have = have, len(out)
                if had < have < room and not component._done and results.sent == sent:
                    continue
                if have == had and results.sent == sent:
                    self._nothing_emitted()
                else:
                    self._flush()
                return
            now = monotonic()
            # A slow call is likely followed by another: what it emitted must not wait for that.
            if now - begun > _MAX_AGE or now - before > _SLOW:
                break
            before = now
            self._watch.arm()
            if pace < _MAX_PACE:
                pace += pace
        if out:
            self._flush()

    def _nothing_emitted(self) -> None:
        if self.results.out:
            self._flush()
        if self._woken:
            self._woken = False
            self.component._done = True
        elif not self.component._done:
            self._rest()

    def _rest(self) -> None:
        """Waits a little for something to take. More credit alone is nothing: what it had was not used up."""
        left, until = self._idle, monotonic() + self._idle / 1000
        while left > 0 and not self.buffered and self.inlet.waiting(left):
            kind, payload = self.next_frame()
            if kind == CREDIT:
                self._take(kind, payload)
                left = (until - monotonic()) * 1000
            else:
                self.buffered.append((kind, payload))

    def _emit(self) -> Any:
        """The component's `emit`; the fast way is a row for the stream `default`, without extras."""
        results = self.results
        for position, output in enumerate(self.outputs.list):
            self._plain[output.name] = adder(output, results, 2 * position, self._relieve)
            # What is tracked is sent even if nobody listens: the spout waits for its ack.
            # Nor is it sent before it has its number, since an exception may strike in the middle of that.
            self._tracked[output.name] = adder(output, results, 2 * position + 1, nothing, always=True)
        for position, output in enumerate(self.outputs.list):
            if output.name == "default" and not output.direct and output.listeners:
                return build(
                    output,
                    results,
                    2 * position + 1,
                    self._relieve,
                    signature=SPOUT,
                    special=self._special_emit,
                    first="if id is None: return plain(values)",
                    before="keep[number()] = id",
                    plain=self._plain[output.name],
                    keep=self.pending,
                    number=self._number,
                )
        return self._slow_emit()

    def _slow_emit(self) -> Any:
        """An `emit` that can do everything, for streams and extras that the fast one does not know."""

        def emit(
            values: Any,
            id: Any = None,
            stream: Any = None,
            direct_task: int | None = None,
            need_task_ids: bool = False,
        ) -> list[int] | None:
            return self._special_emit(values, id, stream, direct_task, need_task_ids)

        emit.__qualname__ = "emit"  # as users know it, where they give it the wrong arguments
        return emit

    def _special_emit(
        self, values: Any, id: Any, stream: Any, direct_task: int | None, need_task_ids: bool
    ) -> list[int] | None:
        results = self.results
        output = self.outputs.find(stream)
        check_direct(output, direct_task)
        if need_task_ids and len(results.out) + 1 >= results.limit:
            self._relieve()
        added = self.added((self._plain if id is None else self._tracked)[output.name], values, direct_task)
        if added and id is not None:
            self.pending[self._number()] = id
        if not need_task_ids:
            if len(results.out) >= results.limit:
                self._relieve()
            return None
        return self.ask_task_ids(loose=False) if added else []
