"""The DSL: what a topology's body makes of components, streams and groupings, as the describer writes it."""

import json
import shutil
import subprocess
import sys
import textwrap

import host as wire
import pytest

DECK = """
from stormhost import AutoAckBolt, FieldsGrouping, ReliableSpout, ShuffleGrouping, Stream, Topology

class RedisSpout(ReliableSpout):
    class Default(Stream):
        fields = 'message'
    def tuples(self):
        yield 'x'

class LogParserBolt(AutoAckBolt):
    class Default(Stream):
        fields = 'ip_address'                  # one name or several
    def execute(self, input):
        self.emit(parse_log(input.message))

class GeolocatorBolt(AutoAckBolt):
    class Default(Stream):
        fields = 'lat', 'long'
    def __init__(self, *args, **kwargs):
        self.geoip = open_database()
        super(GeolocatorBolt, self).__init__(*args, **kwargs)
    def execute(self, input):
        self.emit(self.geoip.locate(input.ip_address))

class WSPusherBolt(AutoAckBolt):
    def execute(self, input):
        push(input.lat, input.long)

class GeocoderTopology(Topology):
    # components
    redis = RedisSpout(1)
    parser = LogParserBolt(3)
    geolocator = GeolocatorBolt(2)
    pusher = WSPusherBolt(4)
    # plumbing
    parser.inputs.append(ShuffleGrouping(redis))
    geolocator.inputs.append(ShuffleGrouping(parser))
    pusher.inputs.append(FieldsGrouping(geolocator, 'lat', 'long'))
"""

HEAD = """
from stormhost import *

class Source(Spout):
    class Default(Stream):
        fields = 'a', 'b'
    def next_tuple(self):
        self.done()

class Sink(AutoAckBolt):
    class LateOnes(Stream):
        fields = 'late'
    def execute(self, input):
        self.log(input)

"""


@pytest.fixture
def describe(tmp_path):
    """Writes a topology's file and describes it in a process of its own, as the host does."""

    def run(text, name=None, args=(), file="topology.py"):
        path = tmp_path / file
        path.write_text(textwrap.dedent(text))
        target = file if name is None else f"{file}:{name}"
        command = [sys.executable, str(wire.PACKAGE), "describe", target, "--", *args]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, timeout=60)
        assert done.returncode == 0, done.stderr.decode()
        run.stderr = done.stderr.decode()
        return json.loads(done.stdout)

    return run


def line_of(text, needle):
    return next(number for number, line in enumerate(text.splitlines(), 1) if needle in line)


def components(ir):
    return {component["id"]: component for component in ir["components"]}


def mistake(ir):
    (only,) = ir["mistakes"]
    return only


def test_the_deck_works_as_it_is_written(describe, tmp_path):
    ir = describe(DECK, args=["x"])
    assert ir["mistakes"] == []
    assert (ir["version"], ir["name"], ir["file"], ir["language"]) == (1, "GeocoderTopology", "topology.py", "python")
    assert [(c["id"], c["kind"], c["parallelism"]) for c in ir["components"]] == [
        ("redis", "spout", 1),
        ("parser", "bolt", 3),
        ("geolocator", "bolt", 2),
        ("pusher", "bolt", 4),
    ]
    found = components(ir)
    assert found["geolocator"]["streams"] == {"default": {"fields": ["lat", "long"], "direct": False}}
    assert found["parser"]["streams"] == {"default": {"fields": ["ip_address"], "direct": False}}
    assert found["pusher"]["streams"] == {}
    assert found["parser"]["at"] == {"file": str(tmp_path / "topology.py"), "line": line_of(DECK, "LogParserBolt(3)")}
    assert found["parser"]["cwd"] == str(tmp_path)
    command = found["parser"]["command"]
    assert command[0] == sys.executable
    assert command[2:] == [
        "component",
        f"{tmp_path}/topology.py:GeocoderTopology",
        "parser",
        "--typed",
        "topology.py",
        "--",
        "x",
    ]
    assert [(s["to"], s["from"], s["stream"], s["grouping"], s["fields"]) for s in ir["subscriptions"]] == [
        ("parser", "redis", "default", "shuffle", []),
        ("geolocator", "parser", "default", "shuffle", []),
        ("pusher", "geolocator", "default", "fields", ["lat", "long"]),
    ]
    assert ir["subscriptions"][2]["at"]["line"] == line_of(DECK, "FieldsGrouping(geolocator")


def test_fields_may_be_those_of_a_namedtuple(describe):
    ir = describe(
        HEAD
        + """
from collections import namedtuple

Counter = namedtuple('Counter', 'word count')

class Count(AutoAckBolt):
    class Default(Stream):
        fields = Counter
    def execute(self, input):
        pass

class T(Topology):
    s = Source()
    count = Count(1, inputs=[ShuffleGrouping(s)])
    split = Process('split', fields=Counter, inputs=[FieldsGrouping(count, 'word')])
"""
    )
    assert ir["mistakes"] == []
    for id in ("count", "split"):
        assert components(ir)[id]["streams"] == {"default": {"fields": ["word", "count"], "direct": False}}


def test_every_grouping_and_stream(describe):
    ir = describe(
        HEAD
        + """
class Direct(Bolt):
    class Chosen(Stream):
        fields = ['x']
        direct = True
    def execute(self, input):
        self.ack(input)

class T(Topology):
    s = Source()
    d = Direct(1, inputs=[ShuffleGrouping(s)])
    k = Sink(parallelism=2)
    k.inputs = [FieldsGrouping(s, ['a', 'b']), PartialKeyGrouping(s, 'a')]
    k.inputs += [AllGrouping(s), GlobalGrouping(s)]
    k.inputs.extend([NoneGrouping(s), LocalOrShuffleGrouping(s), DirectGrouping(d.Chosen)])
    last = Sink(1, inputs=[ShuffleGrouping(k.LateOnes), ShuffleGrouping(k.late_ones), ShuffleGrouping(k.NotThere)])
"""
    )
    assert ir["mistakes"] == []
    assert [(s["to"], s["stream"], s["grouping"], s["fields"]) for s in ir["subscriptions"]] == [
        ("d", "default", "shuffle", []),
        ("k", "default", "fields", ["a", "b"]),
        ("k", "default", "partial_key", ["a"]),
        ("k", "default", "all", []),
        ("k", "default", "global", []),
        ("k", "default", "none", []),
        ("k", "default", "local_or_shuffle", []),
        ("k", "chosen", "direct", []),
        ("last", "late_ones", "shuffle", []),
        ("last", "late_ones", "shuffle", []),
        ("last", "not_there", "shuffle", []),
    ]
    assert components(ir)["d"]["streams"] == {"chosen": {"fields": ["x"], "direct": True}}
    assert components(ir)["s"]["parallelism"] == 1
    assert components(ir)["k"]["parallelism"] == 2


def test_settings_on_class_and_declaration(describe):
    ir = describe(
        HEAD
        + """
class Ticking(Sink):
    conf = {'x': 1, 'y': 2}
    tick_interval = 2.5
class Batch(TimeBatcher):
    interval = 7
    def batch(self, inputs):
        pass
class Kept(Source):
    replay = 'host'
class T(Topology):
    conf = {'topology.max.spout.pending': 50}
    s = Kept(1)
    t = Ticking(1)
    u = Ticking(1)
    b = Batch(1)
    v = Source(1)
    t.conf['y'] = 3
    t.env['HOME'] = '/x'
    t.cwd = '/tmp'
    v.replay = 'host'
"""
    )
    found = components(ir)
    assert ir["conf"] == {"topology.max.spout.pending": 50}
    assert found["t"]["conf"] == {"x": 1, "y": 3, "topology.tick.tuple.freq.secs": 2.5}
    assert found["u"]["conf"] == {"x": 1, "y": 2, "topology.tick.tuple.freq.secs": 2.5}
    assert found["b"]["conf"] == {"topology.tick.tuple.freq.secs": 7}
    assert (found["t"]["env"], found["t"]["cwd"]) == ({"HOME": "/x"}, "/tmp")
    assert (found["s"]["replay"], found["v"]["replay"], found["t"]["replay"]) == ("host", "host", None)


@pytest.mark.parametrize("wrong", ["0", "-1"])
def test_a_parallelism_that_is_too_small_is_left_to_check(describe, wrong):
    ir = describe(HEAD + f"class T(Topology):\n    s = Source({wrong})\n")
    assert ir["components"][0]["parallelism"] == eval(wrong)
    assert ir["mistakes"] == []


def test_streams_are_inherited_and_can_be_taken_away(describe):
    ir = describe(
        HEAD
        + """
class More(Sink):
    class HTTPErrors(Stream):
        pass
class Less(More):
    LateOnes = None
class T(Topology):
    more = More(1)
    less = Less(1)
"""
    )
    assert list(components(ir)["more"]["streams"]) == ["late_ones", "http_errors"]
    assert list(components(ir)["less"]["streams"]) == ["http_errors"]


def test_processes(describe, tmp_path):
    text = (
        HEAD
        + """
class T(Topology):
    a = Process('ruby', 'split.rb', fields='word', parallelism=2)
    b = Process('python3', 'x.py', fields=('a', 'b'), streams={'late': 'x', 'to': {'fields': ['y'], 'direct': True}},
                serializer='msgpack', env={'K': 'v'}, conf={'c': 1}, inputs=[ShuffleGrouping(a)])
    c = Process('tail', '-f', 'x', spout=True, cwd='/var/log')
    k = Sink(1, inputs=[ShuffleGrouping(b.late), ShuffleGrouping(b.Late)])
"""
    )
    found = components(describe(text))
    assert found["a"]["command"] == ["ruby", "split.rb"]
    assert (found["a"]["kind"], found["a"]["parallelism"], found["a"]["cwd"]) == ("bolt", 2, str(tmp_path))
    assert found["a"]["streams"] == {"default": {"fields": ["word"], "direct": False}}
    assert found["b"]["command"] == [sys.executable, "x.py"]
    assert found["b"]["streams"] == {
        "default": {"fields": ["a", "b"], "direct": False},
        "late": {"fields": ["x"], "direct": False},
        "to": {"fields": ["y"], "direct": True},
    }
    assert (found["b"]["serializer"], found["b"]["env"], found["b"]["conf"]) == ("msgpack", {"K": "v"}, {"c": 1})
    assert (found["c"]["kind"], found["c"]["cwd"]) == ("spout", "/var/log")
    (tmp_path / "resources").mkdir()
    assert components(describe(text))["a"]["cwd"] == str(tmp_path / "resources")


def test_commands_of_the_shell(describe, tmp_path):
    found = components(
        describe(
            HEAD
            + """
from stormhost import Exec, Lines
class T(Topology):
    a = Lines('tail -F x.log', spout=True)
    b = Lines('cut -f2', 3, fields=('x', 'y'), separator=',', null=True, env={'K': 'v'}, inputs=[ShuffleGrouping(a)])
    c = Exec('./notify', 2, batch=10, linger=1, timeout=5, inputs=[ShuffleGrouping(b)])
    d = Exec('cat', json=True, fields='z', cwd='/tmp', inputs=[ShuffleGrouping(b)])
"""
        )
    )
    assert all("command" not in one for one in found.values())
    assert found["a"]["kind"] == "spout"
    assert found["a"]["shell"] == {"run": "tail -F x.log", "as": "lines", "json": False}
    assert found["a"]["streams"] == {"default": {"fields": ["line"], "direct": False}}
    assert (found["b"]["parallelism"], found["b"]["env"]) == (3, {"K": "v"})
    assert found["b"]["shell"] == {"run": "cut -f2", "as": "lines", "json": False, "separator": ",", "null": True}
    assert found["c"]["streams"] == {}
    told = {"run": "./notify", "as": "exec", "json": False, "batch": 10, "linger": 1, "timeout": 5}
    assert found["c"]["shell"] == told
    # Where the command was typed, as our own components, and not beside the topology.
    assert (found["c"]["cwd"], found["d"]["cwd"]) == (str(tmp_path), "/tmp")


def test_scripts_in_lua_run_inside_unless_they_are_to_be_outside(describe, tmp_path):
    found = components(
        describe(
            HEAD
            + """
from stormhost import Lua
class T(Topology):
    a = Lua('lines.lua', 'x.txt', spout=True, fields='line')
    b = Lua('split.lua', fields='word', where='outside', parallelism=2, inputs=[ShuffleGrouping(a)])
    k = Sink(1, inputs=[ShuffleGrouping(b)])
"""
        )
    )
    assert (found["a"]["command"], found["a"]["where"]) == (["lua", "lines.lua", "x.txt"], "inside")
    assert (found["a"]["kind"], found["a"]["cwd"]) == ("spout", str(tmp_path))
    assert (found["b"]["command"], found["b"]["where"]) == (["lua", "split.lua"], "outside")
    assert (found["b"]["kind"], found["b"]["parallelism"]) == ("bolt", 2)
    assert "where" not in found["k"]


def test_a_topology_may_build_on_another(describe):
    ir = describe(
        HEAD
        + """
class Base(Topology):
    s = Source(1)
    k = Sink(1, inputs=[ShuffleGrouping(s)])
class Real(Base):
    s = Source(5)
    l = Sink(2, inputs=[ShuffleGrouping(s), ShuffleGrouping(Base.k.LateOnes)])
"""
    )
    assert ir["name"] == "Real"
    assert ir["mistakes"] == []
    assert [(c["id"], c["parallelism"]) for c in ir["components"]] == [("s", 5), ("k", 1), ("l", 2)]
    assert [(s["to"], s["from"]) for s in ir["subscriptions"]] == [("k", "s"), ("l", "s"), ("l", "k")]


def test_loops_and_helpers_in_the_body(describe):
    ir = describe(
        HEAD
        + """
def sink(source):
    return Sink(1, inputs=[ShuffleGrouping(source)])
class T(Topology):
    one = Source(1)
    two = Source(1)
    k = Sink(1)
    for source in (one, two):
        k.inputs.append(ShuffleGrouping(source))
    also = sink(one)
    alias = also
"""
    )
    assert ir["mistakes"] == []
    assert [c["id"] for c in ir["components"]] == ["one", "two", "k", "also"]
    assert [(s["to"], s["from"]) for s in ir["subscriptions"]] == [("k", "one"), ("k", "two"), ("also", "one")]


def test_init_runs_in_the_child_only_and_objects_outside_are_real(describe):
    ir = describe(
        HEAD
        + """
import sys
made = []
class Expensive(Sink):
    def __init__(self, *args, **kwargs):
        made.append(self)
        super().__init__(*args, **kwargs)
before = Expensive(1)
assert type(before) is Expensive and len(made) == 1
class T(Topology):
    e = Expensive(1, 'x', key='y')
assert len(made) == 1
assert type(Expensive()) is Expensive
print('seen', sys.argv, __name__)
""",
        args=["a", "--b"],
    )
    assert ir["mistakes"] == []
    assert "seen ['topology.py', 'a', '--b'] topology" in describe.stderr


def test_a_topology_is_picked_by_name(describe):
    text = HEAD + "class A(Topology):\n    s = Source(1)\nclass B(Topology):\n    s = Source(2)\n"
    assert describe(text, "B")["components"][0]["parallelism"] == 2
    found = mistake(describe(text))
    assert found["message"] == "several topologies: A, B"
    assert found["hint"] == "say which: topology.py:A"
    found = mistake(describe(text, "C"))
    assert (found["message"], found["hint"]) == ("topology 'C' is not there", "topologies in this file: A, B")
    assert mistake(describe(text, "Source"))["message"] == "topology 'Source' is no Topology class"


def test_imported_topologies_do_not_count(describe, tmp_path):
    (tmp_path / "other.py").write_text(HEAD + "class Other(Topology):\n    s = Source(1)\n")
    ir = describe(
        "from other import Other, Source\nfrom stormhost import Topology\nclass Mine(Topology):\n    s = Source(1)\n"
    )
    assert (ir["name"], ir["mistakes"]) == ("Mine", [])
    assert mistake(describe("from other import Other\n"))["message"] == "no Topology class in this file"
    assert describe("from other import Other\n", "Other")["components"]


def test_a_program_and_its_streams_may_have_any_name(describe):
    """Found: a stream with a capital could not be listened to, since it was taken for one of a class."""
    ir = describe(
        "from stormhost import Process, ShuffleGrouping, Topology\n"
        "class T(Topology):\n"
        "    named = {'ERROR': 'n', 'LateOnes': 'n', 'name': 'n', 'a-b': 'n'}\n"
        "    p = Process('x', spout=True, name='late-words', streams=named)\n"
        "    q = Process('y', inputs=[ShuffleGrouping(p.ERROR), ShuffleGrouping(p.LateOnes)])\n"
        "    r = Process('y', inputs=[ShuffleGrouping(p['name']), ShuffleGrouping(p['a-b'])])\n"
    )
    assert ir["mistakes"] == []
    assert [component["id"] for component in ir["components"]] == ["late-words", "q", "r"]
    assert [(one["from"], one["stream"]) for one in ir["subscriptions"]] == [
        ("late-words", stream) for stream in ("ERROR", "LateOnes", "name", "a-b")
    ]


@pytest.mark.parametrize(
    ("body", "message", "line"),
    [
        ("s = Source(1)\n    s = Source(2)  # here", "component 's' is declared twice", "# here"),
        (
            "s = Source(1)\n    k = Sink(1)  # here\n    k.name = 's'",
            "component 's' is declared twice, first in line",
            "# here",
        ),
        ("Sink(1)  # here", "a bolt Sink(…) is declared but has no name", "# here"),
        ("many = [Source(1)]  # here", "a spout Source(…) is declared but has no name", "# here"),
        (
            "s = Source(1)\n    k = Sink(1)\n    k.inputs.append(s)  # here",
            "'k': an input must be a grouping",
            "# here",
        ),
        ("k = Sink(1)\n    k.inputs.append(AllGrouping('s'))  # here", "is not given a component", "# here"),
        ("k = Sink(1)\n    k.inputs += [ShuffleGrouping(Source)]  # here", "is not given a component", "# here"),
        ("k = Sink(1, inputs=[ShuffleGrouping(Elsewhere.x)])  # here", "listens to 'x', which belongs to", "# here"),
        ("k = Sink(1, inputs=[ShuffleGrouping(Source(1))])  # here", "listens to a component without a name", "# here"),
        ("k = Sink(object())  # here", "the parallelism of 'k' is <object object", "# here"),
        ("k = Sink('two')  # here", "the parallelism of 'k' is 'two', and no whole number", "# here"),
        ("k = Sink(2.5)  # here", "the parallelism of 'k' is 2.5, and no whole number", "# here"),
        ("k = Process('x', parallelism=None)  # here", "the parallelism of 'k' is None", "# here"),
        ("k = Process('x', fields=5)  # here", "stream 'default' of 'k' has the field 5, which is no text", "# here"),
        ("k = Sink(1, paralelism=2)  # here", "'k': Sink takes no argument 'paralelism'", "# here"),
        ("k = Sink(1, 'x')  # here", "'k': Sink takes no arguments beside the parallelism, not 1", "# here"),
        ("k = Sink(1)  # here\n    k.conf['x'] = {1, 2}", "conf of 'k': a value of type set", "# here"),
        ("conf = 5", "conf of the topology is no dict", "class T(Topology)"),
        ("conf = {'x': b''}", "conf of the topology: a value of type bytes", "class T(Topology)"),
    ],
)
def test_mistakes_name_their_line(describe, tmp_path, body, message, line):
    text = HEAD + f"class Elsewhere(Topology):\n    x = Source(1)\n\nclass T(Topology):\n    {body}\n"
    found = describe(text, "T")["mistakes"]
    assert any(message in each["message"] for each in found), found
    one = next(each for each in found if message in each["message"])
    assert one["at"] == {"file": str(tmp_path / "topology.py"), "line": line_of(text, line)}


ODD = """
class Numbered(AutoAckBolt):
    class Default(Stream):
        fields = 5
    class Late(Stream):
        field = 'x'
    def __init__(self, host, port=6379):
        pass
    def execute(self, input):
        pass
"""


@pytest.mark.parametrize(
    ("made", "message", "hint"),
    [
        ("Numbered(1, 'h')", "stream 'default' of 'n' has the field 5, which is no text", "one name, or several"),
        ("Numbered(1, 'h')", "'field' means nothing in stream 'late' of 'n'", "did you mean fields?"),
        ("Numbered(1)", "'n': Numbered is not given 'host'", "Numbered(1, host)"),
        ("Numbered(1, 'h', 1, 2)", "'n': Numbered takes 2 arguments beside the parallelism, not 3", "first argument"),
        ("Numbered(1, hots='h')", "'n': Numbered takes no argument 'hots'", "did you mean host?"),
        ("Numbered(1, 'h', colour=1)", "'n': Numbered takes no argument 'colour'", "known: host, port"),
    ],
)
def test_a_declaration_that_would_trip_the_child_is_told_before(describe, made, message, hint):
    found = describe(HEAD + ODD + f"class T(Topology):\n    n = {made}\n")["mistakes"]
    one = next(each for each in found if message in each["message"])
    assert hint in one["hint"]


@pytest.mark.parametrize(
    "made", ["Sink(2)", "Numbered(1, 'h')", "Numbered(1, host='h')", "Free(1, 2, a=3)", "Late(1, x=1)"]
)
def test_arguments_that_fit_are_no_mistake(describe, made):
    more = (
        ODD.replace("fields = 5", "fields = 'a'").replace("field =", "fields =")
        + "class Free(Sink):\n    def __init__(self, *args, **kwargs):\n        pass\n"
        + "class Late(Sink):\n    def __init__(self, *, x, y=2):\n        pass\n"
    )
    assert describe(HEAD + more + f"class T(Topology):\n    n = {made}\n")["mistakes"] == []


@pytest.mark.parametrize(
    ("base", "method"),
    [
        ("Bolt", "execute(self, input)"),
        ("AutoAckBolt", "execute(self, input)"),
        ("TimeBatcher", "batch(self, inputs)"),
        ("Spout", "next_tuple(self), nor a generator tuples(self)"),
        ("ReliableSpout", "next_tuple(self), nor a generator tuples(self)"),
    ],
)
def test_a_class_that_cannot_do_anything_is_a_mistake(describe, base, method):
    ir = describe(HEAD + f"class Idle({base}):\n    pass\nclass T(Topology):\n    i = Idle(1)\n")
    assert mistake(ir)["message"] == f"Idle has no method {method}"
    assert mistake(ir)["hint"] == "'i' needs one"


def test_all_mistakes_are_told_at_once(describe):
    text = (
        HEAD
        + "class T(Topology):\n    Sink(1)\n    k = Sink(1)\n    k.inputs.append(5)\n"
        + "    k.inputs.append(AllGrouping(6))\n"
    )
    ir = describe(text)
    assert len(ir["mistakes"]) == 3
    assert [c["id"] for c in ir["components"]] == ["k"]


@pytest.mark.parametrize(
    ("text", "message", "line"),
    [
        ("import no_such_module_anywhere\n", "No module named 'no_such_module_anywhere'", 1),
        ("x = 1\ndef broken(:\n", "the file cannot be imported: SyntaxError", 2),
        ("import sys\n\nsys.exit(3)\n", "the file calls exit (3)", 3),
        ("def f():\n    return 1 / 0\nf()\n", "ZeroDivisionError", 2),
        (HEAD + "class T(Topology):\n    s = Source(1)\n    s.timeout = 5\n", "AttributeError", 18),
        (HEAD + "class T(Topology):\n    s = Source(1)\n    s.emit(5)\n", "is a declaration and has no 'emit'", 18),
    ],
)
def test_what_cannot_be_imported_is_one_mistake_with_the_users_traceback(describe, tmp_path, text, message, line):
    ir = describe(text)
    found = mistake(ir)
    assert ir["components"] == []
    assert message in found["message"]
    assert found["at"] == {"file": str(tmp_path / "topology.py"), "line": line}
    assert "topology.py" in found["traceback"]
    assert "_launch.py" not in found["traceback"]
    assert "frozen" not in found["traceback"]


def test_prints_while_importing_do_not_reach_the_description(describe):
    ir = describe(HEAD + "import os\nprint('one')\nos.system('echo two')\nclass T(Topology):\n    s = Source(1)\n")
    assert ir["mistakes"] == []
    assert "one" in describe.stderr
    assert "two" in describe.stderr


def test_a_file_that_is_not_there(tmp_path):
    command = [sys.executable, str(wire.PACKAGE), "describe", "nowhere.py"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, timeout=60)
    assert done.returncode == 0
    assert "no such file" in mistake(json.loads(done.stdout))["message"]


def test_odd_file_names_and_neighbours(describe, tmp_path):
    (tmp_path / "helper.py").write_text("class Helper: pass\n")
    ir = describe("import helper\n" + HEAD + "class T(Topology):\n    s = Source(1)\n", file="my-topology.txt")
    assert (ir["name"], ir["mistakes"]) == ("T", [])
    ir = describe(HEAD + "class T(Topology):\n    s = Source(1)\n", file="json.py")
    assert ir["mistakes"] == []


def test_the_described_command_starts_the_component(describe, tmp_path):
    ir = describe(DECK.replace("open_database()", "5").replace("parse_log(input.message)", "input.message[:3]"))
    with wire.Host(components(ir)["parser"]["command"], cwd="/") as host:
        inputs = [{"component": "redis", "stream": "default", "fields": ["message"]}]
        host.setup("bolt", inputs=inputs, outputs=[{"stream": "default", "fields": ["ip_address"], "listeners": True}])
        host.tuples((0, [["12345"]], 1))
        host.until_consumed()
        assert host.values == [["123"]]


@pytest.mark.parametrize(("own", "expected"), [("", None), ("import gc; gc.set_threshold(5, 6, 7)\n", [5, 6, 7])])
def test_the_collector_is_as_it_was_once_a_component_is_made(describe, own, expected):
    usual = subprocess.run(
        [sys.executable, "-c", "import gc; print(*gc.get_threshold())"], capture_output=True, timeout=60
    ).stdout.split()
    text = HEAD + own + "class B(AutoAckBolt):\n    class Default(Stream):\n        fields = 'set', 'frozen'\n"
    text += "    def execute(self, input):\n        import gc\n"
    text += "        self.emit((gc.get_threshold(), gc.get_freeze_count() > 1000))\n"
    ir = describe(text + "class T(Topology):\n    s = Source(1)\n    b = B(1)\n    b.inputs.append(AllGrouping(s))\n")
    with wire.Host(components(ir)["b"]["command"], cwd="/") as host:
        inputs = [{"component": "s", "stream": "default", "fields": ["a", "b"]}]
        host.setup(
            "bolt", inputs=inputs, outputs=[{"stream": "default", "fields": ["set", "frozen"], "listeners": True}]
        )
        host.tuples((0, [[1, 2]], 1))
        host.until_consumed()
        assert host.messages == []
        assert host.values == [[expected or [int(number) for number in usual], True]]


def test_usage_for_those_who_start_it_by_hand():
    done = subprocess.run([sys.executable, str(wire.PACKAGE)], capture_output=True, timeout=60)
    assert done.returncode == 2
    assert b"usage:" in done.stderr


def test_it_leaves_no_byte_code_beside_the_topology_where_that_is_not_wanted(tmp_path):
    (tmp_path / "t.py").write_text(HEAD + "class T(Topology):\n    s = Source(1)\n")
    sources = shutil.ignore_patterns("__pycache__")
    package = shutil.copytree(wire.PACKAGE, tmp_path / "unpacked" / "stormhost", ignore=sources)
    command = [sys.executable, str(package), "describe", "t.py"]
    env = {"PYTHONDONTWRITEBYTECODE": "1", "PATH": "/usr/bin"}
    subprocess.run(command, cwd=tmp_path, env=env, check=True, capture_output=True, timeout=60)
    assert not (tmp_path / "__pycache__").exists()
    assert any((package / "__pycache__").iterdir())


def test_a_number_in_the_environment_is_meant_as_its_digits(describe):
    ir = describe(HEAD + "class T(Topology):\n    p = Process('cat')\n    p.env['PORT'] = 8080\n")
    assert ir["mistakes"] == []
    assert ir["components"][0]["env"] == {"PORT": "8080"}
