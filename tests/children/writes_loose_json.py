"""Emits what Storm's parser reads and is no JSON, a way for each tuple, as `printf` writes it; waits to hear where each went."""

import sys

from _by_hand import greet, say, task_ids, tuples

WAYS = [
    '"a\tb"',
    '"a\x01b"',
    '"a\nb"',
    "nan",
    "-inf",
    "007",
    ".5",
    "1.",
    "'it'",
    "True",
    "[" * 390 + "]" * 390,
    '{\n "over": "several\tlines"\n}',
]

greet()
for one in tuples():
    way = WAYS[one["tuple"][0]]
    # Over several lines only the values are loose.
    command = '"command"' if "\n" in way else "command"
    sys.stdout.write(f'{{{command}:"emit","anchors":["{one["id"]}"],"tuple":[{one["tuple"][0]},{way}],}}\nend\n')
    sys.stdout.flush()
    task_ids()
    say(command="ack", id=one["id"])
