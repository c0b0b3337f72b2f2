"""Children that misbehave, one by one: the run goes on, what they were given is answered, and the log says what was wrong.

The children are in tests/children, named by their fault; each speaks Storm's JSON by hand. What a death costs in a busy run is in
test_kills.py.
"""

from __future__ import annotations

import re
import signal
from pathlib import Path
from typing import Any

import pytest

from harness import CHILDREN, Run, Stormhost

TOPOLOGY = """
class T(Topology):
    numbers = {spout}
    child = Process('python', CHILDREN + '/{child}.py', *{arguments!r}, fields='n', serializer={serializer!r})
    see = Noter(1)
    child.inputs.append(ShuffleGrouping(numbers))
    see.inputs.append(ShuffleGrouping(child))
"""

RELIABLE = "ReliableNumbers(1, 10)"
ONCE = "Numbers(1, 10)"


def topology(child: str, spout: str = RELIABLE, arguments: tuple[str, ...] = (), serializer: str = "json") -> str:
    """Ten numbers through a child."""
    return TOPOLOGY.format(child=child, spout=spout, arguments=arguments, serializer=serializer)


def all_acked(run: Run, count: int = 10) -> None:
    """Every number was acked exactly once."""
    assert sorted(run.noted("acked")) == list(range(count))


def test_every_child_is_used() -> None:
    used = "".join(path.read_text() for path in Path(__file__).parent.glob("test_*.py"))
    unused = [path.stem for path in CHILDREN.glob("[a-z]*.py") if f'"{path.stem}"' not in used and f"/{path.name}'" not in used]
    assert unused == []


@pytest.mark.parametrize("child", ["leaves_early", "leaves_mid_message"])
def test_what_a_child_held_when_it_left_is_replayed_to_the_next(stormhost: Stormhost, child: str) -> None:
    run = stormhost.run(topology(child))
    all_acked(run)
    # A child takes two and dies of the third, so ten take four deaths at least.
    assert len({line.pid for line in run.log if line.level == "warn" and line.component == "child"}) >= 4
    assert all(kind == "child_died" for _, kind, _ in run.noted("failed"))


@pytest.mark.error("SH0401")
def test_the_story_of_a_death_names_status_held_tuples_the_one_in_hand_and_the_last_words(stormhost: Stormhost) -> None:
    # It dies of its third tuple, whichever that is: none of them is poison.
    run = stormhost.run(topology("leaves_early"), settings={"topology.max.spout.pending": 3, "stormhost.poison.deaths": 0})
    story = next(line.message for line in run.log if line.level == "warn" and line.component == "child")
    assert re.search(r"child\[1\] \(pid \d+\) left with status 9 after \d+\.\d s", story), story
    assert re.search(r"\d tuples? that it held fails? now", story) or "tuples that it held fail now" in story, story
    assert "the tuple in hand was" in story, story
    assert "| no more of this" in story, story


def test_rubbish_on_stdout_is_logged_and_harms_nothing(stormhost: Stormhost) -> None:
    run = stormhost.run(topology("prints_rubbish", ONCE))
    all_acked(run)
    said = run.lines_of("child", "stdout")
    assert "what a nice day" in said
    assert '{"level": "info", "message": "structured"}' in said
    assert any(line.startswith("no line end here:") for line in said)
    assert '{"level": "info", "message": "ended"}' in said and '{"level": "info", "message": "glued"}' in said
    assert all(line.level != "warn" for line in run.log if line.component == "child")
    assert all(line.task == 1 and line.pid for line in run.log if line.component == "child" and line.stream == "stdout")


def test_a_flood_on_stderr_is_drained_and_cut_short(stormhost: Stormhost) -> None:
    run = stormhost.run(topology("floods_stderr", ONCE))
    all_acked(run)
    said = run.lines_of("child", "stderr")
    assert any(re.fullmatch(r"… \d+ lines left out", line) for line in said)
    assert len(said) < 10 * 16 * 1024 / 10, "most of it was left out"


def test_a_child_that_never_reads_is_found_to_hang_and_started_again(stormhost: Stormhost) -> None:
    run = stormhost.start(topology("never_reads", "Endless(1, 10_000)"), settings={"child:topology.subprocess.timeout.secs": 1})
    run.until(lambda: "it hung" in run.told and "child[1]" in run.told, "the story of the hang")
    pid = next(line.pid for line in run.log if "it hung" in line.message)
    run.until(lambda: [child for child in run.children() if "never_reads" in " ".join(child.argv) and child.pid != pid], "the next child")
    run.signal(signal.SIGINT)
    run.signal_again(signal.SIGINT)
    run.ends_with(130)


@pytest.mark.error("SH0407")
def test_a_child_that_hangs_is_killed_and_its_tuples_are_replayed(stormhost: Stormhost) -> None:
    run = stormhost.run(topology("hangs", "ReliableNumbers(1, 3)"), settings={"topology.subprocess.timeout.secs": 1})
    all_acked(run, 3)
    assert "it hung" in run.told and "topology.subprocess.timeout.secs" in run.told
    assert {kind for _, kind, _ in run.noted("failed")} <= {"child_died"}


@pytest.mark.error("SH0701")
def test_tuples_that_are_never_acked_time_out(stormhost: Stormhost) -> None:
    run = stormhost.run(topology("never_acks", ONCE), settings={"topology.message.timeout.secs": 0.5}, status=3)
    assert run.noted("acked") == []
    assert sorted(n for n, *_ in run.noted("failed")) == list(range(10))
    assert {kind for _, kind, _ in run.noted("failed")} == {"timeout"}


def test_the_second_answer_to_a_tuple_is_ignored(stormhost: Stormhost) -> None:
    run = stormhost.run(topology("acks_twice", ONCE))
    all_acked(run)
    assert run.noted("failed") == []


def test_answers_to_unknown_tuples_are_ignored(stormhost: Stormhost) -> None:
    run = stormhost.run(topology("acks_strangers", ONCE))
    all_acked(run)
    assert run.noted("failed") == []


@pytest.mark.error("SH0513")
def test_anchors_that_are_not_held_tie_to_nothing(stormhost: Stormhost) -> None:
    run = stormhost.run(topology("anchors_to_strangers", ONCE))
    all_acked(run)
    assert sorted(n for _, n in run.noted("saw")) == sorted([*range(10), *(-n for n in range(10))])
    assert "it anchored a tuple to id '123456789', which it does not have in hand" in run.told
    assert "the new tuple is passed on, tied to nothing by this anchor" in run.told and "trees fail" not in run.told


@pytest.mark.error("SH0413", "SH0414")
def test_a_child_that_ignores_sigterm_is_killed_at_the_end(stormhost: Stormhost) -> None:
    run = stormhost.run(topology("ignores_sigterm", ONCE), settings={"stormhost.kill.timeout.secs": 0.3})
    all_acked(run)
    assert "child[1] ignores SIGTERM; it is killed" in run.told
    run.nothing_is_left()


def test_a_death_is_seen_though_a_grandchild_keeps_the_pipes_open(stormhost: Stormhost) -> None:
    run = stormhost.run(topology("leaves_a_grandchild"))
    all_acked(run)
    assert "was killed by SIGKILL" in run.told
    run.nothing_is_left()


@pytest.mark.parametrize("session", ["same", "setsid"])
def test_grandchildren_go_with_a_complete_run(stormhost: Stormhost, session: str) -> None:
    run = stormhost.run(topology("leaves_a_grandchild", ONCE, (session,)), settings={"stormhost.kill.timeout.secs": 0.3})
    all_acked(run)
    run.nothing_is_left()


@pytest.mark.error("SH0405")
def test_a_child_that_closes_its_stdout_and_lives_on_is_replaced(stormhost: Stormhost) -> None:
    run = stormhost.run(topology("closes_stdout"), settings={"stormhost.kill.timeout.secs": 0.2})
    all_acked(run)
    assert "it closed its standard output, and lived on" in run.told


@pytest.mark.error("SH0406")
def test_a_child_that_closes_its_stdin_and_lives_on_is_replaced(stormhost: Stormhost) -> None:
    # It is seen when something is to be written; where nothing is, by a heartbeat that is not answered.
    settings = {"stormhost.kill.timeout.secs": 0.2, "topology.subprocess.timeout.secs": 1}
    run = stormhost.run(topology("closes_stdin"), settings=settings)
    all_acked(run)
    assert "it closed its standard input, and lived on" in run.told or "it hung" in run.told


def test_lines_and_values_of_a_megabyte_pass(stormhost: Stormhost) -> None:
    source = topology("says_much", ONCE).replace("see = Noter(1)", "see = Lengths(1)")
    lengths = "class Lengths(AutoAckBolt):\n    def execute(self, input):\n        note('length', len(input.n))\n"
    run = stormhost.run(lengths + source)
    all_acked(run)
    assert run.noted("length") == [1 << 20] * 10
    printed = [line for line in run.lines_of("child", "stdout") if line.startswith("pppp")]
    assert printed and all(len(line) <= 64 * 1024 for line in printed), "a line is shown in pieces"


@pytest.mark.error("SH0503")
def test_a_message_over_the_limit_fails_what_was_in_hand_and_is_skipped(stormhost: Stormhost) -> None:
    limits: dict[str, Any] = {"stormhost.max.message.bytes": "1 MiB", "topology.max.spout.pending": 1}
    run = stormhost.run(topology("says_too_much", ONCE), settings=limits, status=3)
    assert sorted(run.noted("acked")) == [0, *range(2, 10)]
    assert [n for n, *_ in run.noted("failed")] == [1]
    assert len({line.pid for line in run.log if line.component == "child" and line.pid}) <= 1, "it was not started again"


@pytest.mark.error("SH0501")
def test_a_message_that_is_no_json_fails_what_was_in_hand_and_is_skipped(stormhost: Stormhost) -> None:
    run = stormhost.run(topology("breaks_its_json", ONCE), settings={"topology.max.spout.pending": 1}, status=3)
    assert sorted(run.noted("acked")) == [0, *range(2, 10)]
    assert [n for n, *_ in run.noted("failed")] == [1]
    assert "cannot be read" in run.told


@pytest.mark.error("SH0508", "SH0509", "SH0511")
def test_emits_that_do_not_fit_fail_their_tuples_and_are_told(stormhost: Stormhost) -> None:
    run = stormhost.run(topology("sends_wrong_values", ONCE), status=3)
    assert sorted(run.noted("acked")) == list(range(4, 10))
    assert sorted((n, kind) for n, kind, _ in run.noted("failed")) == [(n, "refused") for n in range(4)]
    reasons = {n: reason for n, _, reason in run.noted("failed")}
    assert "3 values" in reasons[0] and "nowhere" in reasons[1] and "4711" in reasons[3], reasons


@pytest.mark.parametrize(("child", "serializer"), [("speaks_msgpack", "json"), ("speaks_json", "msgpack")])
@pytest.mark.error("SH0505")
def test_the_wrong_dialect_is_named_in_one_sentence(stormhost: Stormhost, child: str, serializer: str) -> None:
    run = stormhost.run(topology(child, serializer=serializer), status=4)
    assert "serializer" in run.told and "child[1]" in run.told


@pytest.mark.error("SH0402")
def test_a_child_that_leaves_at_the_start_stops_the_run_with_its_story(stormhost: Stormhost) -> None:
    run = stormhost.run(topology("leaves_at_start"), status=4)
    assert "left with status 7" in run.told and "before it had answered the handshake" in run.told
    assert "cannot open the database" in run.told
    assert "leaves_at_start.py" in run.told


@pytest.mark.error("SH0403")
def test_a_child_that_hangs_at_the_start_stops_the_run_at_the_deadline(stormhost: Stormhost) -> None:
    run = stormhost.run(topology("hangs_at_start"), settings={"stormhost.handshake.timeout.secs": 0.5}, status=4)
    assert "it did not answer the handshake within 0.5 s (stormhost.handshake.timeout.secs)" in run.told


@pytest.mark.error("SH0506")
def test_an_emit_that_cannot_be_read_is_answered(stormhost: Stormhost) -> None:
    # Unanswered, its sender would wait for ever and be taken for one that hangs.
    run = stormhost.run(topology("emits_no_list", "ReliableNumbers(1, 20)"), status=0, within=20)
    assert "it said something that cannot be read" in run.told
    assert "hung" not in run.told
