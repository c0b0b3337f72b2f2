"""The plans: seeds give the same ones for ever, and every fault meets every shape."""

from __future__ import annotations

import pytest

from faults import BY_NAME, FAULTS, NO_SENSE
from plan import AT_LEAST, COVERS, GRAPHS, LINKS, SHAPES, components, plan_of


@pytest.mark.parametrize("first", [0, 1, 777])
def test_every_fault_meets_every_shape(first: int) -> None:
    met = {(plan.shape, strike.fault) for plan in map(plan_of, range(first, first + COVERS)) for strike in plan.strikes}
    assert len(met) == SHAPES * len(FAULTS)


def test_a_few_seeds_have_every_fault_every_graph_and_every_link() -> None:
    plans = [plan_of(seed) for seed in range(6)]
    assert {strike.fault for plan in plans for strike in plan.strikes} == set(BY_NAME)
    assert {plan.graph for plan in plans} == set(GRAPHS) and {plan.link for plan in plans} == set(LINKS)


def test_a_seed_has_five_faults_at_least_and_the_same_ones_for_ever() -> None:
    for seed in range(300):
        plan = plan_of(seed)
        assert plan == plan_of(seed)
        assert len(plan.strikes) >= AT_LEAST


def test_whoever_is_struck_can_suffer_it() -> None:
    for seed in range(COVERS):
        plan = plan_of(seed)
        made = components(plan.graph, plan.link)
        for strike in plan.strikes:
            assert made[strike.component] == strike.kind and strike.kind in strike.what.suffers


def test_whoever_cannot_suffer_some_faults_has_a_reason() -> None:
    kinds = {kind for graph in GRAPHS for link in LINKS for kind in components(graph, link).values()}
    spared = {kind for kind in kinds if any(kind not in fault.suffers for fault in FAULTS)}
    assert spared <= set(NO_SENSE) | {"old spout", "inside spout"}  # these two as `spout`
