"""Values: some hundred of every kind go through each library's relay and then every library's, and come back as they were.

Hypothesis makes them up, and the keys of `protocol/tests/key_vectors.json` are among them: the last step is a fields grouping over
four tasks, so that a key's task is seen, too.

What a language by its nature cannot tell from its neighbours (`precision`) is not sent by way of it: it gets the rest by a relay
of its own.
"""

from __future__ import annotations

import functools
import json
import math
from collections.abc import Sequence
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chains import PATIENCE, end
from harness import REPOSITORY, Stormhost, wait_for
from libraries import Library

TOPOLOGY = """
from same import same

VALUES = json.load(open(sys.argv[1]))

class Source(Spout):
    class Default(Stream):
        fields = 'at', 'value'
    def __init__(self, chosen):
        self.chosen = chosen
    def tuples(self):
        for at in self.chosen:
            self.emit((at, VALUES[at]), id=at)
            yield None
    def ack(self, id):
        note('acked', id)
    def fail(self, id):
        note('failed', id, *self.failure)

class Compare(AutoAckBolt):
    def execute(self, input):
        sent = VALUES[input.at]
        note('came', input.meta.component, input.at, self.task_id, same(input.value, sent, FLOATS) or repr(input.value)[:200])

class T(Topology):
"""

FIXED: list[Any] = [
    *(None, True, False, 0, -1, 127, 128, -32, -33, 2**53 - 1, 2**53, 2**53 + 1, -(2**53) - 1, 2**63 - 1, 2**63, 2**64 - 1, -(2**63)),
    *(0.0, -0.0, 0.5, 1.0, -2.0, 5e-324, 2.2250738585072014e-308, 1.7976931348623157e308, 2.0**53, 1e22, 1e23, 0.1 + 0.2),
    *("", "\0", "end", "\nend\n", "\u2028\u2029", "\ufeffbom", "\x7f\x1f", "".join(chr(plane << 16 | 0xFFFD) for plane in range(17))),
    *("x" * length for length in (31, 32, 255, 256, 65535, 65536)),
    *([], {}, [[]], [{}], {"a": []}, {"a": {}}, [[], {}, [None]], {"": None}, {"é😀": [1, [2.5, {"b": "c"}]]}),
    *([0] * 15, [0] * 16, {str(n): n for n in range(15)}, {str(n): n for n in range(16)}),
    functools.reduce(lambda inner, _: [inner], range(60), "deep"),
]

SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text()
)
VALUES = st.recursive(SCALARS, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=12)


@functools.cache
def keys() -> list[tuple[Any, int]]:
    """Single keys that every language can send, and the task of four that they belong to."""
    vectors = json.loads((REPOSITORY / "protocol/tests/key_vectors.json").read_text())
    both = [vector for vector in vectors if len(vector.get("json", ())) == len(vector.get("msgpack", ())) == 1]
    single = [(vector["json"][0], vector["task_of_4"]) for vector in both]
    return [(json.loads(key), task) for key, task in single if can_be_sent(json.loads(key))]


def can_be_sent(value: Any) -> bool:
    """Whether it is within what the wire carries."""
    if isinstance(value, int):
        return -(2**63) <= value < 2**64
    if isinstance(value, float):
        return math.isfinite(value)
    return not isinstance(value, str) or not any("\ud800" <= letter < "\ue000" for letter in value)


@functools.cache
def values() -> list[Any]:
    """What is sent in every run: the keys, what is at some edge, and what Hypothesis finds."""
    found: list[Any] = []

    @settings(max_examples=200, database=None, derandomize=True, deadline=None, suppress_health_check=list(HealthCheck))
    @given(VALUES)
    def collect(value: Any) -> None:
        found.append(value)

    collect()
    return [*(key for key, _ in keys()), *FIXED, *found]


def is_exact(value: Any) -> bool:
    """Whether it is the same in a language whose only numbers are floats of 64 bits, which writes whole ones as integers."""
    if isinstance(value, list):
        return all(map(is_exact, value))
    if isinstance(value, dict):
        return all(map(is_exact, value.values()))
    if isinstance(value, (int, float)):
        return value % 1 != 0 or not 2**53 < abs(value) < 10**21
    return True


def play(first: Library, libraries: Sequence[Library], host: Stormhost) -> list[str]:
    """One run. What went wrong, a sentence each."""
    sent = values()
    listed = host.folder / "values"
    listed.write_text(json.dumps(sent))
    seconds = [library for library in libraries if "values" not in library.lacks]
    names = {f"second{at}": library for at, library in enumerate(seconds)}
    floats = [name for name, library in names.items() if "integers" in {*first.lacks, *library.lacks}]
    lines = [f"FLOATS = {floats!r}", TOPOLOGY.replace("FLOATS)", "input.meta.component in FLOATS)")]
    relay = {"fields": ("at", "value")}
    exact = [at for at, value in enumerate(sent) if is_exact(value)]
    # The relay that a library gets its values from, and which these are.
    narrow = [name for name, library in names.items() if "precision" in {*first.lacks, *library.lacks}]
    chosen = {"narrow": exact, "first": range(len(sent))}
    for name in {"narrow" if name in narrow else "first" for name in names}:
        lines.append(f"    source_of_{name} = Source(1, {list(chosen[name])})")
        lines.append(f"    {name} = {first.declaration('relay', inputs=f'=ShuffleGrouping(source_of_{name})', **relay)}")
    for name, library in names.items():
        source = "narrow" if name in narrow else "first"
        lines.append(f"    {name} = {library.declaration('relay', inputs=f'=ShuffleGrouping({source})', **relay)}")
    groupings = ", ".join(f"FieldsGrouping({name}, 'value')" for name in names)
    lines.append(f"    compare = Compare(4, inputs=[{groupings}])")
    run = host.start("\n".join(lines) + "\n", args=[str(listed)], env={"PYTHONPATH": f"{REPOSITORY}/tests:{REPOSITORY}/tests/conformance"})
    try:
        wait_for(lambda: run.status is not None, "the end of the run", PATIENCE, 0.05)
    except AssertionError as error:
        end(run)
        return [f"{error}: {run.told[-2000:]}"]
    told = []
    tasks: dict[int, set[int]] = {}
    arrived: set[tuple[str, int]] = set()
    for component, at, task, same in run.noted("came"):
        arrived.add((component, at))
        tasks.setdefault(at, set()).add(task)
        if same is not True:
            told.append(f"{sent[at]!r:.200} came by way of {names[component].name} as {same}")
    for component, library in names.items():
        missing = [sent[at] for at in chosen["narrow" if component in narrow else "first"] if (component, at) not in arrived]
        if missing:
            told.append(f"{len(missing)} values did not come by way of {library.name}, among them {missing[0]!r:.200}")
    first_task = min(map(min, tasks.values()), default=0)
    for at, (key, task) in enumerate(keys()):
        went = sorted(each - first_task for each in tasks.get(at, ()))
        if went != [task] and (went or is_exact(key)):
            told.append(f"the key {key!r} belongs to task {task} of 4, and went to {went}")
    for at, seen in tasks.items():
        if len(seen) != 1:
            told.append(f"the key {sent[at]!r:.200} went to {len(seen)} tasks")
    if told or run.status != 0:
        told.append(f"failed: {run.noted('failed')[:3]}; status {run.status}; the log ends:\n{run.told[-2000:]}")
    return told[:5] + told[5:][-1:]
