"""What the outcomes of many seeds come to: a few sentences, and the tables of `docs/reliability.md`."""

from __future__ import annotations

import math
import os
import platform
from collections import defaultdict
from pathlib import Path
from typing import Any

from faults import FAULTS
from plan import COVERS, GRAPHS, LINKS, SHAPES

PAGE = Path(__file__).resolve().parents[2] / "docs" / "reliability.md"
BEGIN, END = "<!-- written by `make chaos-table` -->", "<!-- end of what is written -->"

Outcomes = list[dict[str, Any]]


def machine() -> dict[str, Any]:
    """What the machine is, and how busy it is just now."""
    model = next((line.split(":")[1].strip() for line in Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("model name")), platform.machine())
    return {"cpu": model, "cores": os.cpu_count(), "kernel": platform.release().split("-")[0], "load": round(os.getloadavg()[0], 1), "first": goes_first()}


def goes_first() -> bool:
    """Whether we go before all others on this machine, as by `chrt -r 1`."""
    return os.sched_getscheduler(0) in (os.SCHED_FIFO, os.SCHED_RR)


def of(values: list[float], share: float) -> float:
    """The smallest value that so large a share of them does not exceed."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


def seconds(values: list[float], share: float) -> str:
    """A time of these, as it stands in the tables; a dash for none."""
    if not values:
        return "–"
    time = of(values, share)
    return f"{1000 * time:.0f} ms" if time < 1 else f"{time:.2f} s"


def problems(outcomes: Outcomes, word: str) -> int:
    """How many of the problems begin so."""
    return sum(problem.startswith(word) for outcome in outcomes for problem in outcome["problems"])


def summary(outcomes: Outcomes) -> str:
    """What came of it, in words."""
    strikes = [strike for outcome in outcomes for strike in outcome["strikes"]]
    bad = [outcome["seed"] for outcome in outcomes if outcome["problems"]]
    met = {(outcome["shape"], strike["fault"]) for outcome in outcomes for strike in outcome["strikes"]}
    return (
        f"{len(outcomes)} seeds, {len(strikes)} faults, {sum(outcome['tuples'] for outcome in outcomes)} tuples; "
        f"{len(met)} of {SHAPES * len(FAULTS)} pairs of shape and fault met; "
        f"lost {problems(outcomes, 'lost')}, hung {problems(outcomes, 'hung')}, left behind {problems(outcomes, 'left behind')}; "
        + (f"with problems: {bad}" if bad else "no problems")
    )


def by_fault(outcomes: Outcomes) -> list[str]:
    """A line a fault."""
    lines = ["| fault | injected | time to flow again: p50 | p99 | most | longest stall |", "|---|---:|---:|---:|---:|---:|"]
    strikes = [strike for outcome in outcomes for strike in outcome["strikes"]]
    for fault in FAULTS:
        these = [strike for strike in strikes if strike["fault"] == fault.name]
        flows = [strike["flows"] for strike in these if strike["alone"] and strike["flows"] is not None]
        stalls = [strike["stall"] for strike in these if strike["alone"] and strike["stall"] is not None]
        lines.append(f"| {fault.words} | {len(these)} | {seconds(flows, 0.5)} | {seconds(flows, 0.99)} | {seconds(flows, 1)} | {seconds(stalls, 1)} |")
    return lines


def by_shape(outcomes: Outcomes) -> list[str]:
    """A line a shape."""
    lines = ["| shape | seeds | faults | tuples through | lost | duplicated | longest stall | most memory of its ceiling |", "|---|---:|---:|---:|---:|---:|---:|---:|"]
    shapes: dict[str, Outcomes] = defaultdict(list)
    for outcome in outcomes:
        shapes[outcome["shape"]].append(outcome)
    for link in LINKS:
        for graph in GRAPHS:
            these = shapes[f"{graph}/{link}"]
            if these:
                memory = max(outcome["peak_memory"] / outcome["memory_ceiling"] for outcome in these)
                peak = max(outcome["peak_memory"] for outcome in these) / 1e6
                lines.append(
                    f"| {graph.replace('_', '-')}, {link} | {len(these)} | {sum(len(outcome['strikes']) for outcome in these)} | "
                    f"{sum(outcome['tuples'] for outcome in these)} | {problems(these, 'lost')} | {sum(outcome['duplicated'] for outcome in these)} | "
                    f"{seconds([outcome['longest_stall'] for outcome in these], 1)} | {peak:.0f} MB, {100 * memory:.0f} % |"
                )
    everything = (
        f"| **all** | {len(outcomes)} | {sum(len(outcome['strikes']) for outcome in outcomes)} | {sum(outcome['tuples'] for outcome in outcomes)} | "
        f"**{problems(outcomes, 'lost')}** | {sum(outcome['duplicated'] for outcome in outcomes)} | {seconds([outcome['longest_stall'] for outcome in outcomes], 1)} | |"
    )
    return [*lines, everything]


def write_page(outcomes: Outcomes) -> None:
    """Puts the tables into the page."""
    machines = [outcome["machine"] for outcome in outcomes]
    loads = [machine["load"] for machine in machines]
    facts = f"{machines[0]['cores']} cores ({machines[0]['cpu']}), Linux {machines[0]['kernel']}"
    first = sum(machine["first"] for machine in machines)
    others = f" {first} of the seeds went before whatever others did there (`chrt -r 1 make chaos`), and {len(machines) - first} did not." if first else ""
    bad = sorted(outcome["seed"] for outcome in outcomes if outcome["problems"])
    written = [
        f"`make chaos`: {summary(outcomes)}. All pairs are met by {COVERS} seeds in a row.",
        "",
        f"On {facts}; the machine's load (of one minute) was {of(loads, 0.5):.1f} in the median and {max(loads):.1f} at most.{others}",
        *(["", f"Seeds that found something: {', '.join(map(str, bad))}."] if bad else []),
        "",
        *by_fault(outcomes),
        "",
        *by_shape(outcomes),
    ]
    replace(BEGIN, END, written)


def replace(begin: str, end: str, lines: list[str]) -> None:
    """Puts lines between two marks of the page."""
    before, rest = PAGE.read_text().split(begin)
    after = rest[rest.index(end) :]
    PAGE.write_text(before + "\n".join([begin, "", *lines, "", after]))
