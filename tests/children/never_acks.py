"""Takes every tuple and says nothing about it, but answers heartbeats."""

from _by_hand import greet, tuples

greet()
for _ in tuples():
    pass
