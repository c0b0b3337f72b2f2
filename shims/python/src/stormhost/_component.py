"""What spouts and bolts have in common: life cycle, log, settings, and the switch between declaring and being."""

from __future__ import annotations

import sys

from ._declaration import declare

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ._link import Link

LEVELS = {"trace": 0, "debug": 1, "info": 2, "warn": 3, "warning": 3, "error": 4}


class Component:
    """Base of `Spout` and `Bolt`.

    Inside the body of a `Topology` class, calling a component class *declares* it: the first argument is the
    parallelism (default 1), the others are kept for `__init__`, which runs in the child only. Three keywords belong to
    the declaration and never reach `__init__`: `parallelism=`, `inputs=`, and `where=`, which is `"inside"` for a
    component that runs in the host itself. Anywhere else the real object is made.
    """

    conf: dict[str, Any] = {}
    """On the class: the component's own settings. On the running instance: all settings that are in force."""
    context: dict[str, Any] = {}
    """Storm's context: `task->component`, `source->stream->fields` and so on. Filled before `initialize`."""
    task_id: int = 0
    """Number of this task, from 1 over the whole topology."""
    component_id: str = ""
    """The component's name in the topology."""

    _link: Link | None = None

    def __new__(cls, *args: Any, **kwargs: Any) -> Any:
        declaration = declare(cls, args, kwargs)
        return super().__new__(cls) if declaration is None else declaration

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Takes and ignores whatever the topology passes, so that subclasses can hand everything on."""

    def initialize(self) -> None:
        """Called once in the child, when `conf` and `context` are there and before anything is taken or emitted."""

    def close(self) -> None:
        """Called once at an orderly stop."""

    def log(self, message: object, level: str = "info") -> None:
        """Writes to the host's log, at `trace`, `debug`, `info`, `warn` or `error`. A plain `print` is logged too."""
        if level not in LEVELS:
            raise ValueError(f"unknown log level {level!r}; one of {', '.join(LEVELS)}")
        self._tell({"command": "log", "msg": str(message), "level": LEVELS[level]}, f"[{level}] {message}")

    def report_error(self, error: object) -> None:
        """Tells the host of an error, with its traceback if `error` is an exception. Fails no tuple."""
        if isinstance(error, BaseException):
            from ._traceback import story

            error = story(error)
        self._tell({"command": "error", "msg": str(error)}, str(error))

    def metric(self, name: str, value: Any) -> None:
        """Sends a figure to the host's metrics; `value` is whatever JSON can say."""
        if self._link is not None:
            from ._values import clean

            self._link.message({"command": "metrics", "name": name, "params": clean(value)})

    def _tell(self, message: dict[str, Any], text: str) -> None:
        """Sends a message, or writes the text where no host can be told anything yet."""
        link = self._link
        if link is not None and link.opened:
            link.message(message)
        elif link is None or not link.foreword(message):
            print(text, file=sys.stderr)

    def run(self) -> None:
        """Speaks with the host until it is through, then ends the process.

        For a script that is a component by itself, as Storm has them: `if __name__ == "__main__": MyBolt().run()`.
        """
        from ._child import run

        run(lambda: self)
