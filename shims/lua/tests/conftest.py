"""Fixtures: real children in every Lua that is installed, spoken to by the scripted host of the Python shim's tests."""

import shutil
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
SHIM = HERE.parent / "src"
MAIN = SHIM / "stormhost" / "main.lua"
sys.path.insert(0, str(HERE.parents[1] / "python" / "tests"))

import host as wire  # noqa: E402

LUAS = [name for name in ("lua5.4", "luajit", "lua5.3") if shutil.which(name)]
assert {"lua5.4", "luajit"} <= set(LUAS), "the tests need lua5.4 and luajit: see tests/prepare.sh"
WRAPPER = ["/bin/sh", "-c", 'exec "$@" 3<&0 4>&1 0</dev/null 1>&2', "stormhost"]


@pytest.fixture(params=LUAS)
def lua(request):
    return request.param


@pytest.fixture(params=["json", "msgpack"])
def codec(request):
    return request.param


@pytest.fixture
def child(lua, codec):
    """Starts a component by name, as the host would; every child is ended with the test."""
    started = []

    def start(id, *, moved=True, command=None, file=HERE / "components.lua", **options):
        words = [lua, str(MAIN), "component", str(file), id]
        if moved and lua != "luajit":
            words = [*WRAPPER, *words, "--moved"]
        host = wire.Host(command or [*words, "--"], codec=codec, **options)
        started.append(host)
        return host

    yield start
    for host in started:
        host.__exit__()


@pytest.fixture
def bolt(child):
    """A bolt after its handshake."""

    def start(id, inputs, outputs, *, conf=None, context=None, max_frame=64 << 20, **options):
        host = child(id, **options)
        host.setup("bolt", inputs=inputs, outputs=outputs, conf=conf, context=context, max_frame=max_frame)
        return host

    return start


@pytest.fixture
def spout(child):
    """A spout after its handshake; what asks for a word gets one at once."""

    def start(id, outputs, *, conf=None, **options):
        host = Answering(child(id, **options))
        host.setup("spout", outputs=outputs, conf=conf)
        return host

    return start


class Answering:
    """A scripted host that answers a spout which cannot look at its input: `wait`, and questions where no row went."""

    def __init__(self, host):
        self.__dict__["host"] = host
        host_next = host.next

        def answering(*arguments, **options):
            while True:
                kind, what = host_next(*arguments, **options)
                if kind == "M" and what["command"] == "wait":
                    host.messages.pop()
                    if not host.process.stdin.closed:
                        host.command("waited")
                    self.__dict__["waits"] += 1
                    continue
                if kind == "R" and what.flags & wire.ASK and not what.rows:
                    host.task_ids()
                return kind, what

        host.next = answering
        self.__dict__["waits"] = 0

    def __getattr__(self, name):
        return getattr(self.host, name)

    def __setattr__(self, name, value):
        setattr(self.host, name, value)


def stream(name, *fields, direct=False, listeners=True):
    return {"stream": name, "fields": list(fields), "direct": direct, "listeners": listeners}


def source(*fields, component="source", stream="default"):
    return {"component": component, "stream": stream, "fields": list(fields)}
