"""Takes one tuple, and then emits for ever, asking each time where that went and never reading the answer."""

from _by_hand import greet, hear, say

greet()
hear()
while True:
    say(command="emit", tuple=[1], anchors=[])
