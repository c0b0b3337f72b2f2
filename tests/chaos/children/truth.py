"""What a spout of the campaign knows: what it emitted, what it heard of each, and what is to be emitted again.

All of it stands in a journal, a line each, before the host can know of it: `<ns> e|a|f <incarnation> <id>`, so a successor goes on where a spout was killed,
and the campaign can check that every emission was answered exactly once. Knows no dialect.
"""

from __future__ import annotations

import os
import time
from collections import deque

from orders import append, line_of


class Truth:
    """The truth of one spout: at least `quota` ids, `rate` of them a second, until the campaign says that it is enough."""

    def __init__(self, folder: str, component: str, incarnation: str, quota: int, rate: int) -> None:
        self._component = component
        self._incarnation = incarnation
        self._quota = quota
        self._rate = rate
        self._enough = os.path.join(folder, "enough")
        path = os.path.join(folder, f"truth.{component}")
        self._again = deque(self._unanswered(path))
        self._journal = append(path)
        self._looked = time.monotonic()
        self._owed = 0.0  # new ids by the time that has passed

    def _unanswered(self, path: str) -> list[str]:
        """What predecessors emitted and have not seen acked. Sets where new ids begin."""
        open_ids: dict[str, None] = {}
        self._next = 0
        if os.path.exists(path):
            with open(path, "rb") as file:
                # A line that its writer was killed in is none.
                for line in file.read().split(b"\n")[:-1]:
                    words = line.decode().split(" ")
                    if words[1] == "e":
                        open_ids[words[3]] = None
                        self._next = max(self._next, int(words[3].split(".")[1]) + 1)
                    elif words[1] == "a":
                        open_ids.pop(words[3], None)
        return list(open_ids)

    def next(self) -> str | None:
        """What is to be emitted now; None for nothing. It counts as emitted."""
        if self._again:
            id = self._again.popleft()
        elif self.more() and self._is_due():
            id = f"{self._component}.{self._next}"
            self._next += 1
        else:
            return None
        self._journal.write(line_of("e", self._incarnation, id))
        return id

    def _is_due(self) -> bool:
        """Whether it is time for a new id. Beyond the quota, while faults go on, there are few."""
        now = time.monotonic()
        due = self._owed + (now - self._looked) * (self._rate if self._next < self._quota else self._rate / 8)
        self._looked = now
        self._owed = min(due, self._rate / 10)
        if self._owed < 1:
            return False
        self._owed -= 1
        return True

    def more(self) -> bool:
        """Whether there will be new ids. Asked when there is nothing else to do."""
        return self._next < self._quota or not os.access(self._enough, os.F_OK)

    def through(self) -> bool:
        """Whether there is nothing to be emitted, unless something fails."""
        return not self._again and not self.more()

    def acked(self, id: str) -> None:
        self._journal.write(line_of("a", self._incarnation, id))

    def failed(self, id: str, kind: str = "-") -> None:
        self._journal.write(line_of("f", self._incarnation, id, kind))
        self._again.append(id)


def pair_of(id: str) -> str:
    """Two ids after one another have one pair."""
    spout, number = id.split(".")
    return f"{spout}.{int(number) // 2}"
