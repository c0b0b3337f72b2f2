"""Whether a run kept what is promised, from what its spouts and its sink noted. Pure."""

from __future__ import annotations

from collections import Counter

from journals import Journals
from plan import Plan, components

Truth = list[tuple[int, str, str, str, str]]

MOST_LOSSES = 3  # told of one kind


def branches(plan: Plan) -> tuple[str, ...]:
    """The components from which each id has to arrive at the sink."""
    return {
        "chain": ("last",),
        "fan_out": ("worker", "second", "third"),
        "fan_in": ("worker",),
        "join": ("join",),
        "cycle": ("router",),
    }[plan.graph]


def lost(plan: Plan, journals: Journals, printed: dict[str, int], at_most_once_lost: int) -> list[str]:
    """What was acked, or printed by a source, and never arrived. A filter is at most once: it may lose what the log tells."""
    acked: dict[str, None] = {id: None for noted in journals.truth.values() for _, what, _, id, _ in noted if what == "a"}
    acked.update((f"{source}.{n}", None) for source, count in printed.items() for n in range(count))
    kinds = components(plan.graph, plan.link)
    problems = []
    for branch in branches(plan):
        arrived = {id for component, id in journals.rows if component == branch}
        missing = [id for id in acked if id not in arrived]
        if kinds[branch] == "lines" and len(missing) <= at_most_once_lost:
            continue
        if missing:
            problems.append(f"lost: {len(missing)} were acked, and never came from {branch} to the sink: {missing[:5]}")
    return problems


def duplicates(plan: Plan, journals: Journals) -> int:
    """How many arrivals at the sink were not the first of their id from their branch."""
    wanted = branches(plan)
    counts = Counter(row for row in journals.rows if row[0] in wanted and not row[1].startswith("stranger"))
    return counts.total() - len(counts)


def answers(truth: dict[str, Truth], last: dict[str, str]) -> list[str]:
    """Each emission is answered exactly once, to who made it. `last`: for each spout the incarnation that lived to the end; others may lack answers."""
    problems = []
    for spout, noted in truth.items():
        waiting: Counter[tuple[str, str]] = Counter()
        strange: list[str] = []
        for _, what, incarnation, id, _ in noted:
            if what == "e":
                waiting[incarnation, id] += 1
                if waiting[incarnation, id] > 1:
                    strange.append(f"{id} was emitted again before it was answered")
            else:
                waiting[incarnation, id] -= 1
                if waiting[incarnation, id] < 0:
                    strange.append(f"{id} was answered ({what}) once more than it was emitted")
        problems += [f"{spout}: {complaint}" for complaint in strange[:MOST_LOSSES]]
        unanswered = [id for (incarnation, id), count in waiting.items() if count > 0 and incarnation == last.get(spout)]
        if unanswered:
            problems.append(f"{spout}: {len(unanswered)} were never answered: {unanswered[:5]}")
    return problems


def dropped(journals: Journals) -> list[str]:
    """Nothing that was not acked may be left: spouts emit again what fails."""
    if not journals.open:
        return []
    return [f"dropped: {len(journals.open)} ids were never acked: {list(journals.open)[:5]}"]


def set_aside(truth: dict[str, Truth]) -> list[str]:
    """No tuple of the campaign kills its child, so none may be condemned for it."""
    letters = [id for noted in truth.values() for _, _, _, id, kind in noted if kind == "dead_letter"]
    return [f"condemned: {len(letters)} innocent tuples were set aside: {letters[:5]}"] if letters else []
