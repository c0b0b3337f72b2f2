"""Chains: each library splits the lines of every library's spout for every library's counter, in one run.

The words of a spout carry its library's name, and each counter has a journal of its own; so every chain of three is looked at by itself.
"""

from __future__ import annotations

import json
import signal
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from harness import Run, Stormhost, wait_for
from libraries import Library

# A busy machine may take its time to start some forty processes.
PATIENCE = 180.0
LINES = ["the cow jumped over the moon", "a b c d", "", "the end", "end", "schöne Grüße 😀 é€"]


def text_of(library: Library) -> list[str]:
    """The lines of its spout: whose they are can be seen of every word."""
    return [" ".join(f"{library.name}.{word}" for word in line.split()) for line in LINES]


def play(split: Library, libraries: Sequence[Library], host: Stormhost) -> dict[tuple[str, str, str], str]:
    """One run. For each chain (spout, split, count), by names: what went wrong, or an empty text."""
    folder = host.folder
    run = host.start(topology(split, libraries, folder))
    wanted = Counter(word for library in libraries for line in text_of(library) for word in line.split())

    def complete() -> bool:
        return all(len(read(folder / f"count-{library.name}")) >= wanted.total() for library in libraries) and all(
            len(read(folder / f"spout-{library.name}")) >= len(LINES) for library in libraries
        )

    try:
        wait_for(lambda: run.status is not None or complete(), "all chains to be complete", PATIENCE, 0.1)
    except AssertionError:
        pass  # what is missing is told for each chain
    end(run)
    return {
        (spout.name, split.name, count.name): problem(folder, spout, count, run) for spout in libraries for count in libraries
    }


def topology(split: Library, libraries: Sequence[Library], folder: Path) -> str:
    """Its source."""
    lines = ["class T(Topology):"]
    for at, library in enumerate(libraries):
        text = folder / f"text-{library.name}"
        text.write_text("".join(line + "\n" for line in text_of(library)))
        journal = {"JOURNAL": str(folder / f"spout-{library.name}")}
        lines.append(f"    spout{at} = {library.declaration('spout', str(text), env=journal, fields='line', spout=True)}")
    sources = ", ".join(f"ShuffleGrouping(spout{at})" for at in range(len(libraries)))
    lines.append(f"    split = {split.declaration('split', fields='word', inputs=f'=[{sources}]')}")
    for at, library in enumerate(libraries):
        journal = {"JOURNAL": str(folder / f"count-{library.name}")}
        count = library.declaration("count", env=journal, inputs="=[FieldsGrouping(split, 'word')]")
        lines.append(f"    count{at} = {count}")
    return "\n".join(lines) + "\n"


def read(journal: Path) -> list[list[str]]:
    """What stands in a journal."""
    return [json.loads(line) for line in journal.read_bytes().splitlines()] if journal.exists() else []


def problem(folder: Path, spout: Library, count: Library, run: Run) -> str:
    """What went wrong with the lines of one spout at one counter."""
    answers = Counter(map(tuple, read(folder / f"spout-{spout.name}")))
    acked = {("acked", f"line {number}"): 1 for number in range(len(LINES))}
    own = f"{spout.name}."
    words = Counter(word for _, word in read(folder / f"count-{count.name}") if word.startswith(own))
    expected = Counter(word for line in text_of(spout) for word in line.split())
    told = []
    if words != expected:
        told.append(f"words are missing: {dict(expected - words)}, too many: {dict(words - expected)}")
    if answers != acked:
        told.append(f"the spout heard {dict(answers)}")
    if told:
        told.append(f"status {run.status}; the log ends:\n{run.told[-1500:]}")
    return "; ".join(told)


def end(run: Run) -> None:
    """Old spouts never say that they are through: so a signal ends the run."""
    if run.status is None:
        run.signal(signal.SIGINT)
    run.wait()
