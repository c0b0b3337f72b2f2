"""Apache Storm in local mode: with bolts in Java, and with the same children as ours."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

from ..contest import Contestant, Figures
from ..hosted import check_digest
from ..processes import Wrong, finish
from ..setting import BENCH, BUILT_STORM, ROOT, Setting
from .rate import rate

BEST = "Storm's best"
MULTILANG = ROOT / "target" / "multilang"
"""Where Storm's own storm.py lies, once `tests/prepare.sh` has fetched it."""


def java_bolts(pending: int, batch: int = 1) -> Contestant:
    """The word count with spout and bolts in Java, at a limit on pending sentences, and with so many tuples handed on at once (Storm: 1)."""

    def run(setting: Setting) -> Figures:
        text = setting.text
        told = run_storm(setting, "java", text.path, batch, pending)
        check_acked(told, text.sentences)
        check_digest(told["counts"], text)
        span = told["warm"]
        figures = rate(span["words"], span["seconds"], {"storm": sum(span["cpu"].values())}, span["peak_mb"])
        return {**figures, "tree p50 ms": told["p50"] * 1e3, "tree p99 ms": told["p99"] * 1e3}

    name = f"Storm, Java bolts, pending {pending:,}" + (f", batch {batch}" if batch > 1 else "")
    return Contestant(name, run, ("storm",), in_check=batch > 1)


def with_child(script: str, serializer: str, words: int, needs: tuple[str, ...]) -> Contestant:
    """One of the old counters before Storm, with words from a spout in Java."""

    def run(setting: Setting) -> Figures:
        total = setting.sized(words)
        path = BENCH / "topologies" / "stock" / script
        told = run_storm(setting, serializer, setting.interpreter(script), path, total, 1000)
        check_acked(told, total)
        span = told["warm"]
        return {
            "k words/s": span["words"] / span["seconds"] / 1e3,
            "CPU count": span["cpu"]["count"] / span["words"] * 1e6,
            "CPU host": span["cpu"]["storm"] / span["words"] * 1e6,
        }

    return Contestant("Apache Storm", run, ("storm", *needs), in_check=False)


def run_storm(setting: Setting, *args: object) -> dict[str, Any]:
    """Runs the peer, and returns what it told. Raises Wrong where it fails."""
    classes = f"{BUILT_STORM}/*:{BUILT_STORM}/lib/*"
    # A local cluster leaves its state behind, and writes its log into the folder where it was started.
    with tempfile.TemporaryDirectory() as folder:
        command = ["java", f"-Djava.io.tmpdir={folder}", "-cp", classes, "peer.Main", *args]
        finished = finish(command, {**setting.environment, "BENCH_MULTILANG": str(MULTILANG)}, cwd=Path(folder))
    # The log is on the standard output, too.
    told = [line for line in finished.out.splitlines() if line.startswith("{")]
    if not told:
        raise Wrong(f"Storm left without a result:\n{finished.out[-800:]}")
    return json.loads(told[-1])


def check_acked(told: dict[str, Any], total: int) -> None:
    """Raises Wrong unless all was acked."""
    if (told["acked"], told["failed"]) != (total, 0):
        raise Wrong(f"of {total} tuples {told['acked']} were acked and {told['failed']} failed")
