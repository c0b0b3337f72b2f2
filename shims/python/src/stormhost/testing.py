"""Trying a component out as a plain object: a list in, a list out, no host and no process.

from stormhost.testing import run_bolt

assert run_bolt(Split(), ["the cow", "jumped"]).emitted == ["the", "cow", "jumped"]
"""

from __future__ import annotations

from ._bolt import AutoAckBolt, Bolt
from ._outputs import Output, Outputs
from ._plain import PlainLink, number, puller, wakes
from ._spout import ReliableSpout, Spout
from ._stream import declared_streams, field_names
from ._traceback import summary

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from typing import Any

    from ._component import Component

__all__ = ["TICK", "Result", "run_bolt", "run_spout"]

_LEVELS = ("trace", "debug", "info", "warn", "error")
# A spout that emits nothing this many times in a row is taken to have nothing.
_EMPTY_CALLS = 100
# So often a spout is asked again after fails, in all.
_WAKES = 1000


class _Tick:
    def __repr__(self) -> str:
        return "TICK"


TICK = _Tick()
"""Among the inputs of `run_bolt`: a tick."""


class Result:
    """What a component did.

    `emitted`: everything it emitted, in order: a bare value where the stream has one field, else a tuple.
    `streams`: the same by stream. `acked`: bolts: the inputs, as given, that were acked; spouts: ids.
    `failed`: bolts: (input, reason); spouts: ids. `pending`: inputs that are neither, or ids nobody answered.
    `logged`: (level, message). `errors`: texts of reported errors. `anchors`: for each emit, the inputs it is tied to.
    `ids`: spouts: the id of each emit, None when it is not tracked.
    """

    def __init__(self) -> None:
        self.emitted: list[Any] = []
        self.streams: dict[str, list[Any]] = {}
        self.acked: list[Any] = []
        self.failed: list[Any] = []
        self.pending: list[Any] = []
        self.logged: list[tuple[str, str]] = []
        self.errors: list[str] = []
        self.anchors: list[list[Any]] = []
        self.ids: list[Any] = []

    def __repr__(self) -> str:
        return f"Result(emitted={self.emitted!r}, acked={self.acked!r}, failed={self.failed!r}, errors={self.errors!r})"


def run_bolt(
    bolt: Bolt,
    inputs: Iterable[Any],
    *,
    fields: str | Sequence[str] | None = None,
    component: str = "source",
    stream: str = "default",
    conf: dict[str, Any] | None = None,
    finish: bool = True,
) -> Result:
    """Runs a bolt over `inputs` as a host would, from `initialize` to `finish` and `close`.

    An input is a dict (field → value), a list or tuple with one value a field of `fields`, a bare value, or `TICK`.
    Without `fields`, values that come without names are reached by index. What `execute` raises fails that input.
    """
    link = _Recorder(bolt, conf)
    bolt.initialize()
    names = None if fields is None else [str(name) for name in field_names(fields)]
    for given in inputs:
        link.take(given, names, component, stream)
    if finish:
        bolt.finish()
    bolt.close()
    link.result.pending = [link.given[of] for of in sorted(link.open_inputs)]
    return link.result


def run_spout(
    spout: Spout,
    count: int = 1,
    *,
    verdict: Callable[[Any], str | None] | None = None,
    conf: dict[str, Any] | None = None,
) -> Result:
    """Asks a spout for tuples until it has emitted `count` of them, is done, or seems to have nothing.

    Each tracked tuple is then acked, or failed if `verdict(values)` returns a reason; replays are judged again. After a
    fail a spout that is done is asked again, as `done` promises, until it emits nothing; a thousand times at
    the most, for a `verdict` that never has enough.
    """
    link = _Recorder(spout, conf)
    spout.initialize()
    pull = puller(spout)
    empty = 0
    wakes_left = _WAKES
    while len(link.result.emitted) < count and not spout._done and empty < _EMPTY_CALLS:
        before = len(link.result.emitted)
        pull()
        empty = empty + 1 if len(link.result.emitted) == before else 0
    while link.unanswered:
        id, values = link.unanswered.pop(0)
        reason = None if verdict is None else verdict(values)
        shown = id[0] if isinstance(spout, ReliableSpout) else id
        if reason is None:
            link.result.acked.append(shown)
            spout._acked(id)
        else:
            link.result.failed.append(shown)
            spout._failed(id, "failed", reason)
            if spout._done and wakes(spout) and wakes_left:
                spout._done = False
                while not spout._done and wakes_left:
                    wakes_left -= 1
                    before = len(link.result.emitted)
                    pull()
                    spout._done = spout._done or len(link.result.emitted) == before
                spout._done = True
        while spout._again():
            pass
    spout.close()
    return link.result


class _Recorder(PlainLink):
    """Writes down what a component does."""

    def __init__(self, component: Component, conf: dict[str, Any] | None) -> None:
        declared = declared_streams(type(component))
        outputs = (
            Output(index, name, field_names(each.fields), each.direct, True)
            for index, (name, each) in enumerate(declared.items())
        )
        super().__init__(component, Outputs(outputs, type(component)))
        self.result = Result()
        self.given: list[Any] = []
        self.open_inputs: set[int] = set()
        self.unanswered: list[tuple[Any, Any]] = []
        self._auto = isinstance(component, AutoAckBolt)
        self.opened = True
        self._current: list[int] = []
        component.conf = {**type(component).conf, **(conf or {})}
        component.task_id = 1
        component.component_id = type(component).__name__
        self.bind(component)

    def take(self, given: Any, fields: Sequence[str] | None, component: str, stream: str) -> None:
        """Executes one input."""
        bolt: Any = self.component
        if given is TICK:
            bolt.tick()
            return
        if isinstance(given, dict):
            names, values = list(given), list(given.values())
        else:
            values = list(given) if isinstance(given, (list, tuple)) else [given]
            names = [f"field_{position}" for position in range(len(values))] if fields is None else list(fields)
        self._classes.clear()  # inputs may differ in their fields, which in a topology they cannot
        input = self.row(component, stream, names, values, 1)
        of = number(input)
        self.given.append(given)
        self.open_inputs.add(of)
        self._current = [of] if self._auto else []
        try:
            bolt.execute(input)
        except Exception as error:
            bolt.report_error(error)
            self.fail(input, summary(error))
        if self._auto and of in self.open_inputs:
            self._close(of)
            self.result.acked.append(given)
        self._current = []

    def ack(self, input: Any) -> None:
        if not self._auto and self._close(number(input)):
            self.result.acked.append(self.given[number(input)])

    def fail(self, input: Any, reason: object) -> None:
        if self._close(number(input)):
            self.result.failed.append((self.given[number(input)], "" if reason is None else str(reason)))

    def _close(self, of: int) -> bool:
        if of not in self.open_inputs:
            return False
        self.open_inputs.discard(of)
        return True

    def send_bolt(
        self, output: Output, row: list[Any], anchors: list[int], direct_task: int | None, need_task_ids: bool
    ) -> list[int] | None:
        self.result.anchors.append([self.given[of] for of in (self._current if self._auto else anchors)])
        return self._record(output, row, direct_task, need_task_ids)

    def send_spout(
        self, output: Output, row: list[Any], id: Any, direct_task: int | None, need_task_ids: bool
    ) -> list[int] | None:
        reliable = isinstance(self.component, ReliableSpout)
        self.result.ids.append(id[0] if reliable and id is not None else id)
        if id is not None:
            self.unanswered.append((id, _shown(row)))
        return self._record(output, row, direct_task, need_task_ids)

    def _record(self, output: Output, row: list[Any], direct_task: int | None, need_task_ids: bool) -> list[int] | None:
        self.result.emitted.append(_shown(row))
        self.result.streams.setdefault(output.name, []).append(_shown(row))
        return [direct_task or 1] if need_task_ids else None

    def message(self, message: dict[str, Any]) -> None:
        if message["command"] == "log":
            self.result.logged.append((_LEVELS[message["level"]], message["msg"]))
        elif message["command"] == "error":
            self.result.errors.append(message["msg"])


def _shown(row: list[Any]) -> Any:
    return row[0] if len(row) == 1 else tuple(row)
