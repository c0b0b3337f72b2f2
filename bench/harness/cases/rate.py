"""The figures of whoever counts words as fast as it can."""

from __future__ import annotations

from ..contest import Column, Figures
from ..hosted import Hosted

PROCESSES = ("lines", "split", "count", "host")
COLUMNS = (
    Column("M words/s"),
    Column("CPU s per M words", 3),
    *(Column(f"CPU {name}", 3) for name in PROCESSES),
    Column("peak MB", 0),
    Column("host MB", 0),
    Column("tree p50 ms", 1),
    Column("tree p99 ms", 1),
)


def rate(words: int, seconds: float, cpu: dict[str, float], peak_mb: dict[str, float]) -> Figures:
    """Figures from what each process used meanwhile; CPU is given for each of the processes that a word count has."""
    millions = words / 1e6
    figures = {
        "M words/s": millions / seconds,
        "CPU s per M words": sum(cpu.values()) / millions,
        "peak MB": sum(peak_mb.values()),
    }
    if len(cpu) > 1:
        figures |= {f"CPU {name}": cpu[name] / millions for name in PROCESSES if name in cpu}
    if "host" in peak_mb:
        figures["host MB"] = peak_mb["host"]
    return figures


def steady_rate(hosted: Hosted, words: int, spout: str = "lines") -> Figures:
    """The same for a topology, between its first ack and its last.

    What the start takes is no part of it, in seconds or in CPU; the few sentences under way at the first ack are.
    """
    first, last = hosted.event("first ack"), hosted.event("last ack")
    before = {process["pid"]: process["cpu"] for process in first["processes"]}
    cpu: dict[str, float] = {}
    peak: dict[str, float] = {}
    for process in last["processes"]:
        # Several tasks of a component count together; the guard, which sleeps, with the host.
        name = "host" if process["name"] == "stormhost" else process["name"]
        cpu[name] = cpu.get(name, 0.0) + process["cpu"] - before.get(process["pid"], 0.0)
        if process["name"] != "stormhost":
            peak[name] = peak.get(name, 0.0) + process["peak_mb"]
    figures = rate(words, last["at"] - first["at"], cpu, peak)
    latency = hosted.components.get(spout, {})
    if latency.get("p50_seconds") is not None:
        figures["tree p50 ms"] = latency["p50_seconds"] * 1e3
        figures["tree p99 ms"] = latency["p99_seconds"] * 1e3
    return figures
