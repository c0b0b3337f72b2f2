"""Texts to count words in: made of nothing but a seed, and counted by the tools of Unix."""

from __future__ import annotations

import random
import subprocess
from pathlib import Path


def write_text(path: Path, sentences: int, seed: int = 1) -> Path:
    """Writes sentences of one to eleven words out of 2,000, a line each; few words are frequent, as in any language."""
    chance = random.Random(seed)
    letters = "abcdefghijklmnopqrstuvwxyz"
    words = ["".join(chance.choices(letters, k=chance.randint(1, 9))) for _ in range(2000)]
    weights = [1 / rank for rank in range(1, len(words) + 1)]
    lengths = chance.choices(range(1, 12), k=sentences)
    drawn = iter(chance.choices(words, weights, k=sum(lengths)))
    path.write_text("".join(" ".join(next(drawn) for _ in range(length)) + "\n" for length in lengths))
    return path


def counted(path: Path) -> dict[str, int]:
    """How often each word stands in the text, by `tr | sort | uniq -c`."""
    command = "tr -s ' ' '\\n' < \"$1\" | LC_ALL=C sort | uniq -c"
    out = subprocess.run(["sh", "-c", command, "sh", str(path)], check=True, capture_output=True, text=True).stdout
    return {word: int(count) for count, word in (line.split() for line in out.splitlines())}
