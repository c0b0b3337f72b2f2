"""A filter of lines: adds its name to each. `python filter.py COMPONENT FOLDER`.

A line that cannot be taken apart is dropped by the host, so rubbish here is lines of too many values and bytes that are no text.
"""

from __future__ import annotations

import os
import sys

from orders import Orders, Voice

component, folder = sys.argv[1:]
orders = Orders(folder, component, os.environ["STORMHOST_TASK_INDEX"])
voice = Voice()
voice.half = b"half a li"
voice.rubbish = b"too\tmany\tvalues\tin\tthis\n\xff\xfe\n\n"
for line in sys.stdin.buffer:
    order = orders.take()
    if order is not None:
        orders.follow(order, voice)
    voice.write(line.rstrip(b"\n") + b"\t" + orders.by.encode() + b"\n")
