"""`Spout`, where tuples come from, and `ReliableSpout`, which replays what failed."""

from __future__ import annotations

from _collections import deque  # the C part alone: `collections` takes 3 ms to import

from ._component import Component

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any


class Spout(Component):
    """Emits tuples: by `next_tuple`, which is called again and again, or by a generator `tuples`.

    A tuple that is emitted with an `id` is tracked: `ack(id)` or `fail(id)` is called once when its tree is complete
    or lost. Without an `id` nothing more is heard of it. An exception out of `next_tuple` or `tuples` ends the process.
    """

    replay: str | None = None
    """`"host"`: the host keeps what is pending and emits it again when it fails."""
    failure: tuple[str, str] = ("", "")
    """Within `fail`: the kind (`failed`, `timeout`, `child_died`, `refused`, `dead_letter`) and the reason."""

    _done = False

    def next_tuple(self) -> None:
        """Emits none, one or many tuples, and returns soon."""
        raise NotImplementedError(f"{type(self).__name__} needs a method next_tuple(self), or a generator tuples(self)")

    def tuples(self) -> Iterator[Any]:
        """Instead of `next_tuple`: yields rows or bare values, or None after calling `emit` itself.

        Yield None while there is nothing: only then are acks and fails taken. When it ends, the spout is done.
        """
        raise NotImplementedError

    def ack(self, id: Any) -> None:
        """The tuple with this id, and all that came of it, has been dealt with."""

    def fail(self, id: Any) -> None:
        """The tuple with this id, or something that came of it, failed or timed out."""

    def activate(self) -> None:
        """Called when the topology goes on after a pause."""

    def deactivate(self) -> None:
        """Called when the topology is paused."""

    def done(self) -> None:
        """Says that this spout has nothing more to emit. Acks and fails still arrive.

        A spout with `next_tuple` that has a `fail` of its own is asked again after a fail, until it emits nothing.
        """
        self._done = True

    def emit(
        self,
        values: Any,
        id: Any = None,
        stream: Any = None,
        direct_task: int | None = None,
        need_task_ids: bool = False,
    ) -> list[int] | None:
        """Emits one tuple.

        `values`: a list or tuple is the row; anything else is a bare value, where the stream has one field.
        `id`: any object; given back to `ack` or `fail`; None: not tracked. `stream`, `direct_task`, `need_task_ids`:
        as for bolts. Raises EmitError for what cannot be sent.
        """
        return self._emit(values, id, stream, direct_task, need_task_ids)  # type: ignore[no-any-return]

    def _emit(self, *_: Any) -> Any:
        raise RuntimeError("emit is possible from initialize() on, in a running spout; see stormhost.testing.run_spout")

    def _acked(self, id: Any) -> None:
        self.ack(id)

    def _failed(self, id: Any, kind: str, reason: str) -> None:
        self.failure = (kind, reason)
        self.fail(id)

    def _again(self) -> bool:
        """Emits one tuple that waits to be replayed; False when there is none."""
        return False


# What nobody can change, and so needs no copy.
_PLAIN = frozenset((str, int, float, bool, type(None)))


def _kept(values: Any) -> Any:
    """What was given to `emit`, for a replay, while the caller may go on changing its lists and maps.

    Tuples keep their type, and so the names of a named one.
    """
    if isinstance(values, dict):
        return {name: value if type(value) in _PLAIN else _kept(value) for name, value in values.items()}
    if isinstance(values, (list, tuple)):
        kept = [value if type(value) in _PLAIN else _kept(value) for value in values]
        if isinstance(values, list):
            return kept
        return values._make(kept) if hasattr(values, "_make") else tuple(kept)
    return values


class ReliableSpout(Spout):
    """A spout that keeps what is pending and emits again what failed.

    Every tuple is tracked; without an `id` it gets a number. `ack(id)` is called once, `fail(id)` after each failed
    try, before the replay. After `max_tries` a tuple goes to `dead_letter`.
    """

    max_tries: int = 3
    """How often a tuple is emitted in all. A fail because a process died costs no try."""

    _number = 0
    _given_up_on: Any = None
    _waiting: deque[Any] | None = None

    def emit(
        self,
        values: Any,
        id: Any = None,
        stream: Any = None,
        direct_task: int | None = None,
        need_task_ids: bool = False,
    ) -> list[int] | None:
        """As `Spout.emit`, but always tracked."""
        if id is None:
            self._number += 1
            id = self._number
        kind = type(values)
        if kind not in _PLAIN:
            if kind is tuple or kind is list:
                for value in values:
                    if type(value) not in _PLAIN:
                        values = _kept(values)
                        break
                else:
                    values = tuple(values)
            else:
                values = _kept(values)
        pending = (id, values, stream, direct_task, 0)
        return self._emit(values, pending, stream, direct_task, need_task_ids)  # type: ignore[no-any-return]

    def dead_letter(self, id: Any, values: Any, reason: str) -> None:
        """Called with what failed too often. Hands it to the host's dead letters; override it to keep it elsewhere."""
        self.report_error(f"given up after {self.max_tries} tries: {values!r} (id {id!r}): {reason}")
        letter = getattr(self._link, "dead_letter", None)
        if letter is not None:  # Storm knows no such thing
            letter(values, self._given_up_on, reason)

    # What is pending is a plain tuple, since one is made for each emit: id, values, stream, direct task, failed tries.

    def _acked(self, pending: Any) -> None:
        self.ack(pending[0])

    def _failed(self, pending: Any, kind: str, reason: str) -> None:
        id, values, stream, direct_task, tries = pending
        self.failure = (kind, reason)
        if kind != "child_died":
            tries += 1
        try:
            self.fail(id)
        finally:  # what `fail` raises is told, but the tuple is not lost for it
            if kind == "dead_letter":
                pass  # the host has set it aside: it would kill its child again
            elif tries >= self.max_tries:
                self._given_up_on = stream
                self.dead_letter(id, values, f"{kind}: {reason}" if reason else kind)
            else:
                self._replays.append((id, values, stream, direct_task, tries))

    def _again(self) -> bool:
        if not self._replays:
            return False
        pending = self._replays.popleft()
        _, values, stream, direct_task, _ = pending
        self._emit(values, pending, stream, direct_task, False)
        return True

    @property
    def _replays(self) -> deque[tuple[Any, ...]]:
        # Made on demand, since a subclass's __init__ need not call ours.
        queue = self._waiting
        if queue is None:
            queue = self._waiting = deque()
        return queue

