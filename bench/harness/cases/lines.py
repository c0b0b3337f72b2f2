"""Lines of text through filters of the shell, at full speed."""

from __future__ import annotations

import shlex
from pathlib import Path
from zlib import crc32

from ..contest import Column, Contest, Contestant, Figures
from ..processes import Wrong, finish
from ..setting import BENCH, Setting
from ..text import Text

COPIES = 4
"""How often the text is read in a run."""
FILTERS = 2
FILTER = "grep -v QQ"
"""It lets every line through: the text has small letters only."""
BARE = "bare pipe, one filter"
KEYED = "stormhost, by the line"


def through(setting: Setting, *words: object) -> Figures:
    """Runs a command that writes every line of the text, in any order, and says how many a second that were."""
    text = setting.text_of(1_000_000)
    # To a file, as everybody's output; a shell sends it there, for all alike.
    out = setting.folder / "lines.out"
    command = " ".join(shlex.quote(str(word)) for word in words)
    finished = finish(["sh", "-c", f"{command} > {shlex.quote(str(out))}"], setting.environment)
    lines = check(out, text)
    out.unlink()
    return {"M lines/s": lines / finished.seconds / 1e6, "CPU s per M lines": finished.cpu / lines * 1e6}


def check(out: Path, text: Text) -> int:
    """Raises Wrong unless these are the lines of the text, each as often as it was read. Returns how many."""

    def sums(path: Path) -> tuple[int, int]:
        with path.open("rb") as file:
            count = total = 0
            for line in file:
                count += 1
                total += crc32(line)
        return count, total

    count, total = sums(text.path)
    found = sums(out)
    if found != (count * COPIES, total * COPIES):
        raise Wrong(f"{found[0]} lines came out in place of {count * COPIES}, or they are not the same")
    return found[0]


def paths(setting: Setting) -> str:
    """The text, as often as it is read, for a shell."""
    return " ".join([shlex.quote(str(setting.text_of(1_000_000).path))] * COPIES)


def bare(setting: Setting) -> Figures:
    """What the shell does by itself."""
    return through(setting, "sh", "-c", f"cat {paths(setting)} | {FILTER}")


def keyed(setting: Setting) -> Figures:
    """A topology whose filters share the lines by a fields grouping."""
    file = BENCH / "topologies" / "lines.py"
    run = ("run", "--python", setting.python, "--log-level", "error", file, "--")
    return through(setting, setting.host, *run, paths(setting), FILTERS, FILTER)


def piped(setting: Setting, *by: str) -> Figures:
    """The same as a typed pipeline."""
    return through(setting, setting.host, "pipe", "-q", f"cat {paths(setting)}", ":", FILTER, f"x{FILTERS}", *by)


CONTEST = Contest(
    key="lines",
    title="Lines through filters of the shell",
    about=(
        f"`cat` of a text, {COPIES} times, to {FILTERS} tasks of `{FILTER}`, and from there to a file; from the start of the command to its "
        "end, and every line checked. By the line: a fields grouping over the whole line. By a column: the hash of its first word. In turn: "
        "shuffled. The bare pipe has one filter and no host."
    ),
    columns=(Column("M lines/s"), Column("CPU s per M lines")),
    contestants=(
        Contestant(BARE, bare),
        Contestant(KEYED, keyed),
        Contestant("stormhost pipe, by a column", lambda setting: piped(setting, "by", "1")),
        Contestant("stormhost pipe, in turn", piped),
    ),
    against=(BARE,),
    ratio_of="M lines/s",
    part_of_quick=True,
)
