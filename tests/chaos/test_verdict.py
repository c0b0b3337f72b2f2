"""The verdict: what a host that breaks its promises would leave in the journals is found, and what a faithful one leaves is not complained of."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import verdict
from journals import Journals, Seen
from plan import Plan, Strike
from play import Struck, due

CHAIN = Plan(0, "chain", "frames", 1000, ())
FAN_OUT = Plan(0, "fan_out", "shell", 1000, ())

FAITHFUL = "1 e a s1.0|2 e a s1.1|3 a a s1.0|4 f a s1.1 child_died|5 e a s1.1|6 a a s1.1"


def journals(folder: Path, truth: str = FAITHFUL, sink: str = "last s1.0|last s1.1|last s1.1") -> Journals:
    """Those of a run whose spout and sink noted this; lines are parted by bars."""
    (folder / "truth.s1").write_text("".join(line + "\n" for line in truth.split("|")))
    rows = [line.split(" ") for line in sink.split("|") if line]
    (folder / "sink").write_text("".join(f"{at} 7.ff 5 {component} worker:2:8.ee {id}\n" for at, (component, id) in enumerate(rows)))
    read = Journals(folder)
    read.look()
    return read


def all_problems(read: Journals, plan: Plan = CHAIN, last: str = "a", **others: Any) -> list[str]:
    lost = verdict.lost(plan, read, others.get("printed", {}), others.get("at_most_once_lost", 0))
    return [*verdict.answers(read.truth, {"s1": last}), *verdict.dropped(read), *lost, *verdict.set_aside(read.truth)]


def test_a_faithful_run_has_no_problems_and_its_duplicates_are_counted(tmp_path: Path) -> None:
    read = journals(tmp_path)
    assert all_problems(read) == []
    assert verdict.duplicates(CHAIN, read) == 1


@pytest.mark.parametrize(
    ("truth", "complaint"),
    [
        ("1 e a s1.0|2 a a s1.0|3 a a s1.0|4 e a s1.1|5 a a s1.1", "s1: s1.0 was answered (a) once more than it was emitted"),
        ("1 e a s1.0|2 f a s1.0 timeout|3 a a s1.0|4 e a s1.1|5 a a s1.1", "s1: s1.0 was answered (a) once more than it was emitted"),
        ("1 e a s1.0|2 a a s1.0|3 e a s1.1", "s1: 1 were never answered: ['s1.1']"),
        ("1 e a s1.0|2 a a s1.0|3 e a s1.1|4 f a s1.1 timeout", "dropped: 1 ids were never acked: ['s1.1']"),
        ("1 e a s1.0|2 e b s1.1|3 a b s1.0|4 a b s1.1", "s1: s1.0 was answered (a) once more than it was emitted"),
        ("1 e a s1.0|2 a a s1.0|3 e a s1.1|4 f a s1.1 dead_letter|5 e a s1.1|6 a a s1.1", "condemned: 1 innocent tuples were set aside: ['s1.1']"),
    ],
    ids=["acked twice", "failed and acked", "never answered", "dropped", "told to the successor", "condemned"],
)
def test_what_a_spout_must_not_hear_is_found(tmp_path: Path, truth: str, complaint: str) -> None:
    last = "b" if " b " in truth else "a"
    assert complaint in all_problems(journals(tmp_path, truth), last=last)


def test_a_predecessor_may_lack_answers(tmp_path: Path) -> None:
    truth = "1 e a s1.0|2 e a s1.1|3 a a s1.0|4 e b s1.1|5 a b s1.1"
    assert all_problems(journals(tmp_path, truth), last="b") == []


def test_what_was_acked_and_never_arrived_is_lost(tmp_path: Path) -> None:
    assert all_problems(journals(tmp_path, sink="last s1.0")) == ["lost: 1 were acked, and never came from last to the sink: ['s1.1']"]


def test_what_a_source_printed_has_to_arrive(tmp_path: Path) -> None:
    assert all_problems(journals(tmp_path), printed={"s3": 1}) == ["lost: 1 were acked, and never came from last to the sink: ['s3.0']"]


def test_every_branch_has_to_deliver_but_a_filter_may_lose_what_is_told(tmp_path: Path) -> None:
    sink = "worker s1.0|worker s1.1|second s1.0|second s1.1|third s1.0"
    read = journals(tmp_path, sink=sink)
    assert all_problems(read, FAN_OUT) == ["lost: 1 were acked, and never came from third to the sink: ['s1.1']"]
    assert all_problems(read, FAN_OUT, at_most_once_lost=1) == []


def test_a_joined_tuple_counts_for_both_and_a_line_that_is_being_written_for_none(tmp_path: Path) -> None:
    read = journals(tmp_path, sink="last s1.0+s1.1")
    with open(tmp_path / "sink", "a") as file:
        file.write("9 7.ff 5 last worker:2:8.ee s1.")
    assert read.look() == []
    assert all_problems(read) == []


def struck(fault: str, at: int) -> Struck:
    return Struck(Strike(fault, "sink", "frames", after=1, together=False, chance=0.0), at * 10**9, "5", "", True)


def test_what_comes_after_missing_acks_may_have_to_wait_until_they_time_out() -> None:
    strangers, missing = struck("acks_strangers", 100), struck("never_acks", 99)
    assert due(strangers, [strangers]) == 110 * 10**9
    assert due(strangers, [missing, strangers]) == due(missing, [missing]) > due(strangers, [strangers])
    assert due(strangers, [strangers, struck("never_acks", 101)]) == 110 * 10**9, "it came later"


def test_what_was_on_its_way_is_no_sign_that_a_pause_is_over() -> None:
    pause, kill = struck("pause", 100), struck("sigkill", 100)
    on_its_way, after = (Seen(at, "sink", "5", "other") for at in (100 * 10**9 + 300_000, 101 * 10**9))
    assert (pause.heals(on_its_way), pause.heals(after)) == (False, True)
    assert kill.heals(on_its_way), "it happened at once, and this is another process"
