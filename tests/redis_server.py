"""A Redis of a test's own: on a socket in its folder, with its data there, killed and started again at will."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

SECONDS = 60


class RedisServer:
    """`url` is for the host's environment, `REDIS_URL`. Written data survive a kill. `tls`: its options for those who come by TLS."""

    def __init__(self, folder: Path, password: str | None = None, tls: list[str] | None = None) -> None:
        self.folder = folder
        self.password = password
        self.tls = tls or []
        # A socket's path must be short, and pytest's folders are not.
        self.short = Path(tempfile.mkdtemp(prefix="redis-"))
        self.socket = self.short / "s"
        self.running: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"unix://{self.socket}"

    def start(self) -> RedisServer:
        """Starts it, and waits until it answers."""
        options = ["--port", "0", "--unixsocket", str(self.socket), "--dir", str(self.folder), "--save", ""]
        options += ["--appendonly", "yes", "--appendfsync", "always", "--loglevel", "warning"]
        options += ["--requirepass", self.password] if self.password else []
        options += self.tls
        self.running = subprocess.Popen(["redis-server", *options], stdout=subprocess.DEVNULL, stdin=subprocess.DEVNULL)
        deadline = time.monotonic() + SECONDS
        while self._cli("ping").stdout.strip() != "PONG":
            if time.monotonic() > deadline or self.running.poll() is not None:
                raise AssertionError("redis-server does not answer")
            time.sleep(0.02)
        return self

    def kill(self) -> None:
        """Ends it at once, as a crash would."""
        assert self.running is not None
        self.running.kill()
        self.running.wait()

    def _cli(self, *words: object) -> subprocess.CompletedProcess[str]:
        command = ["redis-cli", "-s", str(self.socket), "--raw"]
        command += ["-a", self.password, "--no-auth-warning"] if self.password else []
        return subprocess.run([*command, *map(str, words)], capture_output=True, text=True, timeout=SECONDS)

    def ask(self, *words: object) -> list[str]:
        """Gives one command, and returns the lines of the answer."""
        done = self._cli(*words)
        assert done.returncode == 0, done.stderr
        return done.stdout.splitlines()

    def push(self, key: str, items: list[str]) -> None:
        """Puts items into a list, so that the first is taken first."""
        for start in range(0, len(items), 500):
            self.ask("lpush", key, *items[start : start + 500])

    def add(self, key: str, items: list[str]) -> None:
        """Adds entries with a field `message` to a stream."""
        commands = "".join(f'XADD {key} * message "{item}"\n' for item in items)
        done = subprocess.run(
            ["redis-cli", "-s", str(self.socket), "--pipe"], input=commands, capture_output=True, text=True, timeout=SECONDS
        )
        assert "errors: 0" in done.stdout, done.stdout + done.stderr

    def length(self, key: str) -> int:
        """How many items a list has."""
        return int(self.ask("llen", key)[0])

    def close(self) -> None:
        """Ends it, and removes its socket."""
        if self.running is not None and self.running.poll() is None:
            self.kill()
        shutil.rmtree(self.short, ignore_errors=True)


def servers(folder: Path) -> Iterator[RedisServer]:
    """For a fixture: one that runs, and is ended afterwards."""
    server = RedisServer(folder)
    try:
        yield server.start()
    finally:
        server.close()
