"""Leaves before it has answered the handshake, and says why."""

import sys

print("cannot open the database", file=sys.stderr)
sys.exit(7)
