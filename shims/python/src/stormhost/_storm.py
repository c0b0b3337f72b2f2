"""The Storm JSON dialect, for hosts that do not offer frames: a component written for us runs on Apache Storm too."""

from __future__ import annotations

import os
from _collections import deque  # the C part alone: `collections` takes 3 ms to import

from ._bolt import AutoAckBolt, Bolt
from ._jsontext import decode, encode
from ._outputs import Output, Outputs
from ._plain import PlainLink, number, puller, wakes
from ._spout import Spout
from ._wire import EndOfInput, Outlet

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ._component import Component


def storm_link(component: Component, channel_in: int, channel_out: int, rest: bytes) -> StormLink:
    """The link that fits the component, spout or bolt."""
    kind = StormSpout if isinstance(component, Spout) else StormBolt
    return kind(component, Channel(channel_in, channel_out, rest))


class Channel:
    """Messages of JSON text, each followed by a line `end`. Task ids, which are arrays, are kept apart."""

    def __init__(self, channel_in: int, channel_out: int, rest: bytes = b"") -> None:
        self._in = channel_in
        self._outlet = Outlet(channel_out)
        self._data = rest
        self._commands: deque[Any] = deque()
        self._task_ids: deque[Any] = deque()

    def write(self, message: dict[str, Any]) -> None:
        """Sends one message."""
        self._outlet.write(encode(message) + b"\nend\n")

    def command(self) -> Any:
        """The next message that is no list of task ids. Raises EndOfInput."""
        while not self._commands:
            self._sort()
        return self._commands.popleft()

    def task_ids(self) -> list[int]:
        """The next list of task ids; what comes before it waits."""
        while not self._task_ids:
            self._sort()
        return list(self._task_ids.popleft())

    def _sort(self) -> None:
        message = self._read()
        (self._task_ids if isinstance(message, list) else self._commands).append(message)

    def _read(self) -> Any:
        searched = 0
        while True:
            end = self._data.find(b"\nend\n", searched)
            if end >= 0:
                text, self._data = self._data[:end], self._data[end + 5 :]
                return decode(text)
            searched = max(0, len(self._data) - 4)
            piece = os.read(self._in, 1 << 16)
            if not piece:
                raise EndOfInput
            self._data += piece


class StormLink(PlainLink):
    """What spouts and bolts share in this dialect."""

    def __init__(self, component: Component, channel: Channel) -> None:
        fields = component.context.get("stream->outputfields") or _declared(component)
        outputs = (Output(index, name, names, False, True) for index, (name, names) in enumerate(fields.items()))
        super().__init__(component, Outputs(outputs, type(component)))
        for output in self.outputs.list:
            # Storm does not tell a child which streams are direct; the class knows.
            output.direct = name_is_direct(component, output.name)
        self.channel = channel

    def open(self) -> None:
        if not self.opened:
            self.opened = True
            self.channel.write({"pid": os.getpid()})

    def message(self, message: dict[str, Any]) -> None:
        self.open()
        self.channel.write(message)

    def stop(self) -> None:
        """Everything has been sent already."""

    def guarded(self, method: Any, *arguments: Any) -> None:
        """Calls user code that may fail without ending the process."""
        try:
            method(*arguments)
        except Exception as error:
            self.component.report_error(error)

    def send(self, message: dict[str, Any], direct_task: int | None, need_task_ids: bool) -> list[int] | None:
        """Sends an emit, and waits for task ids where they are wanted and the dialect gives them."""
        self.open()
        if direct_task:
            message["task"] = direct_task
        message["need_task_ids"] = bool(need_task_ids and not direct_task)
        self.channel.write(message)
        if direct_task and need_task_ids:
            return [direct_task]
        return self.channel.task_ids() if need_task_ids else None


class StormBolt(StormLink):
    """Takes tuples one by one."""

    component: Bolt

    def __init__(self, component: Component, channel: Channel) -> None:
        super().__init__(component, channel)
        self._auto = isinstance(component, AutoAckBolt)
        self._ids: dict[int, str] = {}
        self._current: list[int] = []

    def run(self) -> None:
        self.open()
        while True:
            try:
                message = self.channel.command()
            except EndOfInput:
                break
            stream = message["stream"]
            if stream == "__heartbeat":
                self.channel.write({"command": "sync"})
            elif stream == "__tick" and message.get("comp") == "__system":
                self.guarded(self.component.tick)
                self.channel.write({"command": "ack", "id": message["id"]})
            else:
                self._execute(message)
        self.component.close()

    def _execute(self, message: dict[str, Any]) -> None:
        component, stream, values = message["comp"], message["stream"], message["tuple"]
        sources = self.component.context.get("source->stream->fields") or {}
        fields = (sources.get(component) or {}).get(stream)
        if fields is None or len(fields) != len(values):
            fields = [f"field_{position}" for position in range(len(values))]
        input = self.row(component, stream, fields, values, message.get("task") or 0)
        self._ids[number(input)] = message["id"]
        self._current = [number(input)] if self._auto else []
        try:
            self.component.execute(input)
        except Exception as error:
            self.component.report_error(error)
            self._answer("fail", number(input))
        else:
            if self._auto:
                self._answer("ack", number(input))
        self._current = []

    def ack(self, input: Any) -> None:
        if not self._auto:
            self._answer("ack", number(input))

    def fail(self, input: Any, reason: object) -> None:
        if reason is not None and number(input) in self._ids:
            self.component.log(f"fails a tuple: {reason}", "warn")  # Storm's `fail` has no place for it
        self._answer("fail", number(input))

    def _answer(self, command: str, of: int) -> None:
        id = self._ids.pop(of, None)
        if id is not None:  # Storm halts the worker for an answer to what has been answered already
            self.channel.write({"command": command, "id": id})

    def send_bolt(
        self, output: Output, row: list[Any], anchors: list[int], direct_task: int | None, need_task_ids: bool
    ) -> list[int] | None:
        wanted = self._current if self._auto else anchors
        ids = [self._ids[of] for of in wanted if of in self._ids]
        message = {"command": "emit", "stream": output.name, "tuple": row, "anchors": ids}
        return self.send(message, direct_task, need_task_ids)


class StormSpout(StormLink):
    """Does as it is told: `next`, `ack`, `fail`; each command ends with `sync`."""

    component: Spout

    def __init__(self, component: Component, channel: Channel) -> None:
        super().__init__(component, channel)
        self._pending: dict[str, Any] = {}
        self._sequence = 0
        self._emits = 0
        self._wakes = wakes(component)
        self._woken = False

    def run(self) -> None:
        self.open()
        component = self.component
        pull = puller(component)
        while True:
            try:
                message = self.channel.command()
            except EndOfInput:
                break
            command = message["command"]
            if command == "next":
                if not component._again() and not component._done:
                    before = self._emits
                    pull()
                    if self._woken and self._emits == before:
                        self._woken = False
                        component._done = True
            elif command == "ack":
                self._told(message["id"], component._acked)
            elif command == "fail":
                self._told(message["id"], component._failed, "failed", "")
                if self._wakes and component._done:
                    # What it emits now it may have queued in `fail`; it is done again as soon as it emits nothing.
                    component._done = False
                    self._woken = True
            elif command in ("activate", "deactivate"):
                self.guarded(getattr(component, command))
            self.channel.write({"command": "sync"})
        component.close()

    def _told(self, key: Any, method: Any, *arguments: Any) -> None:
        if key in self._pending:
            self.guarded(method, self._pending.pop(key), *arguments)

    def send_spout(
        self, output: Output, row: list[Any], id: Any, direct_task: int | None, need_task_ids: bool
    ) -> list[int] | None:
        self._emits += 1
        message: dict[str, Any] = {"command": "emit", "stream": output.name, "tuple": row}
        if id is not None:
            key = str(self._sequence)
            self._sequence += 1
            self._pending[key] = id
            message["id"] = key
        return self.send(message, direct_task, need_task_ids)


def _declared(component: Component) -> dict[str, Any]:
    from ._stream import declared_streams, field_names

    return {name: field_names(stream.fields) for name, stream in declared_streams(type(component)).items()}


def name_is_direct(component: Component, stream: str) -> bool:
    """Whether the component's class declares this stream as direct."""
    from ._stream import declared_streams

    declared = declared_streams(type(component)).get(stream)
    return declared is not None and declared.direct
