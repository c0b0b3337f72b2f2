"""The word count at full speed, ours beside the peers'."""

from __future__ import annotations

from ..contest import Contest, Contestant, Figures
from ..hosted import check_counts, run_topology
from ..setting import Setting
from .peer import counting_peer
from .rate import COLUMNS, steady_rate

LOOP = "Python loop"


def counted(name: str, codec: str, send: bool) -> Contestant:
    """Our word count in Python children, with one codec; with or without the counter's output being sent."""

    def run(setting: Setting) -> Figures:
        text = setting.text
        environment = {"STORMHOST_CODEC": codec, "BENCH_SEND": "1" if send else "0"}
        hosted = run_topology(setting, "word_count.py", text.path, text.sentences, environment=environment)
        check_counts(hosted, text)
        return steady_rate(hosted, text.words)

    return Contestant(name, run, ("msgspec",) if codec == "msgspec" else ())


CONTEST = Contest(
    key="words",
    title="Word count at full speed",
    about=(
        "Sentences are split by one Python function and counted by another. Ours: three Python children, one task each, every "
        "sentence and word anchored and acked, the default pending of 1,000; measured from the first ack to the last, CPU seconds "
        "per million words for each process. In rows with *send* the counter's `(word, n)` goes to the host although nobody "
        "subscribes to it; in those with *drop* the child knows that nobody does, and does not send it. Tree p50 and p99 are the "
        "host's, for all trees of the run. Peers: from their first line to their last word, none of them with any guarantee."
    ),
    columns=COLUMNS,
    contestants=(
        counting_peer(LOOP, "loop.py"),
        counting_peer("two processes, a pipe", "pipe.py"),
        counting_peer("Bytewax, batch 100", "bytewax_flow.py", 100, needs=("bytewax",)),
        counting_peer("Bytewax, batch 1000", "bytewax_flow.py", 1000, needs=("bytewax",)),
        counted("stormhost, msgspec, send", "msgspec", True),
        counted("stormhost, msgspec, drop", "msgspec", False),
        counted("stormhost, standard library, send", "json", True),
        counted("stormhost, standard library, drop", "json", False),
    ),
    against=(LOOP, "Bytewax, batch 1000"),
    ratio_of="M words/s",
    part_of_quick=True,
)
