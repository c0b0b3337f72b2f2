"""What is told when something is wrong: who, what, with what in hand, and what to try."""

from __future__ import annotations

import re
import time

import pytest

from harness import Stormhost


@pytest.mark.error("SH0402")
def test_a_missing_module_stops_the_run_in_about_a_second_with_the_whole_story(stormhost: Stormhost) -> None:
    source = """
class Locator(AutoAckBolt):
    def initialize(self):
        import geoip_that_is_not_there
    def execute(self, input):
        pass

class T(Topology):
    spout = Endless()
    locator = Locator(2)
    locator.inputs.append(ShuffleGrouping(spout))
"""
    began = time.monotonic()
    run = stormhost.run(source, status=4)
    assert time.monotonic() - began < 5, "about a second, on a machine with nothing else to do"
    told = run.told
    assert re.search(r"locator\[[12]\] \(pid \d+\) left with status 1 after \d+\.\d s, before it had answered the handshake", told), told
    assert re.search(r"command: .*python.* component .*topology\.py:T locator", told), told
    assert "| ModuleNotFoundError: No module named 'geoip_that_is_not_there'" in told
    assert "hint: " in told and "--python" in told
    run.nothing_is_left()


def test_two_components_that_die_while_importing_stop_the_run_once(stormhost: Stormhost) -> None:
    """Found as a hang twice: the first death ends the run while others are still in their handshake."""
    source = """
class Broken(AutoAckBolt):
    def initialize(self):
        raise RuntimeError('broken on arrival')
    def execute(self, input):
        pass

class T(Topology):
    spout = Endless()
    one = Broken(4)
    two = Broken(4)
    one.inputs.append(ShuffleGrouping(spout))
    two.inputs.append(ShuffleGrouping(spout))
"""
    for _ in range(5):
        run = stormhost.run(source, status=4, within=20)
        assert run.told.count("error: ") == 1
        assert "broken on arrival" in run.told


@pytest.mark.parametrize("serializer", ["json", "msgpack"])
def test_children_that_leave_together_in_the_handshake_do_not_block_the_host(stormhost: Stormhost, serializer: str) -> None:
    source = f"""
class T(Topology):
    spout = Endless()
    bolts = Process('python', CHILDREN + '/leaves_at_start.py', parallelism=8, serializer='{serializer}')
    bolts.inputs.append(ShuffleGrouping(spout))
"""
    run = stormhost.run(source, status=4, within=20)
    assert "left with status 7" in run.told


def test_a_command_that_is_not_there_is_named(stormhost: Stormhost) -> None:
    source = """
class T(Topology):
    spout = Endless()
    bolt = Process('no-such-program-anywhere', '--fast')
    bolt.inputs.append(ShuffleGrouping(spout))
"""
    run = stormhost.run(source, status=1)
    assert 'the program of "bolt" is not there' in run.told and "no-such-program-anywhere" in run.told
    assert "PATH" in run.told


def test_a_file_that_may_not_be_executed_is_named(stormhost: Stormhost) -> None:
    script = stormhost.folder / "bolt.sh"
    script.write_text("#!/bin/sh\n")
    source = f"""
class T(Topology):
    spout = Endless()
    bolt = Process({str(script)!r})
    bolt.inputs.append(ShuffleGrouping(spout))
"""
    run = stormhost.run(source, status=1)
    assert str(script) in run.told and "chmod +x" in run.told


def test_an_interpreter_that_is_not_there_is_named(stormhost: Stormhost) -> None:
    run = stormhost.run("class T(Topology):\n    spout = Endless()\n", python="/nowhere/python", status=4)
    assert "/nowhere/python" in run.told and "no Python was found" in run.told


@pytest.mark.error("SH0306")
def test_a_folder_that_is_not_there_is_named(stormhost: Stormhost) -> None:
    source = """
class T(Topology):
    spout = Endless()
    bolt = Process('cat', cwd='/nowhere/at/all')
    bolt.inputs.append(ShuffleGrouping(spout))
"""
    run = stormhost.start(source).wait()
    assert run.status in (1, 4), "found before the start, or at it"
    assert "/nowhere/at/all" in run.told


def test_all_mistakes_are_told_at_once_with_their_places(stormhost: Stormhost) -> None:
    source = """
class T(Topology):
    numbers = Numbers(1, 1)
    one = Noter()
    two = Noter()
    one.inputs.append(FieldsGrouping(numbers, 'nothing_of_that_name'))
    two.inputs.append(ShuffleGrouping(one))
"""
    run = stormhost.run(source, status=1)
    assert "nothing_of_that_name" in run.told and "topology.py:" in run.told
    assert run.told.count("error") >= 2, run.told
    assert run.journal == [], "nothing was started"


def test_a_file_that_cannot_be_imported_shows_the_users_frames(stormhost: Stormhost) -> None:
    run = stormhost.run("def helper():\n    return 1 / 0\n\nhelper()\n", status=1)
    assert "ZeroDivisionError" in run.told and "helper" in run.told


def test_the_story_of_a_hang_shows_the_stack(stormhost: Stormhost) -> None:
    source = """
class Stuck(AutoAckBolt):
    def execute(self, input):
        if input.n == 3 and not os.path.exists('stuck'):
            open('stuck', 'w').close()
            self.somewhere_deep()
    def somewhere_deep(self):
        sleep_for_ever()

class T(Topology):
    numbers = ReliableNumbers(1, 10)
    stuck = Stuck()
    stuck.inputs.append(ShuffleGrouping(numbers))
"""
    run = stormhost.run(source, settings={"topology.subprocess.timeout.secs": 1})
    assert sorted(run.noted("acked")) == list(range(10))
    story = next(line.message for line in run.log if "it hung" in line.message)
    assert "stuck[" in story and "somewhere_deep" in story and "sleep_for_ever" in story, story
    assert "the tuple in hand was" in story


def test_work_that_takes_longer_than_the_hang_timeout_is_no_hang_while_it_goes_on(stormhost: Stormhost) -> None:
    source = """
class Steady(AutoAckBolt):
    def execute(self, input):
        time.sleep(0.3)

class T(Topology):
    numbers = ReliableNumbers(1, 10)
    steady = Steady()
    steady.inputs.append(ShuffleGrouping(numbers))
"""
    run = stormhost.run(source, settings={"topology.subprocess.timeout.secs": 1.5})
    assert run.noted("failed") == [] and "it hung" not in run.told


def test_an_idle_child_is_no_hang(stormhost: Stormhost) -> None:
    source = """
class T(Topology):
    numbers = Numbers(1, 1)
    bolt = Noter(2)
    old = Process('python', CHILDREN + '/acks_twice.py')
    hold = Holder()
    for other in (bolt, old, hold):
        other.inputs.append(ShuffleGrouping(numbers))
"""
    run = stormhost.start(source, "--for", "4s", settings={"topology.subprocess.timeout.secs": 1, "stormhost.shutdown.timeout.secs": 0.1})
    run.wait()
    assert "it hung" not in run.told


@pytest.mark.parametrize(
    ("emit", "said"),
    [
        pytest.param("(1, 2, 3)", "3", marks=pytest.mark.error("SH0602")),
        pytest.param("1, stream='nowhere'", "nowhere", marks=pytest.mark.error("SH0601")),
        pytest.param("object()", "object", marks=pytest.mark.error("SH0604")),
        pytest.param("float('nan')", "nan", marks=pytest.mark.error("SH0604")),
        pytest.param("2**70", "64", marks=pytest.mark.error("SH0604")),
        pytest.param("{1: 2}", "text", marks=pytest.mark.error("SH0604")),
        pytest.param("1, direct_task=1", "direct", marks=pytest.mark.error("SH0603")),
    ],
)
@pytest.mark.parametrize("codec", ["json", "msgspec", "native"])
def test_what_cannot_be_emitted_raises_where_it_is_emitted(stormhost: Stormhost, emit: str, said: str, codec: str) -> None:
    source = f"""
class Wrong(AutoAckBolt):
    class Default(Stream):
        fields = 'n'
    def execute(self, input):
        if input.n == 1:
            self.emit({emit})
        else:
            self.emit(input.n)

class T(Topology):
    numbers = Numbers(1, 3)
    wrong = Wrong()
    see = Noter()
    wrong.inputs.append(ShuffleGrouping(numbers))
    see.inputs.append(ShuffleGrouping(wrong))
"""
    run = stormhost.run(source, "--env", f"STORMHOST_CODEC={codec}", status=3)
    assert sorted(run.noted("acked")) == [0, 2]
    ((n, _, reason),) = run.noted("failed")
    assert n == 1 and said in reason.lower(), reason
    assert "self.emit(" in run.told, "the traceback shows the line"


def test_a_child_that_dies_again_and_again_is_restarted_with_growing_pauses(stormhost: Stormhost) -> None:
    source = """
class Dies(AutoAckBolt):
    def initialize(self):
        note('started', time.monotonic())
    def execute(self, input):
        os._exit(5)

class T(Topology):
    numbers = ReliableNumbers(1, 1)
    dies = Dies()
    dies.inputs.append(ShuffleGrouping(numbers))
"""
    run = stormhost.start(source, settings={"stormhost.shutdown.timeout.secs": 0.1, "stormhost.poison.deaths": 0})
    run.until(lambda: len(run.noted("started")) >= 6, "six starts")
    starts = run.noted("started")
    # At once, then pauses of 100, 200, 400 and 800 ms, less a half at most; starting takes its time too.
    assert starts[5] - starts[0] > 0.75
    assert starts[5] - starts[4] > 0.4 > starts[1] - starts[0]
    assert run.noted("acked") == []
