"""The text that everybody counts: sentences of about 6.2 words from 2,000 words, Zipf, always the same."""

from __future__ import annotations

import hashlib
import json
import random
from collections import Counter
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path

SEED = 20_261_107
VOCABULARY = 2_000
LENGTHS = (4, 5, 6, 7, 9)
"""Words a sentence, each as often: 6.2 on average."""
LETTERS = "abcdefghijklmnopqrstuvwxyz"


@dataclass(frozen=True)
class Text:
    """A file of one sentence a line, and what a right count of it comes to."""

    path: Path
    sentences: int
    words: int
    digest: str
    """Of all counts; see `digest_of`."""


def digest_of(counts: dict[str, int]) -> str:
    """The same for the same counts, in whatever order and by however many tasks they were counted."""
    lines = "".join(f"{word} {counts[word]}\n" for word in sorted(counts))
    return hashlib.sha256(lines.encode()).hexdigest()


def text_of(sentences: int, folder: Path) -> Text:
    """The text of so many sentences, from `folder` if it was made before."""
    path = folder / f"text-{sentences}.txt"
    facts = folder / f"text-{sentences}.json"
    if not (path.exists() and facts.exists()):
        folder.mkdir(parents=True, exist_ok=True)
        words, digest = _write(path, sentences)
        facts.write_text(json.dumps({"words": words, "digest": digest}))
    known = json.loads(facts.read_text())
    return Text(path, sentences, known["words"], known["digest"])


def _write(path: Path, sentences: int) -> tuple[int, str]:
    pick = random.Random(SEED)
    vocabulary: dict[str, None] = {}
    while len(vocabulary) < VOCABULARY:
        vocabulary["".join(pick.choices(LETTERS, k=pick.randint(2, 11)))] = None
    words = list(vocabulary)
    weights = list(accumulate(1 / rank for rank in range(1, VOCABULARY + 1)))
    counts: Counter[str] = Counter()
    with path.open("w", encoding="ascii") as file:
        for _ in range(sentences):
            sentence = pick.choices(words, cum_weights=weights, k=pick.choice(LENGTHS))
            counts.update(sentence)
            file.write(" ".join(sentence) + "\n")
    return counts.total(), digest_of(counts)
