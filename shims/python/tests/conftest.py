"""Fixtures: a real child for a component of `components.py`, once for each codec that is installed."""

from pathlib import Path

import host as wire
import pytest

COMPONENTS = Path(__file__).with_name("components.py")


def stream(name, *fields, direct=False, listeners=True):
    return {"stream": name, "fields": list(fields), "direct": direct, "listeners": listeners}


def source(*fields, component="source", stream="default"):
    return {"component": component, "stream": stream, "fields": list(fields)}


@pytest.fixture(params=wire.CODECS)
def codec(request):
    return request.param


@pytest.fixture
def child(codec):
    """Starts a component by name; every child is ended with the test."""
    started = []

    def start(id, *args, file=COMPONENTS, command=None, **options):
        host = wire.Host(command or wire.component_command(file, id, *args), codec=codec, **options)
        started.append(host)
        return host

    yield start
    for host in started:
        host.__exit__()


@pytest.fixture
def bolt(child):
    """A bolt after its handshake."""

    def start(id, inputs, outputs, *args, conf=None, context=None, **options):
        host = child(id, *args, **options)
        host.setup("bolt", inputs=inputs, outputs=outputs, conf=conf, context=context)
        return host

    return start


@pytest.fixture
def spout(child):
    """A spout after its handshake."""

    def start(id, outputs, *args, conf=None, **options):
        host = child(id, *args, **options)
        host.setup("spout", outputs=outputs, conf=conf)
        return host

    return start
