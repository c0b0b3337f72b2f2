"""The groupings: which tasks of a component get which tuples. Storm's words and meanings."""

from __future__ import annotations

from ._declaration import Declaration, StreamRef
from ._place import here

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class Grouping:
    """A subscription to one stream of a declared component.

    `source`: the component (its stream `default`) or one of its streams (`parser.LateOnes`).
    What is wrong with it is not raised but described, so that `check` shows all mistakes at once.
    """

    name = ""

    def __init__(self, source: Any, *fields: Any) -> None:
        self.place = here()
        self.given = source
        if isinstance(source, StreamRef):
            self.source: Declaration | None = source.declaration
            self.stream = source.stream
        else:
            self.source = source if isinstance(source, Declaration) else None
            self.stream = "default"
        # `FieldsGrouping(x, ["a", "b"])` is as good as `FieldsGrouping(x, "a", "b")`.
        self.fields = list(fields[0]) if len(fields) == 1 and isinstance(fields[0], (list, tuple)) else list(fields)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.given!r}{''.join(f', {field!r}' for field in self.fields)})"


class ShuffleGrouping(Grouping):
    """Evenly over all tasks."""

    name = "shuffle"

    def __init__(self, source: Any) -> None:
        super().__init__(source)


class FieldsGrouping(Grouping):
    """Equal values of these fields go to the same task, always."""

    name = "fields"


class PartialKeyGrouping(Grouping):
    """As fields, but over two tasks a key, whichever has had less: for skewed keys."""

    name = "partial_key"


class AllGrouping(Grouping):
    """A copy to every task."""

    name = "all"

    def __init__(self, source: Any) -> None:
        super().__init__(source)


class GlobalGrouping(Grouping):
    """Everything to the task with the lowest number."""

    name = "global"

    def __init__(self, source: Any) -> None:
        super().__init__(source)


class DirectGrouping(Grouping):
    """To the task that the emitter names; for streams with `direct = True`."""

    name = "direct"

    def __init__(self, source: Any) -> None:
        super().__init__(source)


class NoneGrouping(Grouping):
    """No matter where; the same as shuffle."""

    name = "none"

    def __init__(self, source: Any) -> None:
        super().__init__(source)


class LocalOrShuffleGrouping(Grouping):
    """As shuffle: with one host, every task is local."""

    name = "local_or_shuffle"

    def __init__(self, source: Any) -> None:
        super().__init__(source)
