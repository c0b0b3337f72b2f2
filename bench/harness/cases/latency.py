"""How long a tree takes: at a modest rate, at half of the peak, at full speed; and one sentence at a time."""

from __future__ import annotations

from ..contest import Column, Contest, Contestant, Figures
from ..hosted import check_counts, run_topology
from ..processes import Wrong
from ..setting import Setting
from .peer import run_peer

MODEST = 1_000
SECONDS = 10
"""How long a paced run takes at full scale."""

PIPES = "bare pipes"


def hosted(setting: Setting, sentences: int, rate: float, *options: str) -> Figures:
    """A word count at a rate (0: none), with the latency that its spout saw."""
    text = setting.text_of(sentences)
    environment = {"STORMHOST_CODEC": setting.codec}
    run = run_topology(setting, "paced.py", text.path, text.sentences, rate, options=options, environment=environment)
    check_counts(run, text)
    seconds = run.event("last ack")["at"] - run.event("first ack")["at"]
    return figures(run.event("latency"), text.sentences, seconds)


def piped(setting: Setting, sentences: int, rate: float) -> Figures:
    """The same three steps in three bare processes in a ring of pipes."""
    text = setting.text_of(sentences)
    told = run_peer(setting, "ring.py", text.path, rate)
    if told["answered"] != text.sentences:
        raise Wrong(f"{told['answered']} of {text.sentences} sentences came back")
    return figures(told["latency"], text.sentences, told["seconds"])


def figures(latency: dict[str, float], sentences: int, seconds: float) -> Figures:
    """In milliseconds, and in thousands of sentences a second."""
    in_ms = {f"{name} ms": latency[name] * 1e3 for name in ("p50", "p99", "longest")}
    return {**in_ms, "k sentences/s": sentences / seconds / 1e3, "µs a sentence": seconds / sentences * 1e6}


def half_of_peak(setting: Setting) -> Figures:
    """Paced at half of what it reaches just before, unpaced."""
    peak = hosted(setting, 300_000, 0)["k sentences/s"] * 1e3
    return hosted(setting, round(peak / 2) * SECONDS // 2, peak / 2)


COLUMNS = (Column("p50 ms", 3), Column("p99 ms", 3), Column("longest ms", 1), Column("k sentences/s"))

PACED = Contest(
    key="latency",
    title="Latency of whole trees",
    about=(
        "From a sentence's emission to its ack, both seen by the spout's code, when the words have been split, counted and acked. The "
        "first tenth of each run is left out. Bare pipes: three Python processes in a ring that do the same work, a line at a time."
    ),
    columns=COLUMNS,
    contestants=(
        Contestant(f"{PIPES}, {MODEST:,}/s", lambda setting: piped(setting, MODEST * SECONDS, MODEST)),
        Contestant(f"stormhost, {MODEST:,}/s", lambda setting: hosted(setting, MODEST * SECONDS, MODEST)),
        Contestant("stormhost, half of its peak", half_of_peak),
        Contestant("stormhost, full speed", lambda setting: hosted(setting, 500_000, 0)),
    ),
    against=(f"{PIPES}, {MODEST:,}/s",),
    ratio_of="p99 ms",
    quick_contestants=(f"{PIPES}, {MODEST:,}/s", f"stormhost, {MODEST:,}/s", "stormhost, full speed"),
)

ONE = "topology.max.spout.pending=1"
ONE_AT_A_TIME = Contest(
    key="ping-pong",
    title="One sentence in flight at a time",
    about="`topology.max.spout.pending=1`: the next sentence is emitted when the one before is acked. Beside bare pipes that do the same.",
    columns=(Column("µs a sentence", 1), *COLUMNS[:2]),
    contestants=(
        Contestant(PIPES, lambda setting: piped(setting, 20_000, 0)),
        Contestant("stormhost", lambda setting: hosted(setting, 20_000, 0, "--set", ONE)),
    ),
    against=(PIPES,),
    ratio_of="µs a sentence",
)
