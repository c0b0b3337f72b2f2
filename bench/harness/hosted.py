"""Runs a topology and reads what it tells: the events of its components, and the host's own final figures."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .processes import Finished, Wrong, finish
from .setting import BENCH, Setting
from .text import Text, digest_of


@dataclass(frozen=True)
class Hosted:
    """A topology that ran to its completion."""

    finished: Finished
    events: list[dict[str, Any]]
    """What components told by `probe.tell`, in order of time."""
    components: dict[str, dict[str, Any]]
    """The host's final figures for each component."""
    whole: dict[str, Any]
    """The host's final figures for the run."""

    def event(self, name: str) -> dict[str, Any]:
        """The first event of this name. Raises Wrong if there is none."""
        for event in self.events:
            if event["event"] == name:
                return event
        raise Wrong(f"no component told of: {name}")

    def all(self, name: str) -> list[dict[str, Any]]:
        """Every event of this name."""
        return [event for event in self.events if event["event"] == name]


def run_topology(
    setting: Setting,
    file: str,
    *args: object,
    options: tuple[str, ...] = (),
    environment: dict[str, str] | None = None,
    timeout: float = 600.0,
) -> Hosted:
    """Runs `topologies/<file>` to its completion. Raises Wrong where it fails."""
    folder = setting.folder / "out"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    variables = {**setting.environment, **(environment or {}), "BENCH_OUT": str(folder)}
    path = BENCH / "topologies" / file
    command = [setting.host, "run", "--python", setting.python, "--log-format", "json", *options, path, "--", *args]
    finished = finish(command, variables, timeout)
    components, whole = _figures(finished.err)
    return Hosted(finished, _events(folder), components, whole)


def check_counts(hosted: Hosted, text: Text) -> None:
    """Raises Wrong unless every sentence was acked, none failed, and all words were counted right."""
    outcome = hosted.event("outcome")
    if (outcome["acked"], outcome["failed"]) != (text.sentences, 0):
        raise Wrong(f"of {text.sentences} sentences {outcome['acked']} were acked and {outcome['failed']} failed")
    counts: Counter[str] = Counter()
    for event in hosted.all("counts"):
        counts.update(event["counts"])
    check_digest(counts, text)


def check_digest(counts: dict[str, int], text: Text) -> None:
    """Raises Wrong unless these are the counts of that text."""
    if digest_of(counts) != text.digest:
        raise Wrong(f"the counts are not those of the text: {sum(counts.values())} words in place of {text.words}")


def _figures(log: str) -> tuple[dict[str, dict[str, Any]], dict[str, Any]]:
    components, whole = {}, {}
    for line in log.splitlines():
        if not line.startswith("{"):
            continue
        entry = json.loads(line)
        if entry.get("message") == "final figures":
            components[entry["component"]] = entry
        elif entry.get("message") == "the run is over":
            whole = entry
    return components, whole


def _events(folder: Path) -> list[dict[str, Any]]:
    lines = [line for file in folder.glob("*.jsonl") for line in file.read_text().splitlines()]
    return sorted((json.loads(line) for line in lines), key=lambda event: event["at"])
