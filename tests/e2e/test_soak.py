"""A spout that would be quicker than its bolt, for ten seconds: memory stays as it is. `make soak` goes on for as long as one likes."""

from __future__ import annotations

import pytest

from harness import Stormhost
from soak import drift, soak


@pytest.mark.parametrize(("dialect", "tuples"), [("frames", 900_000), ("json", 60_000)])
def test_memory_does_not_grow_behind_a_slow_bolt(stormhost: Stormhost, dialect: str, tuples: int) -> None:
    samples = soak(stormhost, dialect, tuples, every=0.5)
    assert len(samples) > 8, "it was over before anything could be seen"
    assert drift(samples, 3) < 0.1, samples
