"""The peers, from the Python package index into a virtual environment of their own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

PACKAGES = ("msgspec", "bytewax==0.21.1", "pystorm==3.1.4")


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
