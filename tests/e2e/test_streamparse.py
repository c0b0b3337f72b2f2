"""A streamparse project as it stands: with streamparse from PyPI, and neither a JVM nor lein."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from harness import REPOSITORY, SOON, Run, Stormhost, binary

EXAMPLE = REPOSITORY / "examples" / "streamparse_project"
TOPOLOGY = """
from streamparse import *
from parts_of_it import *

class T(Topology):
"""


def project(stormhost: Stormhost, **topologies: str) -> Path:
    """A project of its own, with these topologies, and with words of a spout and two bolts."""
    root = stormhost.folder / "project"
    (root / "src").mkdir(parents=True)
    (root / "topologies").mkdir()
    (root / "config.json").write_text('{"serializer": "json", "topology_specs": "topologies/", "envs": {"prod": {"user": "me"}}}')
    (root / "src" / "parts_of_it.py").write_text(PARTS)
    for name, source in topologies.items():
        (root / "topologies" / f"{name}.py").write_text(source)
    return root


PARTS = """
from streamparse import *
from harness_notes import note

class Words(Spout):
    outputs = ["word"]
    def initialize(self, conf, context):
        self.left = ["a", "b", "c"]
    def next_tuple(self):
        if self.left:
            word = self.left.pop()
            self.emit([word], tup_id=word)
    def ack(self, tup_id):
        note("acked", tup_id)

class Notes(Bolt):
    def process(self, tup):
        note("got", tup.component, tup.stream, *tup.values)

class Batches(BatchingBolt):
    pass

class Outer:
    class Inner(Bolt):
        pass

class Ticked(Bolt):
    def process_tick(self, tup):
        note("tick", tup.stream)
    def process(self, tup):
        pass
"""


@pytest.fixture(autouse=True)
def notes(stormhost: Stormhost) -> None:
    """What the components above write their notes with; they see it by way of PYTHONPATH."""
    (stormhost.folder / "helpers").mkdir()
    (stormhost.folder / "helpers" / "harness_notes.py").write_text(
        "import json, os\n"
        "def note(*what):\n"
        "    with open(os.environ['JOURNAL'], 'a') as journal:\n"
        "        journal.write(json.dumps(what) + '\\n')\n"
    )


def start(stormhost: Stormhost, file: Path, *options: str, **others: object) -> Run:
    env = {"PYTHONPATH": str(stormhost.folder / "helpers"), **others.pop("env", {})}  # type: ignore[dict-item]
    return stormhost.start(file, *options, env=env, **others)  # type: ignore[arg-type]


def command(
    stormhost: Stormhost, word: str, file: Path, *options: str, python: str = sys.executable, before: tuple[str, ...] = ()
) -> subprocess.CompletedProcess[str]:
    """What `check` or `graph` say of a topology; `before` is what starts them."""
    env = {**stormhost.environment("none", stormhost.folder / "journal"), "PYTHONPATH": str(stormhost.folder / "helpers")}
    words = [*before, binary(), word, str(file), "--python", python, *options]
    return subprocess.run(words, capture_output=True, text=True, cwd=stormhost.folder, env=env, timeout=SOON, check=False)


def checked(stormhost: Stormhost, file: Path, *options: str) -> subprocess.CompletedProcess[str]:
    """What `check` says of a topology that can run."""
    done = command(stormhost, "check", file, *options)
    assert done.returncode == 0, done.stderr
    return done


def mistakes(stormhost: Stormhost, file: Path, *options: str, python: str = sys.executable) -> str:
    """What is told of a topology that cannot run."""
    done = command(stormhost, "check", file, *options, python=python)
    assert done.returncode == 1, done.stderr
    return done.stderr


def written(file: Path) -> dict[str, int]:
    """The last count of each word."""
    if not file.exists():
        return {}
    rows = [json.loads(line) for line in file.read_text().split("\n")[:-1]]
    return {word: count for _, word, count in rows}


@pytest.mark.parametrize("environment", ["laptop", "cluster"])
def test_the_project_counts_words_as_it_is(stormhost: Stormhost, environment: str) -> None:
    counts = stormhost.folder / "counts"
    words = Counter((EXAMPLE / "src" / "sentences.txt").read_text().split())
    expected = {word: count * 100 for word, count in words.items()}
    run = start(stormhost, EXAMPLE, "-e", environment, env={"COUNTS": str(counts)})
    run.until(lambda: written(counts) == expected, "every word to be counted", within=120)
    run.signal(signal.SIGINT)
    run.ends_with(130)
    run.nothing_is_left()


def test_a_copy_runs_by_its_file_too_and_its_logger_is_heard(stormhost: Stormhost) -> None:
    root = stormhost.folder / "copy"
    shutil.copytree(EXAMPLE, root)
    run = start(stormhost, root / "topologies" / "wordcount.py", "-e", "laptop")
    run.until(lambda: any(re.search(r"apple: \d+", said) for said in run.lines_of("printer")), "the printer's log")
    run.signal(signal.SIGTERM)
    run.ends_with(143)


def test_every_grouping_has_its_counterpart(stormhost: Stormhost) -> None:
    root = project(
        stormhost,
        t=TOPOLOGY
        + """
    words = Words.spec()
    shuffled = Notes.spec(inputs=[words])
    all = Notes.spec(inputs={words: Grouping.ALL})
    single = Notes.spec(inputs={words: Grouping.GLOBAL})
    none = Notes.spec(inputs={words: Grouping.NONE})
    local = Notes.spec(inputs={words: Grouping.LOCAL_OR_SHUFFLE})
    by_field = Notes.spec(inputs={words: Grouping.fields("word")})
    partial = Notes.spec(inputs={words: Grouping.custom_object("org.apache.storm.grouping.PartialKeyGrouping", [])})
    direct_source = ShellSpout.spec(command="true", script="", outputs=[Stream(fields=["x"], direct=True)])
    told = Notes.spec(inputs=direct_source)
""",
    )
    drawn = command(stormhost, "graph", root).stdout
    expected = ("shuffled by shuffle", "all by all", "single by global", "none by none", "local by local or shuffle")
    for said in (*expected, "by_field by fields word", "partial by partial key word", "told by direct"):
        assert said in drawn, drawn


def test_shell_components_run_where_the_files_of_src_are(stormhost: Stormhost) -> None:
    root = project(
        stormhost,
        t=TOPOLOGY
        + """
    words = Words.spec()
    upper = ShellBolt.spec(inputs=[words], command="python", script="upper.py --times 2", outputs=["word"])
    notes = Notes.spec(inputs=[upper])
""",
    )
    (root / "src" / "upper.py").write_text(
        "import sys\n"
        "import storm\n"
        "times = int(sys.argv[2])\n"
        "class Upper(storm.BasicBolt):\n"
        "    def process(self, tup):\n"
        "        storm.emit([tup.values[0].upper() * times])\n"
        "Upper().run()\n"
    )
    shutil.copy(REPOSITORY / "target" / "multilang" / "storm.py", root / "src")
    run = start(stormhost, root)
    run.until(lambda: len(run.noted("acked")) == 3, "all words to be acked")
    run.signal(signal.SIGINT)
    run.ends_with(130)
    assert sorted(run.noted("got")) == [("upper", "default", word * 2) for word in "ABC"]


def test_ticks_come_with_the_frequency_of_a_components_config(stormhost: Stormhost) -> None:
    root = project(
        stormhost,
        t=TOPOLOGY
        + """
    words = Words.spec()
    ticked = Ticked.spec(inputs=[words], config={"topology.tick.tuple.freq.secs": 0.1})
""",
    )
    run = start(stormhost, root)
    run.until(lambda: len(run.noted("tick")) >= 3, "three ticks")
    run.signal(signal.SIGINT)
    run.ends_with(130)
    assert set(run.noted("tick")) == {"__tick"}


def test_options_lie_above_the_topology_and_that_above_the_environment(stormhost: Stormhost) -> None:
    root = project(
        stormhost,
        t=TOPOLOGY
        + """
    config = {"topology.message.timeout.secs": 20, "topology.max.spout.pending": 20}
    words = Words.spec()
""",
    )
    (root / "config.json").write_text(
        '{"envs": {"prod": {"options": {"topology.message.timeout.secs": 10, "topology.max.spout.pending": 10, "mine": 10}}}}'
    )
    shown = checked(stormhost, root, "--print=settings", "-o", "topology.message.timeout.secs=30").stdout
    told = [line.split()[:2] for line in shown.splitlines()]
    for row in (["topology.message.timeout.secs", "30"], ["topology.max.spout.pending", "20"], ["mine", "10"]):
        assert row in told, shown


def test_a_log_folder_of_somebody_else_is_told(stormhost: Stormhost) -> None:
    root = project(stormhost, t=TOPOLOGY + "    words = Words.spec()\n")
    theirs, before = Path("/"), ()
    if os.geteuid() == 0:  # root may write anywhere, but for these privileges
        theirs = stormhost.folder / "theirs"
        theirs.mkdir()
        os.chown(theirs, 65534, 65534)
        if shutil.which("setpriv") is None:
            pytest.skip("root cannot do without its privileges here")
        drop = "-dac_override,-dac_read_search"
        before = ("setpriv", f"--bounding-set={drop}", f"--inh-caps={drop}")
    (root / "config.json").write_text(json.dumps({"envs": {"prod": {"log": {"path": str(theirs)}}}}))
    told = command(stormhost, "check", root, before=before).stderr
    assert f'the log folder of the environment "prod", {theirs}, cannot be written to here' in told, told


def test_what_needs_a_jvm_is_told_all_at_once(stormhost: Stormhost) -> None:
    told = mistakes(
        stormhost,
        project(
            stormhost,
            t=TOPOLOGY
            + """
    words = JavaSpout.spec(full_class_name="org.example.Words", args_list=[], outputs=["word"])
    java = JavaBolt.spec(serialized_java=b"x", inputs=[words], outputs=["word"])
    notes = Notes.spec(inputs={words: Grouping.custom_object("org.example.Grouping", [])})
""",
        ),
    )
    for line, said in [
        (7, '"words" is the Java class org.example.Words, which nothing here does the work of'),
        (8, "'java' is a serialized object of Java, and stormhost has no JVM"),
        (9, "'notes' groups by a Java class (org.example.Grouping), and stormhost has no JVM"),
    ]:
        assert f"topologies/t.py:{line}: error: {said}" in told, told
    assert told.rstrip().endswith("3 errors"), told


def test_a_java_class_that_has_a_counterpart_is_that(stormhost: Stormhost) -> None:
    root = project(
        stormhost,
        t=TOPOLOGY
        + """
    words = JavaSpout.spec(full_class_name="org.example.RedisSpout", args_list=["db", 7000, "lines"], outputs=["word"])
    notes = Notes.spec(inputs=[words])
""",
    )
    described = json.loads(checked(stormhost, root, "--print=ir").stdout)
    words = described["components"][0]
    assert (words["java_class"], words["options"]) == ("org.example.RedisSpout", {"host": "db", "port": 7000, "key": "lines"})


def test_streamparses_own_errors_carry_the_line_of_the_topology(stormhost: Stormhost) -> None:
    told = mistakes(stormhost, project(stormhost, t=TOPOLOGY + "    words = Words.spec()\n    notes = Notes.spec()\n"))
    assert "topologies/t.py:5: error: the file cannot be imported: ValueError: Notes \"notes\" requires at least one input" in told, told


def test_field_names_that_pystorm_cannot_take_are_told(stormhost: Stormhost) -> None:
    told = mistakes(
        stormhost,
        project(
            stormhost,
            t=TOPOLOGY
            + """
    words = ShellSpout.spec(command="true", script="", outputs=["user-id"])
    notes = Notes.spec(inputs=[words])
""",
        ),
    )
    assert "t.py:7: error: 'notes' cannot start: pystorm makes attributes of fields, and 'user-id' of 'words'" in told, told


def test_a_batching_bolt_without_ticks_is_warned_of(stormhost: Stormhost) -> None:
    root = project(
        stormhost,
        t=TOPOLOGY + "    words = Words.spec()\n    batches = Batches.spec(inputs=[words], par={'beta': 2})\n",
    )
    told = checked(stormhost, root).stderr
    assert "t.py:7: warning: \"batches\" ends its batches at ticks, and is sent none" in told, told
    assert "t.py:7: warning: par of 'batches' is given for beta, not for prod" in told, told
    (root / "config.json").write_text('{"envs": {"prod": {"options": {"topology.tick.tuple.freq.secs": 1}}}}')
    assert "ticks" not in checked(stormhost, root).stderr


def test_ticks_of_a_batching_bolt_are_those_in_force(stormhost: Stormhost) -> None:
    root = project(stormhost, t=TOPOLOGY + "    words = Words.spec()\n    batches = Batches.spec(inputs=[words])\n")
    ticks = "topology.tick.tuple.freq.secs"
    for option in (f"{ticks}=1", f"batches:{ticks}=1"):
        assert "ticks" not in checked(stormhost, root, "-o", option).stderr
    (root / "config.json").write_text(json.dumps({"envs": {"prod": {"options": {ticks: 1}}}}))
    assert '"batches" ends its batches at ticks' in checked(stormhost, root, "-o", f"batches:{ticks}=null").stderr


def test_classes_that_children_cannot_find_are_told(stormhost: Stormhost) -> None:
    root = project(
        stormhost,
        t=TOPOLOGY.replace("class T", "from beside import *\nclass Own(Bolt):\n    pass\nclass T")
        + "    words = Words.spec()\n    own = Own.spec(inputs=[words])\n    inner = Outer.Inner.spec(inputs=[words])\n"
        + "    near = Near.spec(inputs=[words])\n",
    )
    (root / "topologies" / "beside.py").write_text("from streamparse import Bolt\nclass Near(Bolt):\n    pass\n")
    told = mistakes(stormhost, root, "-n", "t")
    for line, said in [
        (10, "'own' is defined in the topology's file, and streamparse_run does not look there [SH0119]"),
        (11, "'inner' is Outer.Inner, and streamparse_run looks for Inner in parts_of_it"),
        (12, "'near' is defined in topologies/beside.py, and streamparse_run does not look there"),
    ]:
        assert f"topologies/t.py:{line}: error: {said}" in told, told
    assert "hint: move Own into a file in src/" in told, told
    assert told.rstrip().endswith("3 errors"), told


def test_a_class_in_the_file_of_a_topology_alone_is_found(stormhost: Stormhost) -> None:
    file = stormhost.folder / "alone.py"
    file.write_text(PARTS + "class T(Topology):\n    words = Words.spec()\n    notes = Notes.spec(inputs=[words])\n")
    run = start(stormhost, file)
    run.until(lambda: len(run.noted("got")) == 3, "all words")
    run.signal(signal.SIGINT)
    run.ends_with(130)


def test_src_may_be_imported_by_its_name(stormhost: Stormhost) -> None:
    source = TOPOLOGY.replace("from parts", "from src.parts") + "    words = Words.spec()\n    notes = Notes.spec(inputs=[words])\n"
    root = project(stormhost, t=source)
    run = start(stormhost, root)
    run.until(lambda: len(run.noted("acked")) == 3, "all words to be acked")
    run.signal(signal.SIGINT)
    run.ends_with(130)
    assert len(run.noted("got")) == 3


def test_choices_that_are_not_clear_are_asked_for(stormhost: Stormhost) -> None:
    source = TOPOLOGY + "    words = Words.spec()\n"
    root = project(stormhost, one=source, two=source)
    assert "several topologies: one, two [SH0109]\n  hint: say which with --name, as in -n one" in mistakes(stormhost, root)
    assert "no environment \"x\"; its environments are: prod" in mistakes(stormhost, root, "-n", "one", "-e", "x")
    told = checked(stormhost, root, "-n", "two").stderr
    assert "two: 1 component" in told, told


def test_a_python_without_streamparse_is_told_with_what_to_install(stormhost: Stormhost) -> None:
    root = project(stormhost, t=TOPOLOGY + "    words = Words.spec()\n")
    python = os.path.realpath(sys.executable)  # the one that the tests' own virtual environment was made from
    told = mistakes(stormhost, root, python=python)
    for said in ("cannot import: No module named 'streamparse'", "-m pip install streamparse", f"{python} (--python)"):
        assert said in told, told


def test_a_serializer_that_nobody_knows_is_told(stormhost: Stormhost) -> None:
    root = project(stormhost, t=TOPOLOGY + "    words = Words.spec()\n")
    (root / "config.json").write_text('{"serializer": "xml", "envs": {"prod": {}}}')
    assert "the serializer of config.json is 'xml'" in mistakes(stormhost, root)
