"""Runs what a page of the documentation shows: every code block of a Markdown file, in its order, in an empty folder.

How a block is marked, in the words behind its three backticks:

    ```python file=hello.py     is written to that file, and run by whatever comes later
    ```python                   is a program, and must end well; likewise ruby, lua (both Luas), and sh (with -eu)
    ```python more              goes on where the last block of that language ended: both are run as one program
    ```sh status=3              must end with that status; `status=any` does not mind
    ```sh in=shims/ruby         runs in a copy of that folder of the repository; `in=.` is the whole of it
    ```output                   is what the last program wrote to its standard output, to the letter
    ```output sorted            the same, its lines in any order
    ```output part              each line of the block stands in what it wrote, there or to standard error; `…` is anything
    ```text, or without a word  is for the reader only: a drawing. So are diff, mermaid, and what is marked with `form`; in `docs/`
                                no program may be

Programs find `stormhost`, our libraries, and the `python` of the tests. `STORMHOST_SOURCE` is the repository, `HOME` is empty. A page
in `docs/` is run by itself (tests/docs/test_pages.py); any other by `Page(path).run(folder)`.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from harness import REPOSITORY, binary

# How long one block may take; a busy machine may take its time.
PATIENCE = 180.0
FOR_READERS = ("", "text", "diff", "mermaid")
PROGRAMS = {
    "python": [["python"]],
    "ruby": [["ruby"]],
    "lua": [["lua5.4"], ["luajit"]],
    "sh": [["sh", "-eu"]],
}
SHIMS = {
    "PYTHONPATH": f"{REPOSITORY}/shims/python/src",
    "RUBYLIB": f"{REPOSITORY}/shims/ruby/lib",
    "LUA_PATH": f"{REPOSITORY}/shims/lua/src/?.lua;{REPOSITORY}/shims/lua/src/?/init.lua;;",
}
FENCE = re.compile(r"^( *)(`{3,})([^`\n]*)\n(.*?)^\1\2[ \t]*$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Block:
    """A code block: its language, its marks, its text, and the line where it begins."""

    language: str
    marks: Mapping[str, str]
    text: str
    line: int


@dataclass(frozen=True)
class Ran:
    """What a program said."""

    stdout: str
    stderr: str


class Page:
    """A page, and the folder in which its blocks are run."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.blocks = list(blocks(path.read_text(encoding="utf-8")))

    def run(self, folder: Path, env: Mapping[str, str] | None = None) -> None:
        """Runs every block. Raises AssertionError with the page and the line of the first that does not do as it says."""
        home = folder / ".home"
        home.mkdir()
        tools = folder / ".bin"
        tools.mkdir()
        (tools / "stormhost").symlink_to(binary())
        environment = {name: value for name, value in os.environ.items() if not name.startswith(("STORMHOST", "XDG_", "VIRTUAL_ENV"))}
        path = os.pathsep.join([str(tools), str(Path(sys.executable).parent), os.environ["PATH"]])
        kept = {name: os.environ[name] for name in ("CARGO_HOME", "RUSTUP_HOME", "GOCACHE", "GOPATH") if name in os.environ}
        environment.update(SHIMS, PATH=path, HOME=str(home), NO_COLOR="1", PYTHONDONTWRITEBYTECODE="1", **kept)
        environment.update(STORMHOST_SOURCE=str(REPOSITORY), **(env or {}))
        told: dict[str, str] = {}
        last: Ran | None = None
        for block in self.blocks:
            at = f"{self.path.name}, line {block.line}"
            if block.language == "output":
                assert last is not None, f"{at}: no program came before this output"
                compare(block, last, at)
            elif "file" in block.marks:
                file = folder / block.marks["file"]
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_text(block.text, encoding="utf-8")
            elif "form" in block.marks or block.language in FOR_READERS:
                continue
            elif block.language in PROGRAMS:
                text = told.get(block.language, "") + "\n" + block.text if "more" in block.marks else block.text
                told[block.language] = text
                for command in PROGRAMS[block.language]:
                    last = execute(command, text, block, folder, environment, at)
            else:
                raise AssertionError(f"{at}: nobody knows how to run {block.language!r}: see tests/pages.py for how a block is marked")


def blocks(page: str) -> list[Block]:
    """The code blocks of a page."""
    found = []
    for match in FENCE.finditer(page):
        language, *marks = match[3].split() or [""]
        known = dict(mark.partition("=")[::2] for mark in marks)
        text = re.sub(rf"^{match[1]}", "", match[4], flags=re.MULTILINE)
        found.append(Block(language, known, text, page.count("\n", 0, match.start()) + 1))
    return found


def execute(command: list[str], text: str, block: Block, folder: Path, environment: Mapping[str, str], at: str) -> Ran:
    """Runs a program and looks at its status."""
    where = folder
    if "in" in block.marks:
        where = folder / ".copies" / block.marks["in"].strip("./")
        if not where.exists():
            left_out = shutil.ignore_patterns("target", ".git", "__pycache__")
            shutil.copytree(REPOSITORY / block.marks["in"], where, ignore=left_out, dirs_exist_ok=True)
    program = folder / f".block.{block.language}"
    program.write_text(text, encoding="utf-8")
    try:
        ran = subprocess.run(
            [*command, str(program)],
            cwd=where,
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=PATIENCE,
        )
    except subprocess.TimeoutExpired as error:
        said = "".join(part.decode(errors="replace") for part in (error.stdout, error.stderr) if part)
        raise AssertionError(f"{at}: the block took longer than {PATIENCE:.0f} s; it said:\n{said[-3000:]}") from None
    wanted = block.marks.get("status", "0")
    said = f"{ran.stdout[-3000:]}\n{ran.stderr[-3000:]}"
    assert wanted in ("any", str(ran.returncode)), f"{at}: {command[0]} ended with status {ran.returncode}, not {wanted}; it said:\n{said}"
    return Ran(ran.stdout, ran.stderr)


def compare(block: Block, ran: Ran, at: str) -> None:
    """Whether a program wrote what the page says."""
    if "part" in block.marks:
        lines = [line.rstrip() for line in (ran.stdout + "\n" + ran.stderr).splitlines()]
        for line in block.text.splitlines():
            form = re.compile(".*".join(re.escape(piece) for piece in line.rstrip().split("…")))
            assert any(form.fullmatch(each) for each in lines), f"{at}: nothing like {line!r} was written, but:\n" + "\n".join(lines)
        return
    came, told = ran.stdout.splitlines(), block.text.splitlines()
    if "sorted" in block.marks:
        came, told = sorted(came), sorted(told)
    assert came == told, f"{at}: it wrote\n{ran.stdout}\nand said\n{ran.stderr[-2000:]}"
