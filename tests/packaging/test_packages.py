"""A wheel with the program in it, a gem, a rock: each is made, installed into an empty place, and tried from an empty folder."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from harness import REPOSITORY, binary
from pages import Page

# Making a wheel links the program once more at worst; a busy machine may take its time.
PATIENCE = 900.0
SYSTEM = "/usr/local/bin:/usr/bin:/bin"


def run(*words: str | Path, cwd: Path, env: Mapping[str, str] | None = None, **changed: str) -> str:
    """What a command wrote, which must end well. `env`: the whole environment, by default ours; `changed`: on top of it."""
    ran = subprocess.run(
        [str(word) for word in words],
        cwd=cwd,
        env={**(os.environ if env is None else env), **changed},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )
    said = ran.stdout + ran.stderr
    assert ran.returncode == 0, f"{' '.join(map(str, words))} ended with status {ran.returncode}:\n{said[-4000:]}"
    return said


def programs(page: str, language: str) -> list[str]:
    """The blocks of a page that are in one language."""
    return [block.text for block in Page(REPOSITORY / page).blocks if block.language == language]


@pytest.fixture
def empty(tmp_path: Path) -> Path:
    """A folder with nothing in it, which is where people begin."""
    folder = tmp_path / "empty"
    folder.mkdir()
    return folder


@pytest.fixture
def bare(tmp_path: Path) -> dict[str, str]:
    """An environment that knows nothing of this repository."""
    home = tmp_path / "home"
    home.mkdir()
    return {"HOME": str(home), "PATH": SYSTEM, "LANG": "C.UTF-8"}


def test_the_wheel_gives_the_command_and_the_library(tmp_path: Path, empty: Path, bare: dict[str, str]) -> None:
    environment = tmp_path / "venv"
    run(sys.executable, "-m", "venv", environment, cwd=tmp_path)
    # Without optimisation, and with the features that users get: the tests in Rust have built nearly all of that already.
    pip = [environment / "bin" / "pip", "install", "--disable-pip-version-check"]
    run(*pip, ".", cwd=REPOSITORY, MATURIN_PEP517_ARGS="--profile dev")

    bare["PATH"] = f"{environment / 'bin'}:{SYSTEM}"
    shutil.copy(REPOSITORY / "LICENSE", empty / "unrelated")  # a folder is rarely quite empty
    (empty / "hello.py").write_text(programs("README.md", "python")[0])
    said = run("stormhost", "run", "--log-level", "debug", "hello.py", cwd=empty, env=bare)
    assert {f"Hello, {name}!" for name in ("Ada", "Grace", "Barbara")} <= set(said.splitlines())
    assert "codec native" in said, "the accelerator that the program carries is used"

    first, _, tried = programs("shims/python/README.md", "python")
    (empty / "bolt.py").write_text(first + tried.split("assert run_bolt(Count()")[0])
    run("python", "-W", "error", "bolt.py", cwd=empty, env=bare)
    assert str(environment) in run("python", "-c", "import stormhost; print(stormhost.__file__)", cwd=empty, env=bare)
    assert run("stormhost", "--version", cwd=empty, env=bare).split()[-1] == run(
        "python", "-c", "import stormhost; print(stormhost.__version__)", cwd=empty, env=bare
    ).strip()


def test_the_gem_builds_installs_and_runs_its_first_bolt(tmp_path: Path, empty: Path, bare: dict[str, str]) -> None:
    gems, built = tmp_path / "gems", tmp_path / "stormhost.gem"
    shim = REPOSITORY / "shims" / "ruby"
    run("gem", "build", "--output", built, "stormhost.gemspec", cwd=shim)
    run("gem", "install", "--local", "--no-document", "--install-dir", gems, built, cwd=empty)
    first, _, tried = programs("shims/ruby/README.md", "ruby")
    (empty / "bolt.rb").write_text(f"{first}\n{tried}\nputs $LOADED_FEATURES.grep(/stormhost/)\n")
    said = run("ruby", "-w", "bolt.rb", cwd=empty, env=bare, GEM_PATH=str(gems), GEM_HOME=str(gems))
    assert f"{gems}/gems/stormhost-" in said


@pytest.mark.parametrize("lua", ["lua5.4", "luajit"])
def test_the_rock_is_made_and_runs_its_first_bolt(lua: str, tmp_path: Path, empty: Path, bare: dict[str, str]) -> None:
    shim, tree = tmp_path / "lua", tmp_path / "tree"
    shutil.copytree(REPOSITORY / "shims" / "lua", shim, ignore=shutil.ignore_patterns("__pycache__"))
    rockspec = next(shim.glob("*.rockspec")).name
    version = {"lua5.4": "5.4", "luajit": "5.1"}[lua]
    for words in (["lint", rockspec], [f"--lua-version={version}", "make", "--tree", tree, "--deps-mode", "none", rockspec]):
        run("luarocks", *words, cwd=shim, HOME=bare["HOME"])
    installed = tree / "share" / "lua" / version
    first, _, tried = programs("shims/lua/README.md", "lua")
    (empty / "first.lua").write_text(first)
    (empty / "tried.lua").write_text(tried)
    for file in ("first.lua", "tried.lua"):
        run(lua, file, cwd=empty, env=bare, LUA_PATH=f"{installed}/?.lua;{installed}/?/init.lua")


def test_the_versions_are_one() -> None:
    """Wheel, program, gem and rock are of one release."""
    found = {
        "program": run(binary(), "--version", cwd=REPOSITORY).split()[-1],
        "wheel": re.search(r'__version__ = "(.+)"', (REPOSITORY / "shims/python/src/stormhost/__init__.py").read_text()),
        "gem": re.search(r"VERSION = '(.+)'", (REPOSITORY / "shims/ruby/lib/stormhost.rb").read_text()),
        "rock": re.search(r'"([\d.]+)"', (REPOSITORY / "shims/lua/src/stormhost/_version.lua").read_text()),
        "rockspec": re.search(r'version = "([\d.]+)-1"', next((REPOSITORY / "shims/lua").glob("*.rockspec")).read_text()),
    }
    versions = {name: each if isinstance(each, str) else each and each[1] for name, each in found.items()}
    assert len(set(versions.values())) == 1, versions
