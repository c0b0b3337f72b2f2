"""The word count at full speed, ours beside the peers': plain, with rich tuples, and acked by hand."""

from __future__ import annotations

from collections.abc import Callable

from ..contest import Contest, Contestant, Figures
from ..hosted import check_counts, run_topology
from ..setting import Setting
from ..text import Text
from .peer import counting_peer
from .rate import COLUMNS, steady_rate
from .storm import BEST as STORM
from .storm import java_bolts

LOOP = "Python loop"
BYTEWAX = "Bytewax's best"
BATCHES = ("Bytewax, batch 100", "Bytewax, batch 1000")
STORMS = (java_bolts(100), java_bolts(1_000), java_bolts(5_000), java_bolts(1_000, batch=100))
HOLD = 100
"""Tuples that a bolt with acks by hand holds back."""


def counted(
    name: str,
    codec: str = "",
    send: bool = True,
    file: str = "word_count.py",
    more: tuple[object, ...] = (),
    options: tuple[str, ...] = (),
    text_of: Callable[[Setting], Text] = lambda setting: setting.text,
) -> Contestant:
    """A word count of ours in Python children; with or without the counter's output being sent.

    `codec`: `native`, `msgspec` or `json`; the fastest that is there, if it is empty.
    """

    def run(setting: Setting) -> Figures:
        text = text_of(setting)
        environment = {"STORMHOST_CODEC": codec or setting.codec, "BENCH_SEND": "1" if send else "0"}
        hosted = run_topology(setting, file, text.path, text.sentences, *more, options=options, environment=environment)
        check_counts(hosted, text)
        return steady_rate(hosted, text.words)

    return Contestant(name, run, ("msgspec",) if codec == "msgspec" else ())


def less(setting: Setting) -> Text:
    """A text for slow peers, and for runs that move 1 KB with each word."""
    return setting.text_of(200_000)


PLAIN = Contest(
    key="words",
    title="Word count at full speed",
    about=(
        "Sentences are split by one Python function and counted by another. Ours: three Python children, one task each, every "
        "sentence and word anchored and acked, the default pending of 2,000; measured from the first ack to the last, CPU seconds "
        "per million words for each process. In rows with *send* the counter's `(word, n)` goes to the host although nobody "
        "subscribes to it; in those with *drop* the child knows that nobody does, and does not send it. Tree p50 and p99 are the "
        "host's, for all trees of the run. Peers: from their first line to their last word, none of them with any guarantee, Pathway on a "
        "fifth of the sentences. Apache Storm runs in local mode with spout, bolts and acker in Java, one task each, every sentence and "
        "word anchored and acked, its own defaults but for the pending and, in one row, its `topology.producer.batch.size`; a tenth of "
        "the text warms its compiler up and is not measured; its CPU is that of the whole JVM, Storm's own daemons included."
    ),
    columns=COLUMNS,
    contestants=(
        counting_peer(LOOP, "loop.py"),
        counting_peer("two processes, a pipe", "pipe.py"),
        counting_peer(BATCHES[0], "bytewax_flow.py", 100, needs=("bytewax",)),
        counting_peer(BATCHES[1], "bytewax_flow.py", 1000, needs=("bytewax",)),
        counting_peer("Pathway, counted in Rust", "pathway_flow.py", "rust", needs=("pathway",), text_of=less),
        counting_peer("Pathway, counted in Python", "pathway_flow.py", "python", needs=("pathway",), text_of=less),
        *STORMS,
        counted("stormhost, native, send", "native"),
        counted("stormhost, native, drop", "native", send=False),
        counted("stormhost, msgspec, send", "msgspec"),
        counted("stormhost, msgspec, drop", "msgspec", send=False),
        counted("stormhost, standard library, send", "json"),
        counted("stormhost, standard library, drop", "json", send=False),
    ),
    against=(LOOP, BYTEWAX, STORM),
    bests={BYTEWAX: BATCHES, STORM: tuple(one.name for one in STORMS)},
    ratio_of="M words/s",
    quick_contestants=(
        LOOP,
        "two processes, a pipe",
        BATCHES[1],
        "stormhost, native, send",
        "stormhost, native, drop",
        "stormhost, msgspec, send",
        "stormhost, msgspec, drop",
        "stormhost, standard library, send",
    ),
)


MIXED = Contest(
    key="mixed",
    title="Three fields of mixed types, 1 KB a tuple",
    about="The word count with text, a float or an integer, and 1,000 bytes of text in every tuple of every stream; Bytewax on the same.",
    columns=COLUMNS,
    contestants=(
        counting_peer(BATCHES[0], "bytewax_mixed.py", 100, needs=("bytewax",), text_of=less),
        counting_peer(BATCHES[1], "bytewax_mixed.py", 1000, needs=("bytewax",), text_of=less),
        counted("stormhost, native, send", "native", file="mixed.py", text_of=less),
        counted("stormhost, native, drop", "native", send=False, file="mixed.py", text_of=less),
        counted("stormhost, msgspec, send", "msgspec", file="mixed.py", text_of=less),
        counted("stormhost, standard library, send", "json", file="mixed.py", text_of=less),
    ),
    against=(BYTEWAX,),
    bests={BYTEWAX: BATCHES},
    ratio_of="M words/s",
)

AUTOMATIC = "acks of themselves"
BY_HAND = Contest(
    key="by-hand",
    title="Acks by hand and out of order",
    about=f"Both bolts of the word count ack by hand, each holding {HOLD} tuples and letting them go in no order; beside the same with automatic acks.",
    columns=COLUMNS,
    contestants=(
        counted(AUTOMATIC),
        counted(f"acks by hand, {HOLD} held", file="by_hand.py", more=(HOLD,)),
    ),
    against=(AUTOMATIC,),
    ratio_of="M words/s",
)
