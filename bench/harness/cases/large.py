"""Values of 1 MB through two Python children, beside three bare processes that copy them."""

from __future__ import annotations

from ..contest import Column, Contest, Contestant, Figures
from ..hosted import run_topology
from ..processes import Wrong
from ..setting import Setting
from .peer import run_peer

LENGTH = 1_000_000
VALUES = 1_000
PIPES = "bare pipes"


def figures(setting: Setting, taken: int, seconds: float) -> Figures:
    """MB of values a second that came out at the end. Raises Wrong if any is missing."""
    expected = setting.sized(VALUES, 20) * LENGTH
    if taken != expected:
        raise Wrong(f"{taken} bytes arrived in place of {expected}")
    return {"MB/s": taken / seconds / 1e6}


def piped(setting: Setting) -> Figures:
    told = run_peer(setting, "large_pipe.py", setting.sized(VALUES, 20), LENGTH)
    return figures(setting, told["bytes"], told["seconds"])


def hosted(setting: Setting) -> Figures:
    environment = {"STORMHOST_CODEC": setting.codec}
    run = run_topology(setting, "large.py", setting.sized(VALUES, 20), LENGTH, environment=environment)
    first, last = run.event("first ack"), run.event("last ack")
    host = next(process for process in last["processes"] if process["name"] == "host")
    seconds = last["at"] - first["at"]
    return {**figures(setting, run.event("taken")["bytes"], seconds), "host MB": host["peak_mb"]}


CONTEST = Contest(
    key="large",
    title="Values of 1 MB",
    about="A spout emits text of 1 MB, a bolt passes it on, another takes it. Bare pipes: three Python processes that encode, decode and copy the same.",
    columns=(Column("MB/s", 0), Column("host MB", 0)),
    contestants=(Contestant(PIPES, piped), Contestant("stormhost", hosted)),
    against=(PIPES,),
    ratio_of="MB/s",
)
