"""What `Exec` starts for a batch: `python once.py worker|join COMPONENT FOLDER`. A join makes one line of all it is given."""

from __future__ import annotations

import os
import sys

from orders import Orders, Voice

role, component, folder = sys.argv[1:]
orders = Orders(folder, component, os.environ.get("STORMHOST_TASK_INDEX", "0"))
voice = Voice()
voice.half = b"half a li"
voice.rubbish = b"too\tmany\tvalues\tin\tthis\n\xff\xfe\n\n"
order = orders.take()
lines = []
if order is not None:
    # Where it is in what it does is up to chance: before it has read, or after.
    if int(orders.incarnation[-1], 16) % 2:
        lines.append(sys.stdin.readline())
    orders.follow(order, voice)
lines += sys.stdin
rows = [line.rstrip("\n").split("\t") for line in lines if line]
if role == "join":
    names = {name: None for row in rows for name in row[2:]}
    rows = [["+".join(row[0] for row in rows), rows[0][1], *names]]
voice.write("".join(f"{id}\t{pair}\t{','.join([*before, orders.by])}\n" for id, pair, *before in rows).encode())
orders.at_the_end()
