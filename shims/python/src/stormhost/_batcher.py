"""`TimeBatcher`: a bolt that gathers its inputs and deals with them together."""

from __future__ import annotations

from ._bolt import Bolt
from ._traceback import summary

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class TimeBatcher(Bolt):
    """Calls `batch` with what has come in, every `interval` seconds, or as soon as `max_size` inputs are there.

    When `batch` returns, all its inputs are acked; when it raises, all are failed. What it emits is anchored to all
    of them. The last batch is pushed when the input ends.
    """

    interval: float = 1.0
    """Seconds between batches."""
    max_size: int | None = None
    """Inputs that make a batch at once; None: only the clock does."""

    tick_interval: float | None = 1.0

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if "interval" in vars(cls):
            cls.tick_interval = cls.interval

    def batch(self, inputs: list[Any]) -> None:
        """Called with the inputs of one batch, in order of arrival; never with an empty list."""
        raise NotImplementedError(f"{type(self).__name__} needs a method batch(self, inputs)")

    def execute(self, input: Any) -> None:
        """Gathers."""
        gathered = self._gathered
        gathered.append(input)
        if self.max_size is not None and len(gathered) >= self.max_size:
            self.push()

    def tick(self) -> None:
        """Pushes what is there."""
        self.push()

    def finish(self) -> None:
        """Pushes the last batch."""
        self.push()

    def push(self) -> None:
        """Deals with what has been gathered, now."""
        inputs = self._gathered
        if not inputs:
            return
        self._gathered = []
        self._current = inputs
        try:
            self.batch(inputs)
        except Exception as error:
            self.report_error(error)
            for input in inputs:
                self.fail(input, summary(error))
        else:
            for input in inputs:
                self.ack(input)
        finally:
            self._current = None

    def emit(
        self,
        values: Any,
        stream: Any = None,
        anchors: Any = None,
        direct_task: int | None = None,
        need_task_ids: bool = False,
    ) -> list[int] | None:
        """As `Bolt.emit`; within `batch` anchored to all of its inputs unless `anchors` says otherwise."""
        return self._emit(  # type: ignore[no-any-return]
            values, stream, self._current if anchors is None else anchors, direct_task, need_task_ids
        )

    _current: list[Any] | None = None

    @property
    def _gathered(self) -> list[Any]:
        # Made on demand, since a subclass's __init__ need not call ours.
        return self.__dict__.setdefault("_inputs_gathered", [])  # type: ignore[no-any-return]

    @_gathered.setter
    def _gathered(self, inputs: list[Any]) -> None:
        self.__dict__["_inputs_gathered"] = inputs
