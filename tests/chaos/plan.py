"""What happens in the run of one seed: which topology, which faults, whom they strike and when. Pure: a seed gives the same plan for ever.

The seed's number chooses the shape and the faults, so that any `COVERS` seeds in a row make every fault meet every shape; chance chooses the rest.
"""

from __future__ import annotations

import random
from dataclasses import dataclass

from faults import BY_NAME, FAULTS, HOST_SUSPENDED, Fault

GRAPHS = ("chain", "fan_out", "fan_in", "join", "cycle")
LINKS = ("frames", "json", "msgpack", "shell", "lua", "python")
SHAPES = len(GRAPHS) * len(LINKS)
AT_LEAST = 5
"""Faults a seed."""
COVERS = SHAPES * -(-len(FAULTS) // AT_LEAST)
"""So many seeds in a row make every fault meet every shape."""
QUOTA = 10_000
"""Tuples that the spouts emit together, at least."""
RATES = {"frames": (4_000, 4_000, 20_000), "shell": (3_000,), "json": (4_000,), "msgpack": (4_000,), "lua": (4_000,), "python": (4_000,)}


@dataclass(frozen=True)
class Strike:
    """One fault, to strike one component.

    `after`: so many tuples arrive at the sink before it. `together`: it does not wait until the one before is over. `chance`: a number from 0 to 1 for what else is open.
    """

    fault: str
    component: str
    kind: str
    after: int
    together: bool
    chance: float

    @property
    def what(self) -> Fault:
        return BY_NAME[self.fault]

    @property
    def lasts(self) -> float:
        """Seconds for which the fault itself goes on: 0 where it happens at once."""
        return {"pause": 0.1 + 0.7 * self.chance, "suspended": HOST_SUSPENDED}.get(self.fault, 0.0)


@dataclass(frozen=True)
class Plan:
    """One run."""

    seed: int
    graph: str
    link: str
    rate: int
    strikes: tuple[Strike, ...]

    @property
    def shape(self) -> str:
        return f"{self.graph}/{self.link}"


def components(graph: str, link: str) -> dict[str, str]:
    """The components of a topology, and of what kind each is, in the words of `faults`."""
    spout = {"json": "old spout", "msgpack": "old spout", "python": "inside spout"}.get(link, "spout")
    part = {"shell": "exec"}.get(link, link)
    made = {"s1": spout, "worker": part, "sink": "frames"}
    if graph == "chain":
        made["last"] = part
    elif graph == "fan_out":
        made["second"] = part
        made["third"] = "lines" if link == "shell" else part
    elif graph == "fan_in":
        made["s2"] = spout
        made["s3"] = "source" if link == "shell" else spout
    elif graph == "join":
        made["join"] = part
    else:
        made["router"] = "router"
    return made


def plan_of(seed: int) -> Plan:
    """The plan of a seed, from 0."""
    graph, link = GRAPHS[seed % len(GRAPHS)], LINKS[seed % len(LINKS)]
    turn, shape = divmod(seed, SHAPES)
    chance = random.Random(seed)
    begin = AT_LEAST * (turn + shape)
    chosen = [FAULTS[(begin + n) % len(FAULTS)] for n in range(AT_LEAST)]
    chosen += chance.choices(FAULTS, k=chance.randint(0, 2))
    chance.shuffle(chosen)
    made = components(graph, link)
    strikes = tuple(_strike(fault, made, link, chance, first=number == 0) for number, fault in enumerate(chosen))
    return Plan(seed, graph, link, chance.choice(RATES[link]), strikes)


def _strike(fault: Fault, made: dict[str, str], link: str, chance: random.Random, first: bool) -> Strike:
    able = sorted(name for name, kind in made.items() if kind in fault.suffers)
    own = [name for name in able if name not in ("sink", "router")]
    # Mostly those that make this shape what it is.
    component = chance.choice(own if own and chance.random() < 0.75 else able)
    together = not first and chance.random() < 0.25
    return Strike(fault.name, component, made[component], chance.randint(0, 800), together, chance.random())
