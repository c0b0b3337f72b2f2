"""A spout that would be quicker than its bolt, for some seconds: memory stays as it is. `make soak` goes on for an hour."""

from __future__ import annotations

import pytest

from harness import Stormhost
from soak import drift, soak


@pytest.mark.parametrize("dialect", ["frames", "json"])
def test_memory_does_not_grow_behind_a_slow_bolt(stormhost: Stormhost, dialect: str) -> None:
    samples = soak(stormhost, dialect, 24_000_000, seconds=9, every=0.25)
    assert drift(samples, 3) < 0.1, samples
