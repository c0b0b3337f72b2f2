"""A peer: a program in `peers/`, which tells what it took on its standard output."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from ..contest import Contestant, Figures
from ..hosted import check_digest
from ..processes import finish
from ..setting import BENCH, Setting
from ..text import Text
from .rate import rate


def run_peer(setting: Setting, program: str, *args: object, environment: dict[str, str] | None = None) -> dict[str, Any]:
    """Runs a peer and returns what it told. Raises Wrong where it fails."""
    variables = {**setting.environment, **(environment or {})}
    finished = finish([setting.python, BENCH / "peers" / program, *args], variables)
    return json.loads(finished.out.splitlines()[-1])


def counting_peer(
    name: str,
    program: str,
    *args: object,
    needs: tuple[str, ...] = (),
    text_of: Callable[[Setting], Text] = lambda setting: setting.text,
) -> Contestant:
    """A peer whose first argument is the text, and whose counts have to be right."""

    def run(setting: Setting) -> Figures:
        text = text_of(setting)
        told = run_peer(setting, program, text.path, *args)
        check_digest(told["counts"], text)
        return rate(text.words, told["seconds"], told["cpu"], told["peak_mb"])

    return Contestant(name, run, needs)
