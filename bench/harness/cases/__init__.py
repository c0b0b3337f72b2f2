"""Every contest there is, in the order in which they are held and told."""

from __future__ import annotations

from ..contest import Contest
from . import word_count

ALL: tuple[Contest, ...] = (word_count.CONTEST,)
