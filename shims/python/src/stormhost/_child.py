"""A child from its first act to its last: descriptors, handshake, `initialize`, the loop, the exit status.

The handshake is answered once `initialize` has returned, so a component that cannot start is told from one that
fails later: it leaves with status 1 before it has ever been healthy, and its traceback stands on standard error.
"""

from __future__ import annotations

import os
import sys

from ._jsontext import decode
from ._stdio import Pipe, arm_faulthandler, take_over
from ._wire import HostGone, Inlet, Outlet

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, NoReturn

    from ._component import Component
    from ._link import Link

VERSION = 1  # of the frames that this library speaks


def run(make: Callable[[], Component]) -> NoReturn:
    """Serves the component that `make` returns, then exits: 0 when the host closed our input, 1 after an error."""
    inside = sys.modules.get("stormhost._inside")
    task = None if inside is None else inside.current()
    if inside is not None and task is not None:
        component = make()
        inside.made()
        _serve(lambda: component, inside.Pipe(task))
    pipe = take_over()
    arm_faulthandler()
    _leave_channels_to_parent(*pipe.descriptors)
    _serve(make, pipe)


def _serve(make: Callable[[], Component], pipe: Pipe) -> NoReturn:
    process = os.getpid()
    link: Link | None = None
    try:
        component = make()
        if "STORMHOST_DEBUG" in os.environ:
            from ._debug import arm

            arm(component)
        link = connect(component, pipe)
        pipe.serves(link)
        link.bind(component)
        component.initialize()
        link.run()
    except HostGone as gone:
        gone.note()
        _leave_at_once()
    except Exception as error:
        from ._traceback import story

        print(story(error), file=sys.stderr, flush=True)
        if os.getpid() == process:
            _last_words(link)
        sys.exit(1)
    except BaseException:  # sys.exit in user code, or an interrupt: what is finished still counts
        if os.getpid() == process and not pipe.left:  # not one that user code forked
            _last_words(link)
        raise
    sys.exit(0)


def connect(component: Component, pipe: Pipe) -> Link:
    """Reads the setup object and chooses the dialect: frames where the host offers them, else Storm's JSON."""
    setup, rest = read_setup(pipe)
    context = setup.get("context") or {}
    component.conf = {**type(component).conf, **(setup.get("conf") or {})}
    component.context = context
    component.task_id = context.get("taskid") or 0
    component.component_id = context.get("componentid") or type(component).__name__
    offer = setup.get("stormhost")
    _leave_pid(setup.get("pidDir"))
    declined = os.environ.get("STORMHOST_CODEC") == "storm"
    if declined or not isinstance(offer, dict) or VERSION not in offer.get("versions", ()):
        from ._storm import storm_link

        return storm_link(component, *pipe.descriptors, rest)
    component.task_id = offer.get("task", component.task_id)
    return _frames_link(component, offer, pipe.inlet(rest), pipe.outlet())


def read_setup(pipe: Pipe) -> tuple[dict[str, Any], bytes]:
    """The host's first message, and what was read beyond it. Raises RuntimeError when there is none."""
    data = b""
    while True:
        end = data.find(b"\nend\n")
        if end >= 0:
            setup = decode(data[:end])
            if not isinstance(setup, dict):
                raise RuntimeError(f"the host's first message is no JSON object: {data[:60]!r}")
            return setup, data[end + 5 :]
        piece = pipe.read()
        if not piece:
            raise RuntimeError(
                "no setup object on standard input: a component is started by a host, not by hand; "
                "see stormhost.testing for trying one out"
            )
        if not data and piece[:1] not in b"{ \t\r\n":
            raise RuntimeError(
                "the host does not begin with JSON; declare this component without serializer='msgpack': "
                "frames use MessagePack by themselves"
            )
        data += piece


def _frames_link(component: Component, offer: dict[str, Any], inlet: Inlet, outlet: Outlet) -> Link:
    from ._bolt import Bolt
    from ._codec import choose
    from ._spout import Spout

    kind = offer.get("kind")
    codec = choose(offer.get("encodings", ("json",)))
    if kind == "bolt" and isinstance(component, Bolt):
        if codec.native is not None:
            from ._native_link import NativeBoltLink

            return NativeBoltLink(inlet, outlet, codec, offer, component)
        from ._frames_bolt import BoltLink

        return BoltLink(inlet, outlet, codec, offer, component)
    if kind == "spout" and isinstance(component, Spout):
        if codec.native is not None:
            from ._native_link import NativeSpoutLink

            return NativeSpoutLink(inlet, outlet, codec, offer, component)
        from ._frames_spout import SpoutLink

        return SpoutLink(inlet, outlet, codec, offer, component)
    raise RuntimeError(f"{component.component_id} is declared as a {kind}, but {type(component).__name__} is none")


def _leave_pid(folder: Any) -> None:
    """Storm's way of telling a supervisor what to kill: an empty file named by the pid."""
    if folder and os.path.isdir(folder):
        try:
            os.close(os.open(os.path.join(folder, str(os.getpid())), os.O_WRONLY | os.O_CREAT, 0o644))
        except OSError:
            pass  # the host knows the pid from the handshake


def _leave_channels_to_parent(*channels: int) -> None:
    """A process forked by user code must neither read nor write the protocol, nor hold its pipes open."""

    def detach() -> None:
        null = os.open(os.devnull, os.O_RDWR)
        for channel in channels:
            os.dup2(null, channel, inheritable=False)
        os.close(null)

    if hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=detach)


def _last_words(link: Link | None) -> None:
    if link is not None and link.opened:
        try:
            link.stop()
        except HostGone:
            _leave_at_once()
        except Exception as error:  # perhaps the very thing that ended us
            print(f"could not send what was finished: {error}", file=sys.stderr)


def _leave_at_once() -> NoReturn:
    """Nobody is there to hear us, or to wait for our threads."""
    sys.stderr.flush()
    os._exit(1)
