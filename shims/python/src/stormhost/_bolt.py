"""`Bolt`, which acks by hand, and `AutoAckBolt`, which anchors and acks by itself."""

from __future__ import annotations

from ._component import Component

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class Bolt(Component):
    """Takes tuples, emits others, and says itself what became of its input: `ack` or `fail`, each exactly once.

    Inputs may be acked in any order, and later than in the `execute` that got them. What is never acked is failed by
    the message timeout. An exception out of `execute` is reported and fails that input; the bolt goes on.
    `emit`, `ack` and `fail` belong to the main thread.
    """

    tick_interval: float | None = None
    """Seconds between calls of `tick`; None: no ticks."""

    def execute(self, input: Any) -> None:
        """Called for each tuple. Fields are attributes (`input.word`), items by name and by index; see `input.meta`."""
        raise NotImplementedError(f"{type(self).__name__} needs a method execute(self, input)")

    def tick(self) -> None:
        """Called every `tick_interval` seconds."""

    def finish(self) -> None:
        """Called once when the input has ended, so that a last batch can be pushed."""

    def emit(
        self,
        values: Any,
        stream: Any = None,
        anchors: Any = None,
        direct_task: int | None = None,
        need_task_ids: bool = False,
    ) -> list[int] | None:
        """Emits one tuple.

        `values`: a list or tuple is the row; anything else is a bare value, where the stream has one field.
        `stream`: id or `Stream` class; default `default`. `anchors`: the input, or several, that fail if this tuple
        fails; none by default. `direct_task`: the receiving task, for direct streams only.
        `need_task_ids`: wait, and return the numbers of the tasks that the tuple went to.
        Raises EmitError for what cannot be sent.
        """
        return self._emit(values, stream, anchors, direct_task, need_task_ids)  # type: ignore[no-any-return]

    def ack(self, input: Any) -> None:
        """Says that this input has been dealt with."""
        self._ack(input)

    def fail(self, input: Any, reason: object = None) -> None:
        """Says that this input could not be dealt with; its spout is told, with the reason."""
        self._fail(input, reason)

    def _emit(self, *_: Any) -> Any:
        raise RuntimeError("emit is possible from initialize() on, in a running bolt; see stormhost.testing.run_bolt")

    def _ack(self, input: Any) -> None:
        raise RuntimeError("ack is possible in a running bolt only; see stormhost.testing.run_bolt")

    def _fail(self, input: Any, reason: object) -> None:
        raise RuntimeError("fail is possible in a running bolt only; see stormhost.testing.run_bolt")


class AutoAckBolt(Bolt):
    """A bolt whose emits are anchored to the current input, which is acked when `execute` returns.

    An exception out of `execute` is reported and fails the input. `fail(input)` within `execute` fails it without
    an exception; `ack` does nothing.
    """
