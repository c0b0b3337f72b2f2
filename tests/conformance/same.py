"""Whether a value came back as it was sent."""

from __future__ import annotations

import math
from typing import Any


def same(came: Any, sent: Any, floats: bool) -> bool:
    """Equal in value and in kind. `floats`: it passed a language without integers, so a whole float may come back as one."""
    if isinstance(sent, list):
        return isinstance(came, list) and len(came) == len(sent) and all(map(same, came, sent, [floats] * len(sent)))
    if isinstance(sent, dict):
        return isinstance(came, dict) and came.keys() == sent.keys() and all(same(came[key], sent[key], floats) for key in sent)
    if floats and isinstance(sent, (int, float)) and not isinstance(sent, bool):
        return isinstance(came, (int, float)) and not isinstance(came, bool) and came == sent
    if isinstance(sent, float):
        return isinstance(came, float) and came == sent and math.copysign(1, came) == math.copysign(1, sent)
    return type(came) is type(sent) and came == sent
