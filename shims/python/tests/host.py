"""The other side of the wire: a small host in plain Python that drives one real child over pipes.

It decodes every frame that the child sends, whole, and refuses whatever `PROTOCOL.md` does not allow.
"""

from __future__ import annotations

import importlib.util
import json
import os
import select
import subprocess
import sys
import time
from pathlib import Path
from struct import calcsize, pack, unpack_from

PACKAGE = Path(__file__).resolve().parents[1] / "src" / "stormhost"
ORDER, MARKS, ANCHORS, DIRECT, ACKS, FAILS, LOOSE, ASK = 1, 2, 4, 8, 16, 32, 64, 128
DEADLINE = 20.0
CODECS = [name for name in ("json", "msgspec", "ormsgpack", "msgpack") if importlib.util.find_spec(name)]
# From `make native`, or from a build of the host.
NATIVE = Path(__file__).resolve().parents[3] / "target/accelerator/accelerator/libstormhost_native.so"
if NATIVE.exists():
    os.environ.setdefault("STORMHOST_NATIVE", str(NATIVE))
if "STORMHOST_NATIVE" in os.environ:
    CODECS.append("native")
TICK = {"component": "__system", "stream": "__tick", "fields": ["rate_secs"]}


class Row:
    """One emitted row, as the host would route it."""

    def __init__(self, stream, values, tracked=0):
        self.stream = stream
        self.values = values
        self.tracked = tracked
        self.input = None  # acks auto: number of the input it belongs to; None when loose
        self.anchors = ()
        self.task = 0


class Frame:
    """One `R` frame, decoded."""

    def __init__(self, consumed, flags, rows):
        self.consumed = consumed
        self.flags = flags
        self.rows = rows
        self.acks = []
        self.fails = []

    @property
    def values(self):
        return [row.values for row in self.rows]


def codec_pair(encoding):
    if encoding == "json":
        return lambda data: json.loads(bytes(data)), lambda value: json.dumps(value).encode()
    if importlib.util.find_spec("msgspec"):
        import msgspec

        return msgspec.msgpack.decode, msgspec.msgpack.encode
    if importlib.util.find_spec("ormsgpack"):
        import ormsgpack

        return ormsgpack.unpackb, ormsgpack.packb
    from stormhost._accelerator import load  # no independent witness, but the only one

    return load().decode, load().encode


class Host:
    """Starts `command` and speaks frames with it."""

    def __init__(self, command, *, codec="json", env=None, cwd=None, stderr=subprocess.PIPE):
        self.process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=stderr,
            cwd=cwd,
            env={**os.environ, "STORMHOST_CODEC": codec, **(env or {})},
        )
        self.data = b""
        self.stray = b""
        self.stderr = ""
        self.messages = []
        self.frames = []
        self.taken = 0  # inputs the child said it has consumed
        self.sent = 0
        self.auto = True

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout, self.process.stderr):
            try:
                if pipe is not None:
                    pipe.close()
            except BrokenPipeError:
                pass  # the child left with something unread

    # -- handshake ---------------------------------------------------------------------------------------------------

    def setup(
        self,
        kind,
        *,
        inputs=(),
        outputs=(),
        conf=None,
        context=None,
        encodings=("msgpack", "json"),
        frames=True,
        max_frame=64 << 20,
    ):
        setup = {"conf": conf or {}, "pidDir": "", "context": context or {"componentid": "it", "taskid": 3}}
        self.inputs = [*inputs, TICK] if kind == "bolt" else []
        self.outputs = list(outputs)
        if frames:
            setup["stormhost"] = {
                "versions": [1],
                "encodings": list(encodings),
                "kind": kind,
                "task": 3,
                "max_frame": max_frame,
                "inputs": self.inputs,
                "outputs": self.outputs,
            }
        self.kind = kind
        self.write(json.dumps(setup).encode() + b"\nend\n")
        self.forewords = []
        while "pid" not in (hello := self._json_message()):
            self.forewords.append(hello)
        self.hello = hello
        if frames:
            answer = self.hello["stormhost"]
            assert answer["version"] == 1
            assert ("acks" in answer) == (kind == "bolt")
            self.auto = answer.get("acks") == "auto"
            self.decode, self.encode = codec_pair(answer["encoding"])
        return self.hello

    def _json_message(self):
        while b"\nend\n" not in self.data:
            self.read("the answer to the handshake")
        text, self.data = self.data.split(b"\nend\n", 1)
        return json.loads(text)

    # -- towards the child -------------------------------------------------------------------------------------------

    def write(self, data):
        self.process.stdin.write(data)
        self.process.stdin.flush()

    def frame(self, kind, payload=b""):
        self.write(b"\xffSH" + kind + pack("<I", len(payload)) + payload)

    def tuples(self, *runs):
        """Each run: (input index, list of rows, task or list of tasks)."""
        payload = pack("<I", len(runs))
        for number, rows, task in runs:
            columns = list(zip(*rows)) if rows and rows[0] else []
            mixed = isinstance(task, list)
            payload += pack("<HHII", number, len(columns), len(rows), 0 if mixed else task)
            if mixed:
                payload += pack(f"<{len(task)}I", *task)
            for column in columns:
                data = self.encode(list(column))
                payload += pack("<I", len(data)) + data
            self.sent += len(rows)
        self.frame(b"T", payload)

    def tick(self):
        self.tuples((len(self.inputs) - 1, [[1]], 1))

    def credit(self, total):
        self.frame(b"N", pack("<Q", total))

    def acked(self, *ranges):
        self.frame(b"A", b"".join(pack("<QQ", first, count) for first, count in ranges))

    def failed(self, *fails):
        self.frame(b"F", json.dumps([list(fail) for fail in fails]).encode())

    def command(self, command):
        self.frame(b"C", json.dumps({"command": command}).encode())

    def task_ids(self, *ids):
        self.frame(b"I", json.dumps(list(ids)).encode())

    def close(self):
        self.process.stdin.close()

    # -- from the child ----------------------------------------------------------------------------------------------

    def read(self, awaited, deadline=DEADLINE):
        ready, _, _ = select.select([self.process.stdout], [], [], deadline)
        if not ready:
            self.process.kill()
            raise AssertionError(f"waited {deadline} s for {awaited}; stderr: {self.process.stderr.read().decode()}")
        piece = os.read(self.process.stdout.fileno(), 1 << 16)
        if not piece:
            if self.process.stderr is not None:
                self.stderr += self.process.stderr.read().decode()
            raise EOFError(f"the child left while {awaited} was awaited; stderr: {self.stderr}")
        self.data += piece

    def next(self, awaited="a frame", deadline=DEADLINE):
        """The next frame from the child, as (kind, what it says)."""
        while True:
            begin = self.data.find(b"\xffSH")
            if begin > 0:
                self.stray += self.data[:begin]
                self.data = self.data[begin:]
            if begin >= 0 and len(self.data) >= 8:
                (length,) = unpack_from("<I", self.data, 4)
                if len(self.data) >= 8 + length:
                    kind, payload = self.data[3:4], self.data[8 : 8 + length]
                    self.data = self.data[8 + length :]
                    break
            self.read(awaited, deadline)
        if kind == b"M":
            message = json.loads(payload)
            self.messages.append(message)
            return "M", message
        assert kind == b"R", kind
        frame = self.results(payload)
        self.frames.append(frame)
        return "R", frame

    def quiet(self, seconds=0.1):
        """Whether the child says nothing for so long."""
        return not self.data and not select.select([self.process.stdout], [], [], seconds)[0]

    def until(self, condition, awaited):
        """Reads frames until `condition(self)` holds."""
        end = time.monotonic() + DEADLINE
        while not condition(self):
            self.next(awaited, max(0.1, end - time.monotonic()))
        return self

    def until_consumed(self, count=None):
        count = self.sent if count is None else count
        return self.until(lambda host: host.taken >= count, f"{count} consumed")

    def until_message(self, command):
        self.until(lambda host: any(m["command"] == command for m in host.messages), f"message {command}")
        return [m for m in self.messages if m["command"] == command]

    def until_rows(self, count):
        return self.until(lambda host: len(host.rows) >= count, f"{count} rows")

    def until_left(self):
        """Closes nothing; waits for the end of the child and returns its status; `stderr` is then complete."""
        while True:
            try:
                self.next("the end")
            except EOFError:
                break
        return self.process.wait(DEADLINE)

    @property
    def rows(self):
        return [row for frame in self.frames for row in frame.rows]

    @property
    def values(self):
        return [row.values for row in self.rows]

    @property
    def fails(self):
        return [tuple(fail) for frame in self.frames for fail in frame.fails]

    @property
    def acks(self):
        """Ids that are acked, in either way."""
        if self.auto:
            failed = {id for id, _ in self.fails}
            return [id for id in range(self.taken) if id not in failed]
        return [id for frame in self.frames for id in frame.acks]

    def results(self, payload):
        at = 0

        def take(form):
            nonlocal at
            values = unpack_from("<" + form, payload, at)
            at += calcsize("<" + form)
            return values

        consumed, flags, emits, count = take("QIIH")
        blocks = []
        for _ in range(count):
            stream, columns, rows, tracked = take("HHII")
            assert rows > 0, "a block without rows"
            assert columns == len(self.outputs[stream]["fields"])
            data = []
            for _ in range(columns):
                (length,) = take("I")
                data.append(self.decode(payload[at : at + length]))
                assert len(data[-1]) == rows
                at += length
            name = self.outputs[stream]["stream"]
            values = list(zip(*data)) if columns else [()] * rows
            blocks.append([Row(name, list(row), tracked) for row in values])
        assert emits == sum(map(len, blocks))
        assert bool(flags & ORDER) or count <= 1
        order = take(f"{emits}B") if flags & ORDER else (0,) * emits
        sources = [iter(block) for block in blocks]
        frame = Frame(consumed, flags, [next(sources[of]) for of in order])
        before, self.taken = self.taken, consumed
        if flags & MARKS:
            (n,) = take("I")
            marks = take(f"{n}I")
            assert n == consumed - before, "a mark for each input consumed"
            begin = 0
            for position, mark in enumerate([*marks, emits]):
                for row in frame.rows[begin:mark]:
                    row.input = before + position
                assert mark >= begin
                begin = mark
        elif self.kind == "bolt" and self.auto:
            assert emits == 0 or flags & LOOSE, "rows of an automatic bolt that belong to nothing"
        if flags & ANCHORS:
            ends = take(f"{emits}I")
            ids = take(f"{ends[-1] if ends else 0}Q")
            begin = 0
            for row, end in zip(frame.rows, ends):
                row.anchors = ids[begin:end]
                begin = end
        if flags & DIRECT:
            for row, task in zip(frame.rows, take(f"{emits}I")):
                row.task = task
        if flags & ACKS:
            (n,) = take("I")
            frame.acks = list(take(f"{n}Q"))
        if flags & FAILS:
            (length,) = take("I")
            frame.fails = json.loads(payload[at : at + length])
            at += length
        assert at == len(payload), "bytes behind the last section"
        assert consumed <= self.sent or self.kind == "spout"
        return frame


def component_command(file, id, *args, python=sys.executable):
    return [python, str(PACKAGE / "__main__.py"), "component", str(file), id, "--", *args]
