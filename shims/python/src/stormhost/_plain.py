"""A link whose every emit goes out at once: what the Storm dialect and the test helper have in common."""

from __future__ import annotations

from ._link import Link
from ._outputs import check_direct
from ._rows import AT, TASK_BITS, TASK_MASK, row_class
from ._values import clean_row

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from ._component import Component
    from ._outputs import Output, Outputs


class PlainLink(Link):
    """Binds a component to methods that send one thing at a time."""

    def __init__(self, component: Component, outputs: Outputs) -> None:
        self.component = component
        self.outputs = outputs
        self._classes: dict[tuple[str, str], Any] = {}
        self._arrived = 0

    def bind(self, component: Any) -> None:
        from ._spout import Spout

        component._link = self
        component._emit = self.spout_emit if isinstance(component, Spout) else self.bolt_emit
        if not isinstance(component, Spout):
            component._ack = self.ack
            component._fail = self.fail

    def row(self, component: str, stream: str, fields: Sequence[str], values: Sequence[Any], task: int) -> Any:
        """The tuple object for one arrival; ids count from 0."""
        made = self._classes.get((component, stream))
        if made is None:
            made = self._classes[component, stream] = row_class(component, stream, fields)
        at = self._arrived << TASK_BITS | max(task, 0) & TASK_MASK
        self._arrived += 1
        return made(*values, at)

    def bolt_emit(
        self, values: Any, stream: Any, anchors: Any, direct_task: int | None, need_task_ids: bool
    ) -> list[int] | None:
        output = self._checked(stream, direct_task)
        anchored = () if anchors is None else (anchors,) if hasattr(type(anchors), AT) else anchors
        row = clean_row(values, output.fields, output.name)
        return self.send_bolt(output, row, [number(anchor) for anchor in anchored], direct_task, need_task_ids)

    def spout_emit(
        self, values: Any, id: Any, stream: Any, direct_task: int | None, need_task_ids: bool
    ) -> list[int] | None:
        output = self._checked(stream, direct_task)
        return self.send_spout(output, clean_row(values, output.fields, output.name), id, direct_task, need_task_ids)

    def ack(self, input: Any) -> None:
        raise NotImplementedError

    def fail(self, input: Any, reason: object) -> None:
        raise NotImplementedError

    def send_bolt(
        self, output: Output, row: list[Any], anchors: list[int], direct_task: int | None, need_task_ids: bool
    ) -> list[int] | None:
        """Sends a bolt's row; `anchors` are numbers of inputs."""
        raise NotImplementedError

    def send_spout(
        self, output: Output, row: list[Any], id: Any, direct_task: int | None, need_task_ids: bool
    ) -> list[int] | None:
        """Sends a spout's row; `id` is None or any object."""
        raise NotImplementedError

    def _checked(self, stream: Any, direct_task: int | None) -> Output:
        output = self.outputs.find(stream)
        check_direct(output, direct_task)
        return output


def number(input: Any) -> int:
    """The number of an input tuple. Raises TypeError for what is none."""
    try:
        return getattr(input, AT) >> TASK_BITS  # type: ignore[no-any-return]
    except AttributeError:
        raise TypeError(f"expected an input tuple, got {type(input).__name__}") from None


def wakes(component: Any) -> bool:
    """Whether a fail wakes this spout when it is done: it may have queued in `fail` what `next_tuple` emits."""
    from ._link import overrides
    from ._spout import ReliableSpout, Spout

    own = overrides(component, Spout, "fail") and not overrides(component, Spout, "tuples")
    return own and not isinstance(component, ReliableSpout)  # that one replays by itself


def puller(component: Any) -> Any:
    """A function that makes a spout emit once: its `next_tuple`, or a step of its generator `tuples`."""
    from ._link import overrides
    from ._spout import Spout

    if not overrides(component, Spout, "tuples"):
        return component.next_tuple
    step = iter(component.tuples()).__next__
    emit = component.emit

    def pull() -> None:
        try:
            values = step()
        except StopIteration:
            component.done()
            return
        if values is not None:
            emit(values)

    return pull
