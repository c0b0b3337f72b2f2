"""Which two belong together: what a join holds until it has both. Knows no dialect.

One whose partner does not come (it was joined already, with one that was lost later) is let go alone at the second tick: so nothing waits for ever.
"""

from __future__ import annotations

from typing import Any


class Pairs:
    """What is held: by pair, for each id its anchor."""

    def __init__(self) -> None:
        self._held: dict[str, dict[str, list[Any]]] = {}
        self._old: set[str] = set()

    def add(self, pair: str, id: str, anchor: Any) -> list[tuple[str, Any]]:
        """All that is to be joined now; nothing while the partner is missing. One that came again is held twice, and joined together."""
        held = self._held.setdefault(pair, {})
        held.setdefault(id, []).append(anchor)
        return self._take(pair) if len(held) == 2 else []

    def tick(self) -> list[tuple[str, list[tuple[str, Any]]]]:
        """Those that have waited since the last tick, by pair."""
        lonely = [(pair, self._take(pair)) for pair in self._old if pair in self._held]
        self._old = set(self._held)
        return lonely

    def _take(self, pair: str) -> list[tuple[str, Any]]:
        return [(id, anchor) for id, anchors in self._held.pop(pair).items() for anchor in anchors]
