"""From the start of `stormhost run` to the first tuple in a bolt, and what it is made of."""

from __future__ import annotations

from ..contest import Column, Contest, Contestant, Figures
from ..hosted import check_counts, run_topology
from ..processes import finish
from ..setting import ROOT, Setting
from ..text import text_of

SENTENCES = 100


def interpreter(setting: Setting) -> Figures:
    """Python that does nothing."""
    return {"whole": finish([setting.python, "-c", "pass"], setting.environment).seconds * 1e3}


def library(setting: Setting) -> Figures:
    """Python that imports the library; that a child loads the accelerator too counts as ours."""
    variables = {**setting.environment, "PYTHONPATH": str(ROOT / "shims" / "python" / "src")}
    return {"whole": finish([setting.python, "-c", "import stormhost"], variables).seconds * 1e3}


def whole(setting: Setting) -> Figures:
    """A word count of three components; each phase ends where the one that is there last gets."""
    text = text_of(SENTENCES, setting.folder)
    run = run_topology(setting, "word_count.py", text.path, text.sentences)
    check_counts(run, text)
    begun = [event["at"] for event in run.all("file begins")]
    # The first to read the file is the one that describes the topology; then come the children.
    described, children = begun[0], begun[-1]
    ready = max(event["at"] for event in run.all("ready"))
    first = run.event("first tuple")["at"]
    alone = library(setting)["whole"]
    return {
        "whole": (first - run.finished.began) * 1e3,
        "to the file": (described - run.finished.began) * 1e3,
        "to the file in all children": (children - described) * 1e3,
        "to the handshake": (ready - children) * 1e3,
        "to the first tuple": (first - ready) * 1e3,
        "beyond Python": (first - run.finished.began) * 1e3 - 2 * alone,
    }


CONTEST = Contest(
    key="start",
    title="Start-up",
    about=(
        "Milliseconds from the start of `stormhost run` to the first tuple in a bolt, of a topology of three components. *To the file*: "
        "until the topology's file is first executed, so the host's own start, the look for an interpreter, its start and the import "
        "of our library. *To the file in all children*: the description is checked, run folder and guard are made, three children "
        "are spawned, and each starts Python and imports our library; they share the machine's cores. Then the last handshake, then "
        "the first tuple (which may come before the last handshake: the figure is negative then). *Beyond Python*: the whole less twice "
        "what Python takes to start and to import our library, once for the description and once for the children."
    ),
    columns=(
        Column("whole", 0),
        Column("to the file", 0),
        Column("to the file in all children", 0),
        Column("to the handshake", 1),
        Column("to the first tuple", 1),
        Column("beyond Python", 0),
    ),
    contestants=(
        Contestant("Python alone", interpreter),
        Contestant("Python and the library", library),
        Contestant("stormhost run", whole),
    ),
    part_of_quick=True,
    quick_rounds=5,
)
