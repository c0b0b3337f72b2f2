"""Flux as it stands: Storm's YAML with shell components, on Storm's own library."""

from __future__ import annotations

import json
import signal
import subprocess
from collections import Counter

from harness import REPOSITORY, SOON, Run, Stormhost, binary

EXAMPLE = REPOSITORY / "examples" / "flux_word_count"
OPTIONS = ("--filter", str(EXAMPLE / "dev.properties"), "--env-filter")
# Where tests/prepare.sh puts storm.py; a user has it beside the components.
LIBRARY = {"PYTHONPATH": str(REPOSITORY / "target" / "multilang"), "GREETING": "hello"}

SPOUT = """
  - id: source
    className: org.apache.storm.flux.wrappers.spouts.FluxShellSpout
    constructorArgs: [[python3, source.py], [word]]
"""


def stopped(run: Run) -> Run:
    run.signal(signal.SIGINT)
    return run.ends_with(130)


def test_the_example_counts_words(stormhost: Stormhost) -> None:
    words = Counter((EXAMPLE / "resources" / "sentences.txt").read_text().split())

    def rows() -> list[list[str]]:
        return [line.split("\t") for line in run.stdout.split("\n")[:-1]]

    run = stormhost.start(EXAMPLE / "topology.yaml", *OPTIONS, env=LIBRARY)
    run.until(lambda: {row[0]: int(row[1]) for row in rows() if len(row) == 2} == words, "every word to be counted")
    run.until(lambda: [""] in rows(), "the empty sentence on a stream of its own")
    assert any("greeting: hello" in said for said in run.lines_of("count"))
    stopped(run).nothing_is_left()


def test_a_direct_grouping_is_served_though_flux_cannot_declare_the_stream(stormhost: Stormhost) -> None:
    stormhost.write(
        "import storm\n"
        "class Source(storm.Spout):\n"
        "    def initialize(self, conf, context):\n"
        "        self.tasks = [int(task) for task, name in context['task->component'].items() if name == 'sink']\n"
        "    def nextTuple(self):\n"
        "        if self.tasks:\n"
        "            task = self.tasks.pop()\n"
        "            storm.emitDirect(task, [str(task)])\n"
        "Source().run()\n",
        "resources/source.py",
    )
    stormhost.write(
        "import json, os, storm\n"
        "class Sink(storm.BasicBolt):\n"
        "    def initialize(self, conf, context):\n"
        "        self.task = str(context['taskid'])\n"
        "    def process(self, tup):\n"
        "        with open(os.environ['JOURNAL'], 'a') as journal:\n"
        "            journal.write(json.dumps(['got', self.task, tup.values[0]]) + '\\n')\n"
        "Sink().run()\n",
        "resources/sink.py",
    )
    file = stormhost.write(
        f"name: direct\nspouts:{SPOUT}bolts:\n"
        "  - id: sink\n    className: org.apache.storm.flux.wrappers.bolts.FluxShellBolt\n"
        "    constructorArgs: [[python3, sink.py]]\n    parallelism: 3\n"
        "streams:\n  - {from: source, to: sink, grouping: {type: DIRECT}}\n",
        "direct.yaml",
    )
    run = stormhost.start(file, env=LIBRARY)
    run.until(lambda: len(run.noted("got")) == 3, "a tuple for each task")
    stopped(run)
    assert sorted(run.noted("got")) == [("1", "1"), ("2", "2"), ("3", "3")]


def test_what_follows_from_a_refused_stream_is_not_told(stormhost: Stormhost) -> None:
    text = EXAMPLE.joinpath("topology.yaml").read_text()
    assert "type: SHUFFLE" in text
    file = stormhost.write(text.replace("type: SHUFFLE", "type: SHUFLE"), "wrong.yaml")
    done = told_of(stormhost, file)
    assert done.returncode == 1
    assert '"SHUFLE" is no type of grouping' in done.stderr and "has no inputs" not in done.stderr, done.stderr


def test_a_name_behind_the_file_is_refused_since_there_is_one_topology(stormhost: Stormhost) -> None:
    file = stormhost.write(EXAMPLE.joinpath("topology.yaml").read_text(), "topology.yaml")
    done = told_of(stormhost, f"{file}:Nonsense")
    assert done.returncode == 1 and "[SH0105]" in done.stderr, done.stderr


def told_of(stormhost: Stormhost, file: object) -> subprocess.CompletedProcess[str]:
    env = {**stormhost.environment("none", stormhost.folder / "journal"), "GREETING": "x"}
    return subprocess.run([binary(), "check", str(file)], capture_output=True, text=True, env=env, timeout=SOON, check=False)


def test_mistakes_are_told_with_file_and_line_all_at_once(stormhost: Stormhost) -> None:
    stormhost.write("", "resources/source.py")
    stormhost.write(
        f"name: wrong\nspouts:{SPOUT}    paralelism: 2\nbolts:\n"
        "  - {id: sink, className: org.example.Sink}\n"
        "  - {id: alone, className: org.example.Alone}\n"
        "streams:\n  - {from: sauce, to: sink, grouping: {type: SHUFFLE}}\n"
        "  - {from: source, to: sink, grouping: {type: FIELDS, args: [wort]}}\n",
        "wrong.yaml",
    )
    done = subprocess.run(
        [binary(), "check", "wrong.yaml"],
        capture_output=True,
        text=True,
        cwd=stormhost.folder,
        env=stormhost.environment("none", stormhost.folder / "journal"),
        timeout=SOON,
        check=False,
    )
    assert done.returncode == 1, done.stderr
    told = [line for line in done.stderr.splitlines() if not line.startswith("  hint")]
    assert told == [
        "wrong.yaml:6: error: a spout has no key `paralelism` [SH0119]",
        'wrong.yaml:8: error: the bolt "sink" is the Java class org.example.Sink, and stormhost has no JVM [SH0119]',
        'wrong.yaml:11: error: "sink" listens to "sauce", but no component is called that [SH0218]',
        'wrong.yaml:12: error: "sink" groups by the field "wort", which the stream "default" of "source" does not have [SH0226]',
        'wrong.yaml:9: warning: no stream leads to the bolt "alone", so it is left out, as Flux does [SH0119]',
        "4 errors, 1 warning",
    ], done.stderr


def test_the_components_of_storms_documents_run_without_java(stormhost: Stormhost) -> None:
    stormhost.write(
        "import storm\n"
        "class Split(storm.BasicBolt):\n"
        "    def process(self, tup):\n"
        "        storm.emit([tup.values[0] + '!'])\n"
        "Split().run()\n",
        "resources/splitsentence.py",
    )
    file = stormhost.write(
        """
name: "shell-topology"
config:
  topology.workers: 1
spouts:
  - id: "words"
    className: "org.apache.storm.testing.TestWordSpout"
    parallelism: 1
bolts:
  - id: "splitsentence"
    className: "org.apache.storm.flux.wrappers.bolts.FluxShellBolt"
    constructorArgs:
      - ["python3", "splitsentence.py"]
      - ["word"]
    parallelism: 1
  - id: "log"
    className: "org.apache.storm.flux.wrappers.bolts.LogInfoBolt"
    parallelism: 1
  - id: "count"
    className: "org.apache.storm.testing.TestWordCounter"
    parallelism: 1
streams:
  - name: "spout --> split"
    from: "words"
    to: "splitsentence"
    grouping:
      type: SHUFFLE
  - name: "split --> count"
    from: "splitsentence"
    to: "count"
    grouping:
      type: FIELDS
      args: ["word"]
  - name: "count --> log"
    from: "count"
    to: "log"
    grouping:
      type: SHUFFLE
""",
        "shell_test.yaml",
    )
    run = stormhost.start(file, env=LIBRARY)
    names = {"nathan!", "mike!", "jackson!", "golda!", "bertels!"}
    run.until(lambda: any(line.endswith("\t3") for line in run.stdout.split("\n")), "a word to be counted thrice")
    stopped(run)
    assert {line.split("\t")[0] for line in run.stdout.splitlines()} <= names, run.stdout


def test_a_filter_that_is_not_there_is_told(stormhost: Stormhost) -> None:
    run = stormhost.start(EXAMPLE / "topology.yaml", "--filter", "none.properties")
    run.ends_with(1)
    assert "none.properties cannot be read" in run.stderr, run.stderr


# Says at once what it is, and is through with it for ever.
SOURCE = """
import storm
class Source(storm.Spout):
    def initialize(self, conf, context):
        self.left = ['moon']
    def nextTuple(self):
        if self.left:
            storm.emit([self.left.pop()])
Source().run()
"""
TO_LOG = """
bolts:
  - {id: log, className: org.apache.storm.flux.wrappers.bolts.LogInfoBolt}
streams:
  - {from: source, to: log, grouping: {type: SHUFFLE}}
"""


def test_scripts_are_found_in_a_project_whose_topology_lies_in_resources(stormhost: Stormhost) -> None:
    stormhost.write(SOURCE, "project/multilang/resources/source.py")
    file = stormhost.write(f"name: azure\nspouts:{SPOUT}{TO_LOG}", "project/resources/topology.yaml")
    run = stormhost.start(file, env=LIBRARY)
    run.until(lambda: run.stdout == "moon\n", "the tuple")
    stopped(run)


def test_the_folder_of_resources_is_named_by_an_option_of_every_command(stormhost: Stormhost) -> None:
    stormhost.write(SOURCE, "scripts/source.py")
    file = stormhost.write(f"name: far\nspouts:{SPOUT}{TO_LOG}", "flux/topology.yaml")
    done = told_of(stormhost, file)
    assert done.returncode == 0, done.stderr
    assert f'the script source.py of "source" is not in {file.parent} [' in done.stderr, done.stderr
    assert "--resources names another" in done.stderr
    option = ("--resources", str(stormhost.folder / "scripts"))
    for words in (("check", str(file)), ("graph", str(file)), ("try", f"{file}:source", "--take", "1")):
        run = stormhost.launch(*words, *option, env=LIBRARY).ends_with(0)
        assert "is not in" not in run.told, run.told
    run = stormhost.start(file, *option, env=LIBRARY)
    run.until(lambda: run.stdout == "moon\n", "the tuple")
    stopped(run)
    run = stormhost.start(file, "--resources", "nowhere").ends_with(1)
    assert "nowhere cannot be read" in run.stderr, run.stderr


def test_a_component_without_storms_adapter_is_told_where_that_is(stormhost: Stormhost) -> None:
    stormhost.write(SOURCE, "resources/source.py")
    file = stormhost.write(f"name: bare\nspouts:{SPOUT}{TO_LOG}", "topology.yaml")
    run = stormhost.start(file).ends_with(4)
    assert "hint: storm.py is Storm's own adapter, which Storm's jar multilang-python holds" in run.told, run.told


def test_flux_in_json_with_quoted_numbers_runs(stormhost: Stormhost) -> None:
    stormhost.write(SOURCE, "resources/source.py")
    class_of = "org.apache.storm.flux.wrappers.{}".format
    topology = {
        "name": "json",
        "spouts": [
            {
                "id": "source",
                "className": class_of("spouts.FluxShellSpout"),
                "constructorArgs": [["python3", "source.py"], ["word"]],
                "parallelism": "1",
            }
        ],
        "bolts": [{"id": "log", "className": class_of("bolts.LogInfoBolt")}],
        "streams": [{"from": "source", "to": "log", "grouping": {"type": "SHUFFLE"}}],
    }
    run = stormhost.start(stormhost.write(json.dumps(topology), "topology.json"), env=LIBRARY)
    run.until(lambda: run.stdout == "moon\n", "the tuple")
    stopped(run)


def test_properties_in_iso_8859_1_are_read(stormhost: Stormhost) -> None:
    stormhost.write(SOURCE, "resources/source.py")
    file = stormhost.write(f'name: "${{name}}"\nspouts:{SPOUT}{TO_LOG}', "topology.yaml")
    properties = stormhost.folder / "latin.properties"
    properties.write_bytes("name=caf\xe9\n".encode("latin-1"))
    run = stormhost.launch("check", str(file), "--filter", str(properties)).ends_with(0)
    assert "caf\xe9: 2 components" in run.stderr, run.stderr


def test_options_of_flux_are_told_what_takes_their_place(stormhost: Stormhost) -> None:
    for option, said in (("--dry-run", "`stormhost check`"), ("-R", "only one way to run"), ("-f", "--filter")):
        run = stormhost.launch("run", "topology.yaml", option).ends_with(2)
        assert "tip: " in run.stderr and said in run.stderr, run.stderr
