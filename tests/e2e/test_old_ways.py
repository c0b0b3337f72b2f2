"""Ways of real components, each shown by a child that does nothing else: all of them are in order, and run."""

from __future__ import annotations

import json
import signal
from collections import Counter

import pytest
from test_children import ONCE, all_acked, topology

from harness import Stormhost
from stock_libraries import NODE_STORM, STORM_JS, STORM_PY, component, lay_out
from texts import write_text


def test_a_bolt_may_greet_unasked_and_write_json_as_it_likes(stormhost: Stormhost) -> None:
    run = stormhost.run(topology("old_manners", ONCE))
    all_acked(run)
    assert sorted(row[1] for row in run.noted("saw")) == [f"a/{n}" for n in range(10)]
    assert all(line.level in ("info", "debug") for line in run.log if line.component == "child"), "none of it is worth a warning"


def test_what_is_said_before_the_pid_counts(stormhost: Stormhost) -> None:
    """Found: a log before the pid was taken for the greeting, and the pid then for a message that cannot be read."""
    run = stormhost.run(topology("greets_late", ONCE))
    all_acked(run)
    assert sorted(row[1] for row in run.noted("saw")) == [100, 101]
    assert [line.message for line in run.log if line.level == "warn" and line.component == "child"] == ["not there yet"]


@pytest.mark.error("SH0403")
def test_a_bolt_that_never_says_its_pid_is_told_of_after_the_time_for_the_handshake(stormhost: Stormhost) -> None:
    run = stormhost.run(topology("never_greets"), settings={"stormhost.handshake.timeout.secs": 0.5}, status=4)
    assert "it emitted before it said its pid, and did not say that within 0.5 s (stormhost.handshake.timeout.secs)" in run.told


def test_what_a_spout_emitted_before_its_pid_is_told_to_nobody_when_it_left(stormhost: Stormhost) -> None:
    """Found: such a spout was not taken for one that had been up, so its trees went on and counted as complete, unheard."""
    run = stormhost.start(
        """
import time
from pathlib import Path

class Slow(AutoAckBolt):
    def execute(self, input):
        while '["up", 2]' not in Path(os.environ["JOURNAL"]).read_text():
            time.sleep(0.01)

class T(Topology):
    early = Process('python', CHILDREN + '/emits_early_and_leaves.py', fields='n', spout=True)
    slow = Slow()
    slow.inputs.append(ShuffleGrouping(early))
"""
    )
    run.until(lambda: ("ack", "late") in run.noted("heard"), "the ack of what the last one emitted")
    run.signal(signal.SIGINT)
    run.ends_with(130)
    assert run.noted("heard") == [("ack", "late")]
    assert '"completed":1,' in run.stderr, "what nobody is told of does not count as complete"


@pytest.mark.error("SH0516")
def test_a_bolt_that_asks_for_ever_and_never_reads_the_answers_is_started_again(stormhost: Stormhost) -> None:
    """Found by fuzzing: the answers gathered in the host without a bound."""
    run = stormhost.start(topology("talks_and_never_reads"), settings={"stormhost.max.message.bytes": 65536})
    run.until(lambda: "goes on talking and does not read what it is told" in run.told, "its story")
    run.signal(signal.SIGINT)
    run.wait()


def test_a_bolt_that_reports_an_error_and_leaves_with_status_0_is_started_again(stormhost: Stormhost) -> None:
    run = stormhost.run(topology("errs_and_leaves"))
    all_acked(run)
    assert "ValueError: no more of this" in run.lines_of("child", "error")
    assert "left with status 0" in run.told


def test_message_ids_of_any_kind_come_back_as_they_were(stormhost: Stormhost) -> None:
    run = stormhost.start(
        """
class T(Topology):
    ids = Process('python', CHILDREN + '/ids_of_all_kinds.py', fields='n', spout=True)
    see = Noter()
    see.inputs.append(ShuffleGrouping(ids))
"""
    )
    sent = [0, "", 1.5, -7, "0", False, [1, {"a": None}], {"b": 2}, 10**25]
    run.until(lambda: len(run.noted("saw")) > len(sent) and len(run.noted("ack")) == len(sent), "an ack for every id")
    run.signal(signal.SIGINT)
    run.ends_with(130)
    # As text, since 0 and False are equal. Null is no id, and nothing comes back.
    assert Counter(json.dumps(note[1]) for note in run.journal if note[0] == "ack") == Counter(map(json.dumps, sent))


def test_a_bolt_that_lives_on_when_its_input_ends_is_told_to_go_with_one_word(stormhost: Stormhost) -> None:
    run = stormhost.run(topology("ignores_the_end", ONCE), settings={"stormhost.kill.timeout.secs": 0.5})
    all_acked(run)
    warnings = [line.message for line in run.log if line.level in ("warn", "error")]
    assert len(warnings) == 1 and "does not leave at the end of its input" in warnings[0], warnings
    run.nothing_is_left()


def test_without_ackers_a_spout_that_waits_for_task_ids_is_acked_after_its_sync(stormhost: Stormhost) -> None:
    """Storm writes the ack into the middle of `next`, where storm.py waits for task ids: both hang."""
    lay_out(stormhost)
    text = write_text(stormhost.folder / "text", 20)
    run = stormhost.start(
        f"""
class T(Topology):
    lines = {component("spout", STORM_PY, str(text), fields="line", spout=True)}
    hold = Holder()
    hold.inputs.append(ShuffleGrouping(lines))
""",
        settings={"topology.acker.executors": 0},
    )
    run.until(lambda: len(run.noted("acked")) == 20, "an ack for every line")
    run.signal(signal.SIGINT)
    run.wait()
    assert Counter(run.noted("acked")) == {f"line {n}": 1 for n in range(20)}


def test_a_spout_that_leaves_outcomes_unanswered_is_not_taken_to_hang(stormhost: Stormhost) -> None:
    """Found: node-storm answers neither `activate` nor `ack`, and its spout was killed as hung, again and again."""
    lay_out(stormhost)
    text = write_text(stormhost.folder / "text", 50)
    run = stormhost.start(
        f"""
class T(Topology):
    lines = {component("spout", NODE_STORM, str(text), fields="line", spout=True)}
    count = {component("count", STORM_JS)}
    count.inputs.append(ShuffleGrouping(lines))
""",
        settings={"topology.subprocess.timeout.secs": 3},
    )
    run.until(lambda: len(run.noted("acked")) == 50, "an ack for every line")
    run.signal(signal.SIGINT)
    run.ends_with(130)
    assert "it hung" not in run.told


def test_the_setup_object_holds_what_storms_does(stormhost: Stormhost) -> None:
    (stormhost.folder / "resources").mkdir()
    run = stormhost.run(
        """
class Two(Numbers):
    class Other(Stream):
        fields = 'a', 'b'

class T(Topology):
    numbers = Two(2, 3)
    child = Process('python', CHILDREN + '/notes_setup.py', fields=('x', 'y'), streams={'late': 'z'}, conf={'my.own': [1]})
    by_x = Noter(2)
    all_to_one = Noter(2)
    child.inputs.append(ShuffleGrouping(numbers))
    by_x.inputs.append(FieldsGrouping(child, 'x'))
    all_to_one.inputs.append(GlobalGrouping(child))
"""
    )
    ((setup, folder, _),) = run.noted("setup")
    assert folder == str(stormhost.folder / "resources")
    assert {"conf", "context", "pidDir"} <= setup.keys()
    assert setup["conf"]["my.own"] == [1] and setup["conf"]["topology.name"] == "T"
    context = setup["context"]
    assert context.pop("streams") in (["default", "late"], ["late", "default"])
    assert context == {
        "task->component": {"1": "all_to_one", "2": "all_to_one", "3": "by_x", "4": "by_x", "5": "child", "6": "numbers", "7": "numbers"},
        "taskid": 5,
        "componentid": "child",
        "stream->outputfields": {"default": ["x", "y"], "late": ["z"]},
        "stream->target->grouping": {
            "default": {"by_x": {"type": "FIELDS", "fields": ["x"]}, "all_to_one": {"type": "FIELDS", "fields": []}}
        },
        "source->stream->grouping": {"numbers": {"default": {"type": "SHUFFLE"}}},
        "source->stream->fields": {"numbers": {"default": ["n"], "other": ["a", "b"]}},
    }


@pytest.mark.error("SH0504")
def test_another_character_set_costs_no_tuple(stormhost: Stormhost) -> None:
    """Found: a log line in Latin-1 failed all that its bolt had in hand, again and again."""
    run = stormhost.run(topology("writes_latin1", ONCE))
    all_acked(run)
    assert [row[1:] for row in run.noted("saw")] == [("caf\ufffd",)] * 10
    assert run.lines_of("child", "log") == ["caf\ufffd"] * 10
    assert run.told.count("what is no UTF-8 is read as U+FFFD") == 1, "once a minute"


def test_what_is_json_for_storms_parser_only_is_read(stormhost: Stormhost) -> None:
    """Found: a tab in a text of an awk bolt's `printf` failed its tuple for good."""
    made = topology("writes_loose_json", "Numbers(1, 12)").replace("fields='n'", "fields=['n', 'value']")
    run = stormhost.run(made)
    all_acked(run, 12)
    deep: list[object] = []
    for _ in range(389):
        deep = [deep]
    seen = {n: value for _, n, value in run.noted("saw")}
    assert seen.pop(10) == deep
    texts, words = ["a\tb", "a\x01b", "a\nb"], ["it", "True", {"over": "several\tlines"}]
    assert [seen[n] for n in sorted(seen)] == [*texts, "nan", "-inf", 7, 0.5, 1.0, *words]
    assert all(line.level != "warn" for line in run.log if line.component == "child"), "Storm says nothing either"


def test_a_message_that_stays_unreadable_fails_only_what_it_names_and_is_answered(stormhost: Stormhost) -> None:
    """Found: a broken log line failed every tuple in hand, and an emit with `task` somewhere in its values, over several lines, or
    too long, was never answered."""
    settings = {"stormhost.max.message.bytes": "64 KiB", "topology.subprocess.timeout.secs": 3}
    run = stormhost.run(topology("breaks_what_it_asks", "Numbers(1, 20)"), settings=settings, status=3)
    assert sorted(n for n, kind, _ in run.noted("failed")) == [0, 2, 4, 6]
    assert sorted(run.noted("acked")) == [n for n in range(20) if n not in (0, 2, 4, 6)]
    assert "hung" not in run.told


def test_two_messages_that_share_an_end_are_both_heard(stormhost: Stormhost) -> None:
    """Found: the second was dropped without a word, and a child that waited for its answer was taken to hang."""
    settings = {"topology.max.spout.pending": 1, "topology.subprocess.timeout.secs": 5}
    run = stormhost.run(topology("says_two_at_once"), settings=settings)
    all_acked(run)
    assert sorted(n for _, n in run.noted("saw")) == list(range(10))
    assert run.lines_of("child", "log") == ["one", "two"] * 10


@pytest.mark.error("SH0517")
def test_a_bolt_that_takes_heartbeats_for_tuples_gets_no_more(stormhost: Stormhost) -> None:
    """Found: what it emitted for them was passed on, and it was killed for not answering them."""
    run = stormhost.run(topology("takes_heartbeats_for_tuples"), settings={"topology.subprocess.timeout.secs": 2})
    all_acked(run)
    assert sorted(n for _, n in run.noted("saw")) == list(range(10))
    # Those that were sent before the first was acked.
    assert 0 < len(run.noted("heartbeat")) < 4 and run.noted("failed") == []
    assert run.told.count("takes heartbeats for tuples, as libraries older than Storm 0.9.3 do") == 1


def test_a_bolt_that_dies_of_its_first_heartbeat_gets_none_again(stormhost: Stormhost) -> None:
    """Found: each of its children died of one, until the tuple that each had in hand was set aside for it."""
    run = stormhost.run(topology("dies_of_heartbeats"), settings={"stormhost.poison.deaths": 1})
    all_acked(run)
    assert run.told.count("it died on its first heartbeat; its library seems older than Storm 0.9.3") == 1
    assert run.noted("given up") == [] and "set aside" not in run.told
    assert sorted({n for _, n in run.noted("saw")}) == list(range(10))


def test_a_bolt_without_heartbeats_that_acks_nothing_keeps_no_run_from_its_end(stormhost: Stormhost) -> None:
    """Found: what nobody tracks was waited for as if it would be acked."""
    run = stormhost.run(
        """
class Untracked(Spout):
    class Default(Stream):
        fields = 'n'
    def tuples(self):
        yield from range(8)

class T(Topology):
    numbers = Untracked()
    child = Process('python', CHILDREN + '/acks_nothing.py', fields='n', inputs=ShuffleGrouping(numbers))
    see = Noter(1, inputs=ShuffleGrouping(child))
""",
        settings={"child:topology.subprocess.timeout.secs": 1},
    )
    assert sorted(n for _, n in run.noted("saw")) == list(range(8))


def test_an_idle_bolt_that_answers_no_heartbeat_is_left_alone(stormhost: Stormhost) -> None:
    """Found: it was ended again and again for being silent `with work in hand`, of which it had none."""
    run = stormhost.start(
        """
class Late(ReliableSpout):
    class Default(Stream):
        fields = 'n'
    def tuples(self):
        yield 0
        time.sleep(3)
        yield 1
    def ack(self, id):
        note('acked', id)

class T(Topology):
    late = Late()
    child = Process('python', CHILDREN + '/ignores_heartbeats.py', fields='n')
    child.inputs.append(ShuffleGrouping(late))
""",
        settings={"child:topology.subprocess.timeout.secs": 1},
    )
    run.ends_with(0)
    assert len(run.noted("acked")) == 2
    assert run.told.count("does not answer heartbeats; it is sent none from now on") == 1
    assert "hung" not in run.told and "with work in hand" not in run.told


def test_a_spout_that_owes_a_sync_is_said_to(stormhost: Stormhost) -> None:
    run = stormhost.start(
        """
class T(Topology):
    child = Process('python', CHILDREN + '/never_syncs.py', fields='n', spout=True)
    see = Noter(1)
    see.inputs.append(ShuffleGrouping(child))
""",
        settings={"topology.subprocess.timeout.secs": 1},
    )
    run.until(lambda: "it hung: it has not answered `next` (no `sync`) for 1 s (topology.subprocess.timeout.secs)" in run.told, "its story")
    run.signal(signal.SIGINT)
    run.wait()
