"""Children on old libraries, beside the same child before a driver that does nothing but feed it."""

from __future__ import annotations

from pathlib import Path

from ..contest import Column, Contest, Contestant, Figures
from ..hosted import run_topology
from ..processes import Wrong
from ..setting import BENCH, Setting
from .peer import run_peer
from .storm import MULTILANG, with_child

WORDS = 100_000
HELD = 500
"""Words that may have been counted when the spout hears of the first: more acks than that, with their emits, do not fit into a pipe's 64 KiB."""
DRIVER, STORM = "driver", "Apache Storm"


def driven(script: str, serializer: str):
    def run(setting: Setting) -> Figures:
        words = setting.sized(WORDS)
        path = BENCH / "topologies" / "stock" / script
        told = run_peer(setting, "driver.py", setting.interpreter(script), path, serializer, words, environment={"BENCH_MULTILANG": str(MULTILANG)})
        if told["acked"] != words:
            raise Wrong(f"{told['acked']} of {words} words were acked")
        measured = told["measured"]
        if not measured:
            return {}  # so few words that one answer held all of them
        return {"k words/s": measured / told["seconds"] / 1e3, "CPU count": told["cpu"]["count"] / measured * 1e6}

    return run


def hosted(script: str, serializer: str):
    def run(setting: Setting) -> Figures:
        words = setting.sized(WORDS)
        variables = {"BENCH_MULTILANG": str(MULTILANG)}
        ran = run_topology(setting, "stock_count.py", words, setting.interpreter(script), script, serializer, environment=variables)
        outcome = ran.event("outcome")
        if (outcome["acked"], outcome["failed"]) != (words, 0):
            raise Wrong(f"of {words} words {outcome['acked']} were acked and {outcome['failed']} failed")
        first, last = ran.event("first ack"), ran.event("last ack")
        # Some had been counted by the first ack, and the driver does not count such either: the least it can be.
        measured = max(words - HELD, words // 2)
        before = {process["pid"]: process["cpu"] for process in first["processes"]}
        used = {process["name"]: process["cpu"] - before.get(process["pid"], 0.0) for process in last["processes"]}
        return {
            "k words/s": measured / (last["at"] - first["at"]) / 1e3,
            "CPU count": used[Path(script).stem] / measured * 1e6,
            "CPU host": used["host"] / measured * 1e6,
        }

    return run


def contest(key: str, library: str, script: str, serializer: str, needs: tuple[str, ...], for_storm: int) -> Contest:
    """One library's child, driven, hosted, and before Storm, which gets fewer words."""
    return Contest(
        key=key,
        title=f"A child on {library}",
        about=(
            f"A counter on {library}, unmodified. The driver writes prepared tuples and answers task ids, so the child is the limit; "
            f"in stormhost the words come from a Python spout of ours, and every word is acked. {WORDS:,} words, {for_storm:,} for Storm, "
            "which is in local mode with a spout in Java and 1,000 pending; its first tenth is not measured. CPU seconds per million words."
        ),
        columns=(Column("k words/s", 1), Column("CPU count", 1), Column("CPU host", 2)),
        contestants=(
            Contestant(DRIVER, driven(script, serializer), needs),
            with_child(script, serializer, for_storm, needs),
            Contestant("stormhost", hosted(script, serializer), needs),
        ),
        against=(DRIVER, STORM),
        ratio_of="k words/s",
    )


STORM_PY = contest("storm-py", "storm.py", "count_storm_py.py", "json", ("storm.py",), 20_000)
STORM_RB = contest("storm-rb", "storm.rb", "count_storm_rb.rb", "json", ("storm.rb", "ruby"), 20_000)
STORM_JS = contest("storm-js", "storm.js", "count_storm_js.js", "json", ("storm.js", "node"), 20_000)
PYSTORM_JSON = contest("pystorm-json", "pystorm, JSON", "count_pystorm.py", "json", ("pystorm",), 50_000)
PYSTORM_MSGPACK = contest("pystorm-msgpack", "pystorm, MessagePack", "count_pystorm.py", "msgpack", ("pystorm", "msgpack"), 100_000)
