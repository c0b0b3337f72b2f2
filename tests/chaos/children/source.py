"""A command whose lines are where tuples come from: `python source.py COMPONENT FOLDER QUOTA RATE`.

It begins at its beginning each time it is started, as `cat` does. What it has printed in all stands in the truth when it leaves by itself.
"""

from __future__ import annotations

import os
import sys
import time

from orders import Orders, Voice, append, line_of
from truth import pair_of

component, folder, quota, rate = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
orders = Orders(folder, component, 0)
voice = Voice()
voice.half = b"half a li"
voice.half_status = 9  # a source that leaves with 0 is at its end, and not started again
began = time.monotonic()
n = 0
while n < quota or not os.access(os.path.join(folder, "enough"), os.F_OK):
    order = orders.take()
    if order is not None:
        orders.follow(order, voice)
    if n >= rate * (time.monotonic() - began):
        time.sleep(0.001)
        continue
    id = f"{component}.{n}"
    voice.write(f"{id}\t{pair_of(id)}\t{orders.by}\n".encode())
    n += 1
append(os.path.join(folder, f"printed.{component}")).write(line_of(n))
