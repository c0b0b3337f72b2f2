"""`Lines` and `Exec`: components that are commands of the shell, which speak no protocol (`docs/shell.md`)."""

from __future__ import annotations

from ._process import Process

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class Shell(Process):
    """What `Lines` and `Exec` have in common: a command as it is typed in a shell, and how a tuple stands on a line."""

    __slots__ = ("shell",)

    def __init__(
        self,
        command: str,
        mode: str,
        words: dict[str, Any],
        fields: Any,
        **others: Any,
    ) -> None:
        super().__init__(fields=fields, **others)
        self.shell: dict[str, Any] = {"run": command, "as": mode}
        self.shell.update((word, value) for word, value in words.items() if value is not None)

    def as_json(self) -> dict[str, Any]:
        return {"shell": self.shell}


class Lines(Shell):
    """A command that is kept running: a line in for each tuple, a tuple for each line out.

    `Lines('grep -v bot', 2)` is a filter, at most once; `Lines('tail -F access.log', spout=True)` a spout, whose lines
    are kept and replayed until their trees are done. `fields`: what a line becomes; several stand on it with
    `separator` (a tab) between them. `json`: lines are JSON objects by the names of the fields. `null`: lines end with
    a NUL, as those of `find -print0`. The others are those of `Process`; the command runs where `stormhost` was typed.
    """

    __slots__ = ()

    def __init__(
        self,
        command: str,
        parallelism: Any = 1,
        *,
        fields: Any = "line",
        json: bool = False,
        separator: str | None = None,
        null: bool = False,
        spout: bool = False,
        env: dict[str, str] | None = None,
        cwd: str | None = None,
        conf: dict[str, Any] | None = None,
        inputs: Any = (),
    ) -> None:
        words = {"json": json, "separator": separator, "null": null or None}
        super().__init__(
            command, "lines", words, fields,
            parallelism=parallelism, spout=spout, env=env, cwd=cwd, conf=conf, inputs=inputs,
        )  # fmt: skip


class Exec(Shell):
    """A process for each tuple, or for a batch of them: its exit status 0 acks, anything else fails, with its stderr.

    A single tuple's values are the command's last arguments, stand in the environment under the names of their
    fields, and as a line on standard input; a batch has a line a tuple there. What it writes is emitted, anchored.
    `fields`: what a line of it becomes, None if nothing is to be emitted. `batch`: tuples a process, `linger`: how
    many seconds a batch that is not full waits for more. `timeout`: seconds that a process may take. As many
    processes run at a time as there are tasks. The others are those of `Lines`.
    """

    __slots__ = ()

    def __init__(
        self,
        command: str,
        parallelism: Any = 1,
        *,
        fields: Any = None,
        json: bool = False,
        separator: str | None = None,
        null: bool = False,
        batch: int = 1,
        linger: float | None = None,
        timeout: float | None = None,
        env: dict[str, str] | None = None,
        cwd: str | None = None,
        conf: dict[str, Any] | None = None,
        inputs: Any = (),
    ) -> None:
        words: dict[str, Any] = {"json": json, "separator": separator, "null": null or None}
        words.update(batch=batch, linger=linger, timeout=timeout)
        super().__init__(
            command, "exec", words, fields, parallelism=parallelism, env=env, cwd=cwd, conf=conf, inputs=inputs
        )
