"""What spouts and bolts share when they speak frames: messages, task ids, the answer to the handshake."""

from __future__ import annotations

from _collections import deque  # the C part alone: `collections` takes 3 ms to import
from _thread import RLock
from time import monotonic

from ._codec import Codec
from ._jsontext import decode, encode
from ._link import Link
from ._outputs import Output, Outputs
from ._results import Results
from ._wire import MESSAGE, TASK_IDS, Inlet, Outlet

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ._component import Component

# One error of a kind (type and place) is told in full this often; a bolt that fails each tuple must not drown its log.
_REPEAT_SECONDS = 1.0
# Twice what a column of 4,096 rows of 4,096 bytes takes: more rows than that do not gather.
_ROOM_FOR_REPEATS = 32 << 20
# What the accelerator makes of a class's `emit`; no user's own is of this kind.
_METHOD = type(str.join)


class FramesLink(Link):
    """One child's conversation in frames, once `offer`, the host's, is taken up."""

    def __init__(self, inlet: Inlet, outlet: Outlet, codec: Codec, offer: dict[str, Any], component: Component) -> None:
        self.inlet = inlet
        self.outlet = outlet
        self.codec = codec
        self.offer = offer
        self.component = component
        self.outputs = Outputs(
            (
                Output(index, o["stream"], o["fields"], bool(o.get("direct")), bool(o.get("listeners", True)))
                for index, o in enumerate(offer.get("outputs", ()))
            ),
            type(component),
        )
        self.max_frame: int = offer.get("max_frame", 64 << 20)
        self.results: Results
        self.lock = RLock()
        self.buffered: deque[tuple[bytes, memoryview]] = deque()
        self._told: dict[tuple[Any, ...], float] = {}
        self._answers: int = 0  # to frames that asked

    def hello(self) -> dict[str, Any]:
        """What the answer to the handshake says beside the pid."""
        from . import __version__

        answer = {
            "version": 1,
            "encoding": self.codec.encoding,
            "library": f"stormhost-python {__version__}",
            "codec": self.codec.name,
        }
        if self.takes_repeats():
            answer["repeats"] = True
        return answer

    def takes_repeats(self) -> bool:
        """Whether a text that is emitted several times in a row may be sent once, and may come so.

        Only the accelerator can do it; and not where frames are small: what repeats stand for has to fit one.
        """
        return self.codec.native is not None and bool(self.offer.get("repeats")) and self.max_frame >= _ROOM_FOR_REPEATS

    def open(self) -> None:
        if not self.opened:
            from os import getpid

            self.opened = True
            self.outlet.write(encode({"pid": getpid(), "stormhost": self.hello()}) + b"\nend\n")
            if self.codec.remark is not None:
                self.message({"command": "log", "msg": self.codec.remark, "level": 1})

    def message(self, message: dict[str, Any]) -> None:
        self.open()
        self.outlet.frame(MESSAGE, encode(message))

    def foreword(self, message: dict[str, Any]) -> bool:
        self.outlet.write(encode(message) + b"\nend\n")
        return True

    def next_frame(self) -> tuple[bytes, memoryview]:
        """The next frame for the loop: first those that stood before a reply."""
        if self.buffered:
            return self.buffered.popleft()  # type: ignore[no-any-return]
        while True:
            kind, payload = self.inlet.frame()
            if kind != TASK_IDS or self._answers >= self.results.asked:
                return kind, payload
            self._answers += 1  # whoever asked has been interrupted, and does not wait any more

    def ask_task_ids(self, loose: bool) -> list[int]:
        """Sends what there is, and waits for where its last row went."""
        self.open()
        with self.lock:
            self.results.flush(loose=loose, ask=True)
            asked = self.results.asked
        while True:
            kind, payload = self.inlet.frame()
            if kind != TASK_IDS:
                self.buffered.append((kind, payload))
                continue
            self._answers += 1
            if self._answers >= asked:  # else it is for somebody who was interrupted
                return list(decode(payload))

    def added(self, add: Any, values: Any, direct_task: int | None) -> bool:
        """Adds a row, with its task if it has one; False when nobody listens."""
        results = self.results
        with self.lock:
            row = results.sent + len(results.out)
            if direct_task:
                results.directs.append((row, direct_task))  # before the row: adding it may flush both
            try:
                add(values)
            except BaseException:
                if direct_task and results.sent + len(results.out) == row:  # else it is in: a flush was interrupted
                    results.directs.pop()
                raise
            if results.sent + len(results.out) > row:
                return True
            if direct_task:
                results.directs.pop()
            return False

    def report(self, error: BaseException) -> None:
        """Tells the host of an exception in user code, but the same one only so often."""
        trace = error.__traceback__
        while trace is not None and trace.tb_next is not None:
            trace = trace.tb_next
        where = (type(error), trace.tb_frame.f_code, trace.tb_lineno) if trace is not None else (type(error),)
        now = monotonic()
        if now - self._told.get(where, -_REPEAT_SECONDS) >= _REPEAT_SECONDS:
            if len(self._told) > 100:
                self._told.clear()
            self._told[where] = now
            self.component.report_error(error)

    def bind_emit(self, emit: Any) -> None:
        """Makes `emit` the component's, unless its class has an `emit` of its own."""
        component: Any = self.component
        component._link = self
        component._emit = emit
        from ._bolt import Bolt
        from ._spout import Spout

        inherited = type(component).emit
        if inherited in (Bolt.emit, Spout.emit) or type(inherited) is _METHOD:
            self.quicken(component, emit)

    def quicken(self, component: Any, emit: Any) -> None:
        """Puts the component's `emit` where it is found soonest."""
        component.emit = emit
