"""What a field may hold arrives as it was sent, whatever codec either side has."""

from __future__ import annotations

import json
import sys
import venv

import pytest

from harness import Stormhost

# Values of every kind, and of every plane of Unicode.
VALUES = """
import unicodedata
PLANES = [chr(plane * 0x10000 + at) for plane in range(17) for at in (0x41, 0x3b1, 0x20ac, 0xd7ff, 0xe000, 0xfffd) ]
VALUES = [
    None, True, False, 0, 1, -1, 2**53 + 1, 2**63 - 1, -2**63, 2**64 - 1, 0.0, -0.5, 1e300, 5e-324, 0.1,
    '', 'a', 'tab\\tline\\nreturn\\r', 'quote " backslash \\\\ slash /', '\\x00\\x01\\x1f\\x7f', 'end', 'end\\n', '\\nend\\n',
    'ü', 'ß', '日本語', '\\u2028\\u2029', '👩‍👩‍👧', 'e\\u0301', '\\ufeffbom', *PLANES, ''.join(PLANES),
    [], [1, [2, [3, []]]], {}, {'a': {'b': [None, {'c': 1.5}]}}, {'': '', 'ключ': 'значение'}, [[]] * 3,
    'x' * (1 << 20), list(range(10_000)), {str(n): n for n in range(1000)},
]

class Values(Spout):
    class Default(Stream):
        fields = 'at', 'value'
    def tuples(self):
        for at, value in enumerate(VALUES):
            self.emit((at, value), id=at)
            yield None
    def ack(self, id):
        note('acked', id)

class Relay(AutoAckBolt):
    class Default(Stream):
        fields = 'at', 'value'
    def execute(self, input):
        self.emit((input.at, input.value))

class Compare(AutoAckBolt):
    def execute(self, input):
        sent = VALUES[input.at]
        same = input.value == sent and type(input.value) is type(sent)
        note('compared', input.at, same or [repr(input.value)[:200], repr(sent)[:200]])

class T(Topology):
    values = Values()
    relay = Relay(2)
    compare = Compare()
    relay.inputs.append(ShuffleGrouping(values))
    compare.inputs.append(FieldsGrouping(relay, 'value'))
"""


@pytest.mark.parametrize(
    "codecs",
    [
        ("json", "json", "json"),
        ("msgspec", "msgspec", "msgspec"),
        ("ormsgpack", "ormsgpack", "ormsgpack"),
        ("native", "native", "native"),
        ("json", "native", "json"),
        ("native", "json", "msgspec"),
        ("json", "msgspec", "json"),
        ("msgspec", "json", "ormsgpack"),
    ],
    ids="-".join,
)
def test_every_value_arrives_as_it_was_sent(stormhost: Stormhost, codecs: tuple[str, str, str]) -> None:
    chosen = "".join(
        f"    {component}.env = {{'STORMHOST_CODEC': '{codec}'}}\n" for component, codec in zip(("values", "relay", "compare"), codecs)
    )
    run = stormhost.run(VALUES + chosen)
    compared = run.noted("compared")
    assert [row for row in compared if row[1] is not True] == []
    assert sorted(run.noted("acked")) == list(range(len(compared))) and len(compared) > 100


def test_a_tuple_without_fields_arrives(stormhost: Stormhost) -> None:
    run = stormhost.run(
        """
class Pulse(Spout):
    class Default(Stream):
        fields = ()
    def tuples(self):
        for n in range(10):
            self.emit((), id=n)
            yield None
    def ack(self, id):
        note('acked', id)

class See(AutoAckBolt):
    def execute(self, input):
        note('saw', len(input))

class T(Topology):
    pulse = Pulse()
    see = See()
    see.inputs.append(ShuffleGrouping(pulse))
"""
    )
    assert run.noted("saw") == [0] * 10
    assert sorted(run.noted("acked")) == list(range(10))


def test_fields_are_there_by_name_by_index_and_by_item(stormhost: Stormhost) -> None:
    run = stormhost.run(
        """
class Places(Spout):
    class Default(Stream):
        fields = 'lat', 'long', 'id', 'count', 'index', 'meta'
    def tuples(self):
        yield 1, 2, 'an id', 4, 5, 6

class See(AutoAckBolt):
    def execute(self, input):
        note('saw', input.lat, input['long'], input[1], input.id, input.count, input.index, list(input))

class T(Topology):
    places = Places()
    see = See()
    see.inputs.append(ShuffleGrouping(places))
"""
    )
    assert run.noted("saw") == [(1, 2, 2, "an id", 4, 5, [1, 2, "an id", 4, 5, 6])]


WHERE = """
class Where(AutoAckBolt):
    def initialize(self):
        note('where', sys.prefix, os.getcwd(), sys.argv)
    def execute(self, input):
        pass

class T(Topology):
    numbers = Numbers(1, 1)
    where = Where()
    where.inputs.append(ShuffleGrouping(numbers))
"""


@pytest.mark.parametrize("name", ["venv", ".venv"])
def test_a_virtual_environment_beside_the_topology_is_used(stormhost: Stormhost, name: str) -> None:
    source = stormhost.write(WHERE, "project/topology.py")
    environment = stormhost.folder / "project" / name
    venv.create(environment, symlinks=True, with_pip=False)
    run = stormhost.run(source, python=None)
    assert [where[0] for where in run.noted("where")] == [str(environment)]


def test_an_active_virtual_environment_wins_over_one_beside_the_topology(stormhost: Stormhost) -> None:
    source = stormhost.write(WHERE, "project/topology.py")
    beside, active = stormhost.folder / "project" / "venv", stormhost.folder / "active"
    for environment in (beside, active):
        venv.create(environment, symlinks=True, with_pip=False)
    run = stormhost.run(source, python=None, env={"VIRTUAL_ENV": str(active)})
    assert [where[0] for where in run.noted("where")] == [str(active)]


def test_children_see_the_folder_and_the_arguments_of_whoever_typed(stormhost: Stormhost) -> None:
    source = stormhost.write(WHERE, "project/topology.py")
    run = stormhost.run(source, args=["--flag", "two words", "ü"], python=sys.executable)
    ((_, folder, argv),) = run.noted("where")
    assert folder == str(stormhost.folder.resolve())
    assert argv[1:] == ["--flag", "two words", "ü"] and argv[0].endswith("topology.py")


def test_settings_reach_the_conf_of_components(stormhost: Stormhost) -> None:
    run = stormhost.run(
        """
class Shows(AutoAckBolt):
    conf = {'my.own': 1, 'my.other': 2}
    def initialize(self):
        note('conf', self.conf['my.own'], self.conf['my.other'], self.conf['topology.max.spout.pending'])
    def execute(self, input):
        pass

class T(Topology):
    numbers = Numbers(1, 1)
    shows = Shows()
    shows.inputs.append(ShuffleGrouping(numbers))
""",
        settings={"shows:my.own": json.dumps({"a": [1]}), "topology.max.spout.pending": 77},
    )
    assert run.noted("conf") == [({"a": [1]}, 2, 77)]


REPEATS = """
from zlib import crc32

# Values that come once, several times in a row, and again after others; short, long, and too long to be sent once.
TITLES = ['a title of some length, say forty bytes %d' % n for n in range(5)] + ['x' * 5000, 'short', 'y' * 4000, 'é' * 100]

class Documents(Spout):
    class Default(Stream):
        fields = 'n', 'title', 'words'
    def tuples(self):
        for n in range(1500):
            title = TITLES[n // 4 % len(TITLES)]
            self.emit((n, title, ['w%d' % word for word in range(n % 7)]), id=n)
            yield None
    def fail(self, id):
        note('failed', id)

class Split(AutoAckBolt):
    class Default(Stream):
        fields = 'title', 'word', 'n'
    def execute(self, input):
        for word in input.words:
            self.emit((input.title, word, input.n))

class Sum(AutoAckBolt):
    def initialize(self):
        self.sums = {}
    def execute(self, input):
        text = repr((input.title, input.word, input.n)).encode()
        count, sum = self.sums.get('all', (0, 0))
        self.sums['all'] = count + 1, sum + crc32(text)
    def close(self):
        note('sum', type(self).__name__, *self.sums.get('all', (0, 0)))

class One(Sum): pass
class Three(Sum): pass
class Json(Sum): pass
class Old(Sum): pass
class Inside(Sum): pass
expected = [repr((TITLES[n // 4 % len(TITLES)], 'w%d' % w, n)).encode() for n in range(1500) for w in range(n % 7)]
EXPECTED = len(expected), sum(map(crc32, expected))

class T(Topology):
    documents = Documents()
    split = Split()
    split.inputs.append(ShuffleGrouping(documents))
    one = One()
    one.inputs.append(ShuffleGrouping(split))
"""
MORE = """
    three = Three(3)
    three.inputs.append(FieldsGrouping(split, 'title'))
    json = Json()
    json.env = {'STORMHOST_CODEC': 'json'}
    json.inputs.append(ShuffleGrouping(split))
    old = Old()
    old.env = {'STORMHOST_CODEC': 'storm'}
    old.inputs.append(ShuffleGrouping(split))
    inside = Inside(where='inside')
    inside.inputs.append(ShuffleGrouping(split))
"""


@pytest.mark.parametrize("more", ["", MORE], ids=["one listener", "listeners of all kinds"])
@pytest.mark.parametrize("split", ["native", "json", "inside"])
def test_values_that_repeat_arrive_as_often_as_they_were_sent(stormhost: Stormhost, split: str, more: str) -> None:
    there = "Split(where='inside')" if split == "inside" else f"Split()\n    split.env = {{'STORMHOST_CODEC': '{split}'}}"
    source = REPEATS.replace("Split()", there)
    run = stormhost.run(source + more + "\nnote('expected', *EXPECTED)\n")
    assert run.noted("failed") == []
    expected = tuple(run.noted("expected")[0])
    sums = run.noted("sum")
    assert len(sums) == (7 if more else 1)
    for name in {name for name, *_ in sums}:
        of = [row[1:] for row in sums if row[0] == name]
        assert (sum(count for count, _ in of), sum(total for _, total in of)) == expected, name
