"""The memory that the host may use at most, computed from the settings: what `docs/reliability.md` says in prose."""

from __future__ import annotations

from plan import Plan, components

MEBI = 1 << 20
QUEUE = 1 * MEBI  # stormhost.queue.bytes
MESSAGE = 4 * MEBI  # stormhost.max.message.bytes
INSIDE = 32 * MEBI  # stormhost.inside.memory.bytes
CYCLE = 4 * MEBI  # stormhost.cycle.bytes
REPLAY = 4 * MEBI  # stormhost.replay.bytes
PENDING = 1_000  # topology.max.spout.pending

HOST = 32 * MEBI
"""The program itself, its libraries, its log."""
WRITING = 4 * MEBI + MEBI // 4
"""What one task is being written at most: its buffer is let go when it is larger, and what its pipe holds."""
READING = 1 * MEBI + MEBI // 4
"""What was read of one task: its buffer beyond the longest message, and what its pipe holds."""
ROOT = 512
"""One tuple tree in the ledger, with what its spout's task knows of it."""
PYTHON = 96 * MEBI
"""Python inside the host: the interpreter, and what the components of the campaign hold."""


def tasks(plan: Plan) -> int:
    """How many tasks the topology has."""
    return sum(1 if name in ("s1", "s2", "s3", "second", "third") else 2 for name in components(plan.graph, plan.link))


def ceiling(plan: Plan) -> int:
    """Bytes that the host may have resident at most."""
    kinds = components(plan.graph, plan.link).values()
    total = HOST + tasks(plan) * (2 * QUEUE + WRITING + READING + MESSAGE)
    total += sum("spout" in kind or kind == "source" for kind in kinds) * PENDING * ROOT
    if plan.graph == "cycle":
        total += CYCLE
    if plan.link == "shell" and plan.graph == "fan_in":
        total += REPLAY
    if plan.link == "lua":
        total += 2 * INSIDE * 2 * sum(kind == "lua" for kind in kinds)
    if plan.link == "python":
        total += PYTHON
    return total
