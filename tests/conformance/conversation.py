"""Conversations: a transcript of `tests/wire` is played to one component over pipes, in its dialect and encoding.

The transcripts speak of messages. In Storm's dialects these go over the pipes one by one; in frames the same things are said by the
rows of frames. A component inside has no pipes to speak over; the real host plays the same tuples to it.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from harness import REPOSITORY, TESTS, Stormhost
from libraries import Library

sys.path.append(str(REPOSITORY / "shims" / "python" / "tests"))
import host as frames

# How long a component may think about its next word; a busy machine takes its time.
PATIENCE = 60.0
# What Storm's default calls a task where the tuple went; nobody looks at it.
SOMEWHERE = [3]
SHIMS = {
    "PYTHONPATH": str(REPOSITORY / "shims/python/src"),
    "RUBYLIB": str(REPOSITORY / "shims/ruby/lib"),
    "LUA_PATH": f"{REPOSITORY}/shims/lua/src/?.lua;{REPOSITORY}/shims/lua/src/?/init.lua;;",
}


def transcript(name: str) -> list[tuple[dict[str, Any], list[dict[str, Any]]]]:
    """The turns of a conversation: what the host says, and what the child says to it."""
    turns: list[tuple[dict[str, Any], list[dict[str, Any]]]] = []
    for line in (TESTS / "wire" / f"{name}.jsonl").read_text().splitlines():
        said = json.loads(line)
        if said["from"] == "host":
            turns.append((said["message"], []))
        else:
            turns[-1][1].append(said["message"])
    return turns


def play(library: Library, host: Stormhost) -> list[str]:
    """Both conversations. What went wrong, a sentence each."""
    told = []
    for role, name in (("spout", "lines"), ("split", "split")):
        folder = host.folder / role
        folder.mkdir()
        try:
            if library.where == "inside":
                through_the_host(library, role, name, host, folder)
            else:
                over_pipes(library, role, name, folder)
        except (AssertionError, EOFError) as error:
            told.append(f"{name}: {error}")
    return told


def lines_of(turns: list[tuple[dict[str, Any], list[dict[str, Any]]]]) -> list[str]:
    """What the spout of a conversation has to say."""
    return [message["tuple"][0] for _, answers in turns for message in answers if message.get("command") == "emit"]


def noted(journal: Path) -> list[list[str]]:
    return [json.loads(line) for line in journal.read_bytes().splitlines()] if journal.exists() else []


def fates(turns: list[tuple[dict[str, Any], list[dict[str, Any]]]]) -> list[list[str]]:
    """What a spout notes of what it hears."""
    return [[f"{said['command']}ed", said["id"]] for said, _ in turns if said.get("command") in ("ack", "fail")]


# Over pipes -----------------------------------------------------------------------------------------------------------


def over_pipes(library: Library, role: str, name: str, folder: Path) -> None:
    """Plays a conversation to a process. Raises AssertionError at what is said otherwise."""
    turns = transcript(name)
    pids = folder / "pids"  # where a child leaves a file that is named by its pid, as in Storm
    pids.mkdir()
    turns[0][0]["pidDir"] = str(pids)
    arguments = []
    if role == "spout":
        text = folder / "text"
        text.write_text("".join(line + "\n" for line in lines_of(turns)))
        arguments.append(str(text))
    words = library.words(role, *arguments)
    words[0] = sys.executable if words[0] == "python" else words[0]
    environment = {**os.environ, **SHIMS, **library.env, "JOURNAL": str(folder / "journal")}
    for variable in ("PYTHONPATH", "RUBYLIB"):
        environment[variable] = os.pathsep.join(filter(None, (library.env.get(variable), SHIMS[variable])))
    speak = speak_frames if library.dialect == "frames" else speak_storm
    speak(library, role, turns, words, environment)
    if role == "spout":
        assert noted(folder / "journal") == fates(turns), f"it heard {noted(folder / 'journal')}"


def speak_storm(library: Library, role: str, turns: list[Any], words: list[str], environment: dict[str, str]) -> None:
    """Storm's dialects: message by message."""
    with Pipes(words, environment, library.serializer) as pipes:
        ids: dict[str, Any] = {}
        for said, expected in turns:
            said = {**said, "id": ids.get(said["id"], said["id"])} if said.get("command") in ("ack", "fail") else said
            pipes.say(said)
            unanswered = {"activate": "activate", "deactivate": "activate", "ack": "outcomes", "fail": "outcomes"}
            if unanswered.get(said.get("command")) in library.lacks:
                continue
            for message in expected:
                heard = pipes.hear(f"{message} in answer to {said}")
                if "pid" in message:
                    assert isinstance(heard.get("pid"), int), f"{heard} is no answer to the setup object"
                    continue
                if role == "spout" and message["command"] == "emit":
                    ids[message["id"]] = heard.get("id")
                    assert heard.get("id") is not None, f"{heard} has no id"
                assert plain(heard, role) == plain(message, role), f"{heard} instead of {message} in answer to {said}"
        pipes.leave(library)


def plain(message: dict[str, Any], role: str) -> dict[str, Any]:
    """A message without what may differ from library to library."""
    told = {"command": message.get("command")}
    if told["command"] == "emit":
        told["tuple"] = list(message["tuple"])
        told["stream"] = message.get("stream") or "default"
        anchors = message.get("anchors") or []
        told["anchors"] = [] if role == "spout" else [anchors] if isinstance(anchors, str) else list(anchors)
    elif told["command"] in ("ack", "fail"):
        told["id"] = message["id"]
    return told


class Pipes:
    """A process that speaks one of Storm's dialects."""

    def __init__(self, words: list[str], environment: dict[str, str], serializer: str) -> None:
        self.process = subprocess.Popen(
            words, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        self.messages = unpacked(self.read) if serializer == "msgpack" else texts(self.read)
        self.pack = packed if serializer == "msgpack" else lambda message: json.dumps(message).encode() + b"\nend\n"
        self.awaited = ""

    def __enter__(self) -> Pipes:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout, self.process.stderr):
            with contextlib.suppress(BrokenPipeError):  # it left with something unread
                if pipe:
                    pipe.close()

    def say(self, message: Any) -> None:
        assert self.process.stdin
        self.process.stdin.write(self.pack(message))
        self.process.stdin.flush()

    def hear(self, awaited: str) -> dict[str, Any]:
        """The next message that counts; whoever asks where its tuple went is told."""
        self.awaited = awaited
        for message in self.messages:
            if message.get("command") in ("log", "metrics"):
                continue
            if message.get("command") == "emit" and message.get("need_task_ids", True) and not message.get("task"):
                self.say(SOMEWHERE)
            return message
        raise EOFError("it ended")

    def read(self) -> bytes:
        """What is there to read; raises EOFError at its end."""
        assert self.process.stdout and self.process.stderr
        if not select.select([self.process.stdout], [], [], PATIENCE)[0]:
            self.process.kill()
            raise AssertionError(f"waited {PATIENCE:.0f} s for {self.awaited}; stderr: {self.process.stderr.read().decode()[-1500:]}")
        piece = os.read(self.process.stdout.fileno(), 1 << 16)
        if not piece:
            said = self.process.stderr.read().decode()[-1500:]
            raise EOFError(f"it left with status {self.process.wait(PATIENCE)} before {self.awaited}; stderr: {said}")
        return piece

    def leave(self, library: Library) -> None:
        """At the end of its input it says nothing more, and goes."""
        assert self.process.stdin
        self.process.stdin.close()
        if "leaves" in library.lacks:
            return
        try:
            heard = self.hear("its end")
            while heard["command"] == "error" and "quiet" in library.lacks:
                heard = self.hear("its end")
        except EOFError:
            status = self.process.wait(PATIENCE)
            assert status == 0 or "status" in library.lacks, f"it left with status {status}"
        else:
            raise AssertionError(f"{heard} was said beyond the conversation")


def texts(read: Callable[[], bytes]) -> Iterator[dict[str, Any]]:
    """Messages of JSON, each with its line `end`."""
    data = b""
    while True:
        while b"\nend\n" not in data:
            data += read()
        text, data = data.split(b"\nend\n", 1)
        yield json.loads(text)


def unpacked(read: Callable[[], bytes]) -> Iterator[dict[str, Any]]:
    """Messages of MessagePack, back to back."""
    import msgpack

    unpacker = msgpack.Unpacker()
    while True:
        yield from unpacker
        unpacker.feed(read())


def packed(message: Any) -> bytes:
    import msgpack

    return bytes(msgpack.packb(message))


# In frames ------------------------------------------------------------------------------------------------------------


class Frames(frames.Host):  # type: ignore[misc]
    """The scripted host of the shims' tests. It answers a spout that cannot look at its input."""

    def next(self, *arguments: Any, **options: Any) -> Any:
        while True:
            kind, what = super().next(*arguments, **options)
            if kind == "M" and what["command"] == "wait":
                self.messages.pop()
                if not self.process.stdin.closed:
                    self.command("waited")
                continue
            if kind == "R" and what.flags & frames.ASK and not what.rows:
                self.task_ids()
            return kind, what


def speak_frames(library: Library, role: str, turns: list[Any], words: list[str], environment: dict[str, str]) -> None:
    """Frames: what is said one by one elsewhere is found in the rows."""
    frames.DEADLINE = PATIENCE
    (setup, _), *rest = turns
    with Frames(words, codec=library.env["STORMHOST_CODEC"], env=environment) as host:
        context = setup["context"]
        fields = context["stream->outputfields"]["default"]
        outputs = [{"stream": "default", "fields": fields, "direct": False, "listeners": True}]
        inputs = [{"component": "lines", "stream": "default", "fields": ["line"]}] if role == "split" else []
        host.setup("spout" if role == "spout" else "bolt", inputs=inputs, outputs=outputs, conf=setup["conf"], context=context)
        encoding = host.hello["stormhost"]["encoding"]
        assert encoding == library.encoding, f"values are in {encoding}"
        (bolt_turns if role == "split" else spout_turns)(host, rest)
        host.close()
        status = host.until_left()
        assert status == 0, f"it left with status {status}; stderr: {host.stderr[-1500:]}"


def bolt_turns(host: Frames, turns: list[Any]) -> None:
    numbers: list[str] = []  # a row's number to its id in the transcript
    for said, expected in turns:
        before = len(host.rows)
        if said["stream"] == "__heartbeat":
            syncs = sum(message["command"] == "sync" for message in host.messages)
            host.command("heartbeat")
            host.until(lambda host, syncs=syncs: sum(m["command"] == "sync" for m in host.messages) > syncs, "a sync")
            heard = [{"command": "sync"}]
        else:
            numbers.append(said["id"])
            host.tuples((0, [said["tuple"]], said["task"]))
            host.until_consumed()
            heard = [
                {"command": "emit", "tuple": row.values, "stream": row.stream, "anchors": [numbers[row.input]]}
                for row in host.rows[before:]
            ]
            heard.append({"command": "ack" if host.sent - 1 in host.acks else "fail", "id": said["id"]})
        wanted = [plain(message, "split") for message in expected]
        assert heard == wanted, f"{heard} instead of {wanted} in answer to {said}"


def spout_turns(host: Frames, turns: list[Any]) -> None:
    sequence: dict[str, int] = {}
    for said, expected in turns:
        before = len(host.rows)
        emits = [message for message in expected if message["command"] == "emit"]
        command = said["command"]
        if command == "next":
            host.credit(before + 1)
            if emits:
                host.until_rows(before + len(emits))
            else:
                host.until_message("done")
        elif command == "ack":
            host.acked((sequence[said["id"]], 1))
        elif command == "fail":
            host.failed((sequence[said["id"]], "failed", "because"))
        elif command == "deactivate":
            host.command("deactivate")
        heard = [row.values for row in host.rows[before:]]
        assert heard == [message["tuple"] for message in emits], f"{heard} in answer to {said}"
        assert all(row.tracked for row in host.rows[before:]), "a row has no id"
        sequence.update({message["id"]: before + at for at, message in enumerate(emits)})


# Through the host -----------------------------------------------------------------------------------------------------

FEED = """
TURNS = json.loads(sys.argv[1])

class Feed(Spout):
    '''Says a line when the one before is done with, so that all is in its order.'''
    class Default(Stream):
        fields = 'line'
    def initialize(self):
        self.next = 0
        self.waits = False
    def next_tuple(self):
        if self.waits:
            return
        if self.next == len(TURNS):
            return self.done()
        self.emit(TURNS[self.next], id=self.next)
        self.next += 1
        self.waits = True
    def ack(self, id):
        note('ack', id)
        self.waits = False
    def fail(self, id):
        note('fail', id, *self.failure)
        self.waits = False

class T(Topology):
    feed = Feed()
    split = DECLARATION
    see = Noter(inputs=ShuffleGrouping(split))
"""

JUDGE = """
FAILED = json.loads(sys.argv[1])

class Judge(Bolt):
    def execute(self, input):
        note('saw', input.line)
        self.fail(input) if input.line in FAILED else self.ack(input)

class T(Topology):
    lines = DECLARATION
    judge = Judge(inputs=ShuffleGrouping(lines))
"""


def through_the_host(library: Library, role: str, name: str, host: Stormhost, folder: Path) -> None:
    """Plays a conversation to a component inside: by a topology around it."""
    turns = transcript(name)
    if role == "split":
        tuples = [(said, answers) for said, answers in turns if said.get("comp")]
        source = FEED.replace("DECLARATION", library.declaration("split", fields="word", inputs="=ShuffleGrouping(feed)"))
        run = host.run(source, args=[json.dumps([said["tuple"][0] for said, _ in tuples])], within=PATIENCE)
        words = [message["tuple"][0] for _, answers in tuples for message in answers if message["command"] == "emit"]
        assert [row[1] for row in run.noted("saw")] == words, f"it emitted {run.noted('saw')}"
        assert run.noted("ack") == list(range(len(tuples))) and not run.noted("fail"), f"acked: {run.noted('ack')}"
    else:
        text = folder / "text"
        text.write_text("".join(line + "\n" for line in lines_of(turns)))
        journal = folder / "journal"
        lines = library.declaration("spout", str(text), fields="line", spout=True, env={"JOURNAL": str(journal)})
        told = fates(turns)
        failed = [lines_of(turns)[int(id.split()[1])] for fate, id in told if fate == "failed"]
        run = host.run(JUDGE.replace("DECLARATION", lines), args=[json.dumps(failed)], status=3, within=PATIENCE)
        assert run.noted("saw") == lines_of(turns), f"it emitted {run.noted('saw')}"
        assert sorted(noted(journal)) == sorted(told), f"it heard {noted(journal)}"
