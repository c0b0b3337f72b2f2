"""Every contest there is, in the order in which they are held and told."""

from __future__ import annotations

from ..contest import Contest
from . import growth, languages, large, latency, lines, start, stock, word_count

ALL: tuple[Contest, ...] = (
    word_count.PLAIN,
    languages.CONTEST,
    latency.PACED,
    start.CONTEST,
    word_count.MIXED,
    word_count.BY_HAND,
    latency.ONE_AT_A_TIME,
    stock.STORM_PY,
    stock.STORM_RB,
    stock.STORM_JS,
    stock.PYSTORM_JSON,
    stock.PYSTORM_MSGPACK,
    large.CONTEST,
    lines.CONTEST,
    growth.TASKS,
    growth.CHAIN,
    growth.PENDING,
    growth.KEYS,
    growth.CHILDREN,
)
