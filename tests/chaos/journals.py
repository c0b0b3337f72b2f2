"""What the components of a run noted, read while it goes on: who was seen at work last, and what was answered."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class Seen:
    """One sign of life: a component's task was at work, by this incarnation, at this time (ns)."""

    ns: int
    component: str
    task: str
    incarnation: str

    @property
    def pid(self) -> int:
        """Of a process; what it means for a task inside the host is up to that."""
        return int(self.incarnation.split(".")[0])


@dataclass
class Told:
    """A fault that a child was about to do. `ns` is 0 for those that have no clock."""

    ns: int
    order: str
    component: str
    task: str
    incarnation: str


@dataclass
class Journals:
    """All journals of a run in `folder`."""

    folder: Path
    arrived: list[int] = field(default_factory=list)  # times at the sink
    rows: list[tuple[str, str]] = field(default_factory=list)  # (from which component, id) at the sink
    truth: dict[str, list[tuple[int, str, str, str, str]]] = field(default_factory=dict)  # spout → (ns, what, incarnation, id, kind)
    open: dict[str, int] = field(default_factory=dict)  # id → emissions without an answer, or that failed
    emitted: dict[str, int] = field(default_factory=dict)  # spout → different ids
    last: dict[tuple[str, str], Seen] = field(default_factory=dict)  # (component, task) → its latest sign of life
    _at: dict[Path, int] = field(default_factory=dict)
    _rest: dict[Path, bytes] = field(default_factory=dict)

    def look(self) -> list[Seen]:
        """Reads what is new."""
        seen: list[Seen] = []
        for line in self._lines(self.folder / "sink"):
            ns, incarnation, task, component, by, ids = line.split(" ")
            at = int(ns)
            self.arrived.append(at)
            self.rows.extend((component, id) for id in ids.split("+"))
            seen.append(Seen(at, "sink", task, incarnation))
            for name in by.split(","):
                if name.count(":") == 2:
                    who, its_task, its_incarnation = name.split(":")
                    seen.append(Seen(at, who, its_task, its_incarnation))
        for path in sorted(self.folder.glob("truth.*")):
            seen += self._truth(path)
        for one in seen:
            self.last[one.component, one.task] = one
        return seen

    def _truth(self, path: Path) -> Iterator[Seen]:
        component = path.name.split(".")[1]
        noted = self.truth.setdefault(component, [])
        for line in self._lines(path):
            ns, what, incarnation, id, *kind = line.split(" ")
            noted.append((int(ns), what, incarnation, id, kind[0] if kind else ""))
            if what == "e":
                if id not in self.open:
                    self.emitted[component] = max(self.emitted.get(component, 0), int(id.split(".")[1]) + 1)
                self.open[id] = 1
                yield Seen(int(ns), component, "0", incarnation)
            elif what == "a":
                self.open.pop(id, None)

    def told(self) -> list[Told]:
        """The faults that children were about to do, since this was last asked."""
        found = []
        for line in self._lines(self.folder / "told"):
            ns, order, by = line.split(" ")
            found.append(Told(0 if ns == "-" else int(ns), order, *by.split(":")))
        return found

    def _lines(self, path: Path) -> list[str]:
        """The whole lines of a file that are new."""
        try:
            with open(path, "rb") as file:
                file.seek(self._at.get(path, 0))
                data = file.read()
        except FileNotFoundError:
            return []
        self._at[path] = self._at.get(path, 0) + len(data)
        *lines, rest = (self._rest.get(path, b"") + data).split(b"\n")
        self._rest[path] = rest
        return [line.decode() for line in lines]
