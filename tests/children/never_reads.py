"""Answers the handshake, and never reads again."""

import time

from _by_hand import greet

greet()
while True:
    time.sleep(3600)
