"""What a run of the benchmarks has at hand: sizes, folders, the interpreter, the host."""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from .text import Text, text_of

BENCH = Path(__file__).resolve().parents[1]
ROOT = BENCH.parent
STORM = "2.8.3"
"""Apache Storm's version, as in `peers/storm/pom.xml`."""
BUILT_STORM = ROOT / "target" / "bench-storm"


def _program_version(program: str) -> str | None:
    """What a program says to `--version`; `None` if there is none."""
    if not shutil.which(program):
        return None
    return subprocess.run([program, "--version"], capture_output=True, text=True).stdout.strip()


@dataclass(frozen=True)
class Setting:
    """Given to every case."""

    host: Path
    """The `stormhost` to measure."""
    python: Path
    """The interpreter of every component and peer."""
    folder: Path
    """For what is made: texts, and what runs leave behind."""
    scale: float = 1.0
    """1 for the full sizes, less for quicker runs."""
    rounds: int = 5
    """How often everything is measured."""
    missing: dict[str, str] = field(default_factory=dict)
    """Peers that cannot be had, and why."""

    @cached_property
    def text(self) -> Text:
        """The text of this run's size."""
        return self.text_of(1_000_000)

    def text_of(self, sentences: int) -> Text:
        """A text of so many sentences at full scale."""
        return text_of(self.sized(sentences), self.folder)

    def sized(self, full: int, least: int = 200) -> int:
        """A number of things that is `full` at full scale."""
        return max(min(full, least), round(full * self.scale))

    def has(self, module: str) -> bool:
        """Whether the interpreter can import a module."""
        return self.module_version(module) is not None

    def module_version(self, module: str) -> str | None:
        """The version of an installed package, as its metadata has it; `None` if there is none."""
        if module in ("storm.py", "storm.rb", "storm.js"):  # no package: a file of Storm's
            return STORM if (ROOT / "target" / "multilang" / module).exists() else None
        if module in ("ruby", "node"):
            return _program_version(module)
        if module == "storm":  # in Java
            return STORM if (BUILT_STORM / "lib").is_dir() and shutil.which("java") else None
        known = self._versions
        if module not in known:
            program = f"import importlib.metadata as m; print(m.version({module!r}))"
            done = subprocess.run([self.python, "-c", program], capture_output=True, text=True)
            known[module] = done.stdout.strip() if done.returncode == 0 else None
        return known[module]

    def interpreter(self, script: str) -> str:
        """What runs a script, by its ending."""
        return {".rb": "ruby", ".js": "node"}.get(Path(script).suffix, str(self.python))

    @property
    def checking(self) -> bool:
        """Whether only is to be seen that everything runs."""
        return self.scale <= 0.01

    def few(self, full: int) -> int:
        """A number of processes: as said, but three at the most in a check."""
        return min(full, 3) if self.checking else full

    @property
    def codec(self) -> str:
        """The fastest codec of our library that is there: the library chooses by itself when it is told nothing."""
        return ""

    @cached_property
    def _versions(self) -> dict[str, str | None]:
        return {}

    @property
    def environment(self) -> dict[str, str]:
        """The environment of everything that is measured: the caller's, without what would change how Python starts or writes."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "STORMHOST_", "BENCH_"))}
        return {**kept, "PYTHONHASHSEED": "0"}


def find_host(given: str | None) -> Path:
    """The host's binary: what was given, else the release build.

    Raises SystemExit if there is none.
    """
    path = Path(given) if given else ROOT / "target" / "release" / "stormhost"
    if not path.exists():
        raise SystemExit(f"{path} is not there: cargo build --release, or --host PATH")
    return path.resolve()
