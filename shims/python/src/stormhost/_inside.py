"""Inside the host: what a component would have had from a process, given to a thread of the host's one interpreter.

The host calls `install` once, and `run` on a thread a task. Standard streams, environment and end are then a task's
own; modules, `sys.argv`, `sys.path` and signals are everybody's.
"""

from __future__ import annotations

import io
import os
import sys
import threading
from _thread import allocate_lock, get_ident
from itertools import filterfalse
from types import ModuleType

from ._wire import HostGone, Inlet, Outlet

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any, NoReturn

    from ._link import Link

_NO_PROCESS = "inside the host no process can be started: it could outlive the host; say where='outside'"
_NO_SIGNAL = "inside the host a component cannot signal its own process, which is the host's"
_NO_PROCESS_BY = (
    *("os.exec", "os.fork", "os.forkpty", "os.posix_spawn", "os.spawn", "os.startfile", "os.system"),
    *("pty.spawn", "subprocess.Popen"),
)


class Stopped(HostGone):
    """Raised in a component by the host, when it is to stop and does not look. Again and again, until it leaves."""

    def __str__(self) -> str:
        return "the host has told this component to stop"

    def note(self) -> None:
        # On a busy machine, to tell of it may take until the next interruption: that is done when there are no more.
        task = _here.task
        if task is not None and task.stopped is None:
            task.stopped = self


class Left(BaseException):
    """The end of a component by `os._exit`: no `finally` is skipped, since nothing else of the host may end."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


class Task:
    """One component's part of the interpreter."""

    def __init__(self, channel: Any, environment: dict[bytes, bytes]) -> None:
        self.channel = channel
        self.environment = environment
        self.thread = get_ident()
        self.left: int | None = None
        self.link: Link | None = None
        self.turn = allocate_lock()  # let go when it is the first in the line
        self.turn.acquire()
        self.orderly = False  # it has left because it was to
        self.stopped: Stopped | None = None
        self.modules: dict[str, ModuleType] = {}  # the copies that it sees where each task has one of its own
        self.output = io.TextIOWrapper(
            io.BufferedWriter(_Stderr(channel)), "utf-8", "backslashreplace", line_buffering=True
        )

    def note_unsaid(self) -> None:
        """Says what the component is through with and has not said, so that the tuple in hand can be named."""
        if self.link is not None:
            self.channel.note_unsaid(self.link.unsaid())


class _Here(threading.local):
    """Which task a thread belongs to; threads that it starts belong to the same."""

    task: Task | None = None


_here = _Here()
_tasks: dict[int, Task] = {}  # by their threads
_line: list[Task] = []  # `sys.argv` is everybody's, so components are made one after the other: the first of these is


def current() -> Task | None:
    """The task whose code calls; None outside the host, and in threads that belong to none."""
    return _here.task


def run(channel: Any, words: list[str], environment: dict[str, str]) -> int:
    """Runs a component as `python words…` would, and returns the exit status. Called by the host."""
    task = Task(channel, {**_shared, **{os.fsencode(name): os.fsencode(value) for name, value in environment.items()}})
    _here.task = _tasks[task.thread] = task
    try:
        _wait_for_its_turn(task)
        _search(environment.get("PYTHONPATH", ""))
        _program(words)
    except SystemExit as exit:
        status = _status(exit)
        task.orderly = status == 0
        return status
    except Left as left:
        return left.status
    except HostGone as gone:
        gone.note()
        return 1
    except BaseException as error:
        from ._traceback import story

        print(story(error), file=sys.stderr)
        return 1


def gone() -> None:
    """The component has left. Called by the host, in the same thread, when nothing interrupts it any more."""
    made()
    task = _tasks.pop(get_ident(), None)
    if task is not None:
        if task.stopped is not None:
            from ._traceback import story

            print(story(task.stopped), file=sys.stderr)
        task.output.flush()
        task.note_unsaid()
        link, task.link = task.link, None
        if link is not None:
            # It and its component hold each other, through the accelerator too, where no garbage collector looks.
            vars(link).clear()
        task.stopped = None  # it has the frames, and they have the component
        if not task.orderly:
            # A process would have closed its files and given its memory back.
            task.modules.clear()
            from gc import collect

            collect()


def explain(thread: int) -> None:
    """Writes where a component stands that was told to stop and goes on. Called by the host."""
    frame, task = sys._current_frames().get(thread), _tasks.get(thread)
    if task is not None:
        _leave_line(task)  # it may be in native code for ever, and the others have waited long enough
    if frame is not None and task is not None:
        from traceback import StackSummary, walk_stack

        from ._traceback import ours

        stack = StackSummary.extract(walk_stack(frame))
        stack.reverse()
        text = "".join(StackSummary.from_list([line for line in stack if not ours(line.filename)]).format())
        task.note_unsaid()
        task.channel.complain(f"it goes on at (most recent call last):\n{text}".encode(errors="replace"))


def _program(words: list[str]) -> NoReturn:
    """Runs a script, or our own command line, to the point where its component is at work, and beyond."""
    script = words[0]
    if os.path.abspath(script) == os.path.join(os.path.dirname(os.path.abspath(__file__)), "__main__.py"):
        from ._launch import main

        main(_ROOT, sys.dont_write_bytecode, words[1:])
    sys.argv = list(words)
    folder = os.path.dirname(os.path.abspath(script))
    if folder not in sys.path:
        sys.path.insert(0, folder)
    with io.open_code(os.path.abspath(script)) as file:
        code = compile(file.read(), script, "exec")
    module = ModuleType("__main__")
    module.__file__ = script
    own("__main__", module)
    exec(code, vars(module))
    raise RuntimeError(f"{script} came to its end without running a component: MyBolt().run()")


def made() -> None:
    """A component is there, or never will be: the next one may be made."""
    if _here.task is not None:
        _leave_line(_here.task)


def _wait_for_its_turn(task: Task) -> None:
    # No lock, which would be lost with a task that is interrupted as it gets it: a place in the line can be taken away
    # by anybody, at any time. `append` and `remove` are one step each under the global lock.
    _line.append(task)
    if _line[:1] != [task]:
        task.channel.hold_clock(True)  # how long the others take is not held against it
        while _line[:1] != [task]:
            task.turn.acquire(timeout=0.05)  # and look up: nothing interrupts who waits for a lock
        task.channel.hold_clock(False)


def _leave_line(task: Task) -> None:
    try:
        _line.remove(task)
        _line[0].turn.release()
    except (ValueError, IndexError, RuntimeError):
        pass  # it was not there, or nobody waits, or that one knows already


class _Copies(ModuleType):
    """What `sys.modules` has where each task has a copy of its own: that of the task whose code looks.

    So a class is found where it says it is from, which `pickle` and `dataclasses` insist on, and under its usual name,
    by which what was pickled can be read elsewhere.
    """

    def __getattribute__(self, name: str) -> Any:
        return getattr(_copy(self), name)

    def __setattr__(self, name: str, value: Any) -> None:
        setattr(_copy(self), name, value)

    def __delattr__(self, name: str) -> None:
        delattr(_copy(self), name)


_everybodys: dict[str, ModuleType] = {}  # those that were there before the copies
_latest: dict[str, ModuleType] = {}


def own(name: str, module: ModuleType) -> None:
    """Makes this module the task's own copy of that name, before its code runs."""
    task = _here.task
    if task is None:
        sys.modules[name] = module
        return
    task.modules[name] = _latest[name] = module
    before = sys.modules.get(name)
    if type(before) is not _Copies:
        if before is not None:
            _everybodys[name] = before
        sys.modules[name] = _Copies(name)


def _copy(copies: _Copies) -> ModuleType:
    name: str = ModuleType.__getattribute__(copies, "__name__")
    task = _here.task
    own = None if task is None else task.modules.get(name)
    if own is None:
        own = _everybodys.get(name) or _latest[name]
        if task is not None:
            task.modules[name] = own  # and not another one from the next load on
    return own


def _search(path: str) -> None:
    for folder in path.split(os.pathsep):
        if folder and folder not in sys.path:
            sys.path.append(folder)


def _status(exit: SystemExit) -> int:
    code = exit.code
    if code is None or isinstance(code, int):
        return int(code or 0)
    print(code, file=sys.stderr)
    return 1


class Pipe:
    """The task's channel, with the looks of a process's two descriptors."""

    def __init__(self, task: Task) -> None:
        self._task = task

    def read(self) -> bytes:
        """Some bytes, or none at the end of the input."""
        task = self._task
        if task.left is not None:
            raise Left(task.left)  # somebody has caught it
        try:
            return task.channel.read()  # type: ignore[no-any-return]
        except OSError as error:
            raise HostGone from error

    @property
    def descriptors(self) -> tuple[int, int]:
        """There are none, so Storm's dialect cannot be spoken."""
        raise RuntimeError("inside the host a component speaks frames; STORMHOST_CODEC=storm is for where='outside'")

    @property
    def left(self) -> bool:
        """Whether the component has left by `os._exit`, after which a process says nothing."""
        return self._task.left is not None

    def serves(self, link: Link) -> None:
        """This is whom it serves."""
        self._task.link = link

    def inlet(self, rest: bytes) -> Inlet:
        """Reads frames."""
        return _Inlet(self, self._task.channel, rest)

    def outlet(self) -> Outlet:
        """Writes frames."""
        return _Outlet(self._task)


class _Inlet(Inlet):
    def __init__(self, pipe: Pipe, channel: Any, rest: bytes) -> None:
        super().__init__(-1, rest)
        self._channel = channel
        self._pipe = pipe

    def _read(self, most: int) -> Iterator[bytes]:
        return iter((self._pipe.read(),))

    def _ready(self, milliseconds: float) -> bool:
        try:
            return self._channel.waiting(milliseconds)  # type: ignore[no-any-return]
        except OSError as error:
            raise HostGone from error


class _Outlet(Outlet):
    def __init__(self, task: Task) -> None:
        super().__init__(-1)
        self._task = task

    def send(self) -> None:
        if self._task.left is not None:
            raise Left(self._task.left)
        super().send()

    def _write(self, data: bytes | memoryview) -> Iterator[int]:
        return map(len, filterfalse(self._task.channel.write, (data,)))  # it writes all, and returns None

    def _interrupted(self, error: OSError) -> bool:
        return False  # no signal handlers here


class _Stderr(io.RawIOBase):
    """What is written here ends in the host's log, under the task's name."""

    def __init__(self, channel: Any) -> None:
        self._channel = channel

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self._channel.complain(bytes(data))
        return len(data)


class _Output:
    """`sys.stdout` and `sys.stderr`: those of the task whose code writes, else the host's own standard error."""

    def __init__(self, otherwise: Any) -> None:
        self._otherwise = otherwise

    def __getattr__(self, name: str) -> Any:
        task = _here.task
        return getattr(self._otherwise if task is None else task.output, name)

    def __iter__(self) -> Iterator[str]:
        raise io.UnsupportedOperation("not readable")


class _Environment(os._Environ):  # type: ignore[type-arg]
    """`os.environ`: that of the task whose code looks. The host's own, which its other threads read, never changes."""

    @property
    def _data(self) -> Any:
        task = _here.task
        return _shared if task is None else task.environment

    @_data.setter
    def _data(self, data: Any) -> None:
        pass

    def __setitem__(self, key: Any, value: Any) -> None:
        self._data[self.encodekey(key)] = self.encodevalue(value)

    def __delitem__(self, key: Any) -> None:
        encoded = self.encodekey(key)
        if encoded not in self._data:
            raise KeyError(key)
        del self._data[encoded]


_shared: dict[bytes, bytes] = {}
_ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


def install() -> None:
    """Gives each thread what a process would have had. Called by the host, once, on Python's main thread."""
    faults()
    environ = os.environ
    _shared.update(os.environb)
    coders = environ.encodekey, environ.decodekey, environ.encodevalue, environ.decodevalue
    os.environ = _Environment(_shared, *coders)  # noqa: B003 - the host's own stays as it is
    os.environb = _Environment(_shared, _bytes, bytes, _bytes, bytes)
    nothing = open(os.devnull)  # noqa: SIM115 - for as long as there is an interpreter
    sys.stdin = sys.__stdin__ = nothing  # type: ignore[misc]
    errors = open(2, "w", encoding="utf-8", errors="backslashreplace", buffering=1, closefd=False)  # noqa: SIM115
    sys.stdout = sys.__stdout__ = sys.stderr = sys.__stderr__ = _Output(errors)  # type: ignore[assignment, misc]
    os._exit = _exit
    os.abort = _abort
    # Of these no audit hook hears.
    import _posixsubprocess
    import _signal
    import signal

    _posixsubprocess.fork_exec = _no_process  # by which `multiprocessing` spawns
    for name in ("alarm", "setitimer", "raise_signal", "pidfd_send_signal"):
        for home in (signal, _signal):
            if hasattr(home, name):
                setattr(home, name, _no_signal)
    for module in (threading, sys.modules["_thread"]):
        for name in ("_start_new_thread", "start_new_thread", "start_new", "_start_joinable_thread"):
            start = getattr(module, name, None)
            if start is not None:
                setattr(module, name, _same_task(start))
    sys.addaudithook(_look)


def faults() -> None:
    """A crash of native code ends the host. At least it says where: the stacks of all threads go to standard error."""
    import faulthandler

    faulthandler.enable(2)


def _bytes(value: Any) -> bytes:
    if not isinstance(value, bytes):
        raise TypeError(f"bytes expected, not {type(value).__name__}")
    return value


def _exit(status: int) -> NoReturn:
    """`os._exit`: ends the component alone."""
    task = _here.task
    if task is None:
        raise Left(status)
    if task.left is None:
        task.left = status
    raise Left(task.left)


def _abort() -> NoReturn:
    """`os.abort`, likewise, with the status that a shell gives for it."""
    _exit(128 + 6)


def _no_process(*_args: Any) -> NoReturn:
    raise PermissionError(_NO_PROCESS)


def _no_signal(*_args: Any) -> NoReturn:
    raise PermissionError(_NO_SIGNAL)


def _same_task(start: Any) -> Any:
    """A thread belongs to the task that has started it."""

    def start_thread(function: Any, *others: Any, **named: Any) -> Any:
        task = _here.task

        def body(*args: Any, **kwargs: Any) -> None:
            _here.task = task
            try:
                function(*args, **kwargs)
            except Left:
                pass  # noted; the component's own thread hears of it at its pipes

        return start(body, *others, **named)

    return start_thread


def _look(event: str, arguments: tuple[Any, ...]) -> None:
    """Refuses what would reach beyond the component."""
    if event in _NO_PROCESS_BY:
        raise PermissionError(_NO_PROCESS)
    if event in ("os.kill", "os.killpg", "signal.pthread_kill") and _is_ours(event, arguments[0]):
        raise PermissionError(_NO_SIGNAL)


def _is_ours(event: str, whom: int) -> bool:
    """Whether a signal to a process, a group or a thread would be one to the host."""
    if event == "signal.pthread_kill":
        return True
    if event == "os.killpg":
        return whom in (0, os.getpgrp())
    # The number of a thread does for its process.
    return whom in (0, -1, -os.getpgrp()) or os.path.exists(f"/proc/self/task/{whom}")
