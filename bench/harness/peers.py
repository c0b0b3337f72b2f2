"""The peers, from the Python package index into a virtual environment of their own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from .setting import ROOT

PACKAGES = ("msgspec", "bytewax==0.21.1", "pystorm==3.1.4", "msgpack", "pathway")

BENCH_VENV = ROOT / "target" / "bench-venv"
TEST_VENV = ROOT / "target" / "venv"
"""That of the tests, which has some of the packages."""


def found() -> Path:
    """The interpreter of an environment that is there already; if there is none, the one that runs this."""
    for folder in (BENCH_VENV, TEST_VENV):
        if (folder / "bin" / "python").exists():
            return folder / "bin" / "python"
    return Path(sys.executable)


def environment(folder: Path) -> tuple[Path, dict[str, str]]:
    """The interpreter of the environment, made if need be, and what could not be installed: package → why."""
    python = folder / "bin" / "python"
    if not python.exists():
        # By the interpreter itself, not by a pyenv shim, which costs 50 ms a start.
        subprocess.run([sys.executable, "-m", "venv", folder], check=True)
    missing = {}
    for package in PACKAGES:
        name = package.partition("==")[0]
        done = subprocess.run([python, "-m", "pip", "show", "--quiet", name], capture_output=True)
        if done.returncode != 0:
            print(f"installing {package} into {folder.name}", file=sys.stderr)
            command = [python, "-m", "pip", "install", "--quiet", package]
            done = subprocess.run(command, capture_output=True, text=True)
            if done.returncode != 0:
                missing[name] = "could not be installed: " + (done.stderr.strip().splitlines() or ["pip failed"])[-1]
    return python, missing
