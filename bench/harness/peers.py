"""The peers, from where they are published: into a virtual environment of their own, and Apache Storm by Maven."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

from .setting import BENCH, BUILT_STORM, ROOT

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
    program = "import importlib.metadata as m; print(*(d.metadata['Name'].lower() for d in m.distributions()))"
    installed = subprocess.run([python, "-c", program], capture_output=True, text=True, check=True).stdout.split()
    for package in PACKAGES:
        name = package.partition("==")[0]
        if name not in installed:
            print(f"installing {package} into {folder.name}", file=sys.stderr)
            done = subprocess.run([python, "-m", "pip", "install", "--quiet", package], capture_output=True, text=True)
            if done.returncode != 0:
                missing[name] = "could not be installed: " + (done.stderr.strip().splitlines() or ["pip failed"])[-1]
    return python, missing


def build_storm() -> str | None:
    """Builds Apache Storm's peer unless what is built is newer than its source. Returns why it could not be."""
    source = BENCH / "peers" / "storm"
    newest = max(file.stat().st_mtime for file in source.rglob("*") if file.is_file())
    jars = list(BUILT_STORM.glob("storm-peer-*.jar"))
    if jars and min(jar.stat().st_mtime for jar in jars) > newest:
        return None
    for program in ("mvn", "javac"):
        if not shutil.which(program):
            return f"could not be built: there is no {program}"
    print(f"building Apache Storm's peer into {BUILT_STORM.name}", file=sys.stderr)
    command = ["mvn", "-q", "-B", "-f", source / "pom.xml", "package"]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode == 0:
        return None
    # What an earlier source came to must not be taken for this one.
    shutil.rmtree(BUILT_STORM, ignore_errors=True)
    errors = [line for line in done.stdout.splitlines() if line.startswith("[ERROR]")]
    return "could not be built: " + (errors or ["Maven failed"])[0].removeprefix("[ERROR] ")
