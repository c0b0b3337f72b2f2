"""Emits before it says its pid, and never says it."""

from _by_hand import hear, say

hear()
say(command="emit", tuple=[100], anchors=[])
while hear() is not None:
    pass
