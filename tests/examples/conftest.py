"""Runs the real program on an example, and makes sure that nothing is left of it."""

import os
import signal
import subprocess
import sys
import uuid

import pytest
from processes import await_gone
from repository import ROOT, binary

# Generous, since a busy machine is no fault of the host; a run that hangs is ended by it all the same.
RUN_SECONDS = 120
GONE_SECONDS = 10


class Run:
    """What a finished run left: `status`, and the texts `out` and `err`."""

    def __init__(self, status, out, err):
        self.status = status
        self.out = out
        self.err = err


@pytest.fixture(scope='session')
def cache(tmp_path_factory):
    return tmp_path_factory.mktemp('cache')


@pytest.fixture
def stormhost(tmp_path, cache):
    """A function that runs `stormhost run` on an example, in an empty folder of its own, until it ends by itself."""

    def run(topology, *words, python=sys.executable, options=(), env=None):
        mark = uuid.uuid4().hex
        environment = {name: value for name, value in os.environ.items() if name not in ('VIRTUAL_ENV', 'PYTHONPATH')}
        environment |= {
            'XDG_CACHE_HOME': str(cache),
            'XDG_CONFIG_HOME': str(tmp_path / 'config'),
            'XDG_STATE_HOME': str(tmp_path / 'state'),
            'STORMHOST_TEST_MARK': mark,
            **(env or {}),
        }
        file = ROOT / 'examples' / topology
        command = [binary(), 'run', '--python', python, *options, file, '--', *words]
        host = subprocess.Popen(
            list(map(str, command)),
            cwd=tmp_path,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        try:
            out, err = host.communicate(timeout=RUN_SECONDS)
        except subprocess.TimeoutExpired:
            host.send_signal(signal.SIGKILL)
            _, err = host.communicate()
            pytest.fail(f'the run did not end within {RUN_SECONDS} s; its log:\n{err}')
        left = await_gone(f'STORMHOST_TEST_MARK={mark}', GONE_SECONDS)
        assert not left, f'processes were left behind: {left}'
        return Run(host.returncode, out, err)

    return run


@pytest.fixture
def python_without_packages():
    """The interpreter that the tests' own virtual environment was made from."""
    return os.path.realpath(sys.executable) if sys.prefix != sys.base_prefix else sys.executable


class Helper:
    """A program that helps a test. What it prints goes to a file, so that it never waits for us to read."""

    def __init__(self, command, out):
        self._out = out
        with out.open('w') as file:
            self._running = subprocess.Popen(
                list(map(str, command)), stdin=subprocess.DEVNULL, stdout=file, stderr=subprocess.PIPE, text=True
            )

    def first_line(self):
        """The first line on its standard error; waits for it."""
        return self._running.stderr.readline()

    def stop(self):
        """Ends it with SIGTERM. Returns what it printed, and what it has said on standard error since."""
        self._running.terminate()
        _, err = self._running.communicate(timeout=GONE_SECONDS)
        return self._out.read_text(), err

    def running(self):
        return self._running.poll() is None


@pytest.fixture
def helper(tmp_path):
    """Starts programs that help a test, and ends them when it is over."""
    started = []

    def start(*command):
        started.append(Helper(command, tmp_path / f'helper-{len(started)}.out'))
        return started[-1]

    yield start
    for program in started:
        if program.running():
            program.stop()
