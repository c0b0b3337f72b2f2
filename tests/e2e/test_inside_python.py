"""Python components inside the host: the same results as outside, and what they may do wrong ends them alone."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

from harness import TESTS, Run, Stormhost

# The Python that is inside; the tests' own is of the same version nearly everywhere.
PYTHON = os.environ.get("PYO3_PYTHON") or sys.executable

# Its spout goes on for at least so many sentences, and for as long as there is a file `more`.
COUNT_WORDS = """
class Sentences(ReliableSpout):
    class Default(Stream):
        fields = 'sentence'
    def tuples(self):
        n = 0
        while n < int(sys.argv[1]) or os.path.exists('more'):
            self.emit(f'some words come again {n % 7}', id=n)
            n += 1
            yield None
    def ack(self, id):
        note('acked', id)

class Split(AutoAckBolt):
    class Default(Stream):
        fields = 'word'
    def execute(self, input):
        for word in input.sentence.split():
            self.emit(word)

class Count(AutoAckBolt):
    def execute(self, input):
        note('word', input.word)

class T(Topology):
    spout = Sentences(where=sys.argv[2])
    split = Split(2, inputs=ShuffleGrouping(spout), where=sys.argv[3])
    count = Count(2, inputs=FieldsGrouping(split, 'word'), where=sys.argv[4])
"""

# A bolt that does something odd with the number 3, and a neighbour in the same interpreter that must not notice.
ODD = """
class Odd(AutoAckBolt):
    class Default(Stream):
        fields = 'n'
    def execute(self, input):
        if input.n == 3:
            self.odd()
        self.emit(input.n)
    def odd(self):
        ODDITY

class Fine(AutoAckBolt):
    class Default(Stream):
        fields = 'n'
    def execute(self, input):
        self.emit(input.n)

class Seen(AutoAckBolt):
    def execute(self, input):
        note('seen', input.meta.component, input.n)

class T(Topology):
    spout = Numbers(1, 10, where='inside')
    odd = Odd(inputs=ShuffleGrouping(spout), where='inside')
    fine = Fine(inputs=ShuffleGrouping(spout), where='inside')
    seen = Seen(inputs=[ShuffleGrouping(odd), ShuffleGrouping(fine)])
"""


def odd(oddity: str) -> str:
    return ODD.replace("ODDITY", oddity.replace("\n", "\n        "))


def all_of_fine(run: Run) -> bool:
    return Counter(n for component, n in run.noted("seen") if component == "fine") == Counter(range(10))


@pytest.mark.parametrize("where", ["iii", "ioi", "oio"])
def test_a_word_count_counts_exactly_wherever_its_parts_run(stormhost: Stormhost, where: str) -> None:
    words = {"i": "inside", "o": "outside"}
    run = stormhost.run(COUNT_WORDS, args=["2000", *(words[each] for each in where)], python=PYTHON)
    assert Counter(run.noted("word")) == {
        **dict.fromkeys(("some", "words", "come", "again"), 2000),
        **{str(n): len(range(n, 2000, 7)) for n in range(7)},
    }
    assert sorted(run.noted("acked")) == list(range(2000))
    assert "codec native" in run.told
    run.nothing_is_left()


def test_the_version_that_is_inside_is_said_at_the_start(stormhost: Stormhost) -> None:
    run = stormhost.run(odd("pass"), python=PYTHON)
    told = re.search(r"Python (\S+) runs inside the host, as (\S+)", run.told)
    assert told is not None, run.told
    asked = subprocess.run([PYTHON, "-c", "import sys; print(*sys.version_info[:2], sep='.')"], capture_output=True, text=True)
    assert told[1].startswith(asked.stdout.strip() + ".")
    assert told[2] == PYTHON
    assert all_of_fine(run)


def test_an_exception_fails_its_tuple_alone(stormhost: Stormhost) -> None:
    run = stormhost.run(odd("raise ValueError('no threes here')"), status=3, python=PYTHON)
    assert sorted(n for component, n in run.noted("seen") if component == "odd") == [n for n in range(10) if n != 3]
    assert [failed[:2] for failed in run.noted("failed")] == [(3, "failed")]
    assert "no threes here" in run.told
    assert "inside the host)" not in run.told, "nobody was ended for it"


@pytest.mark.parametrize("loop", ["while True: pass", "while True:\n    try:\n        while True: pass\n    except Exception: pass"])
def test_an_endless_loop_is_found_to_hang_and_interrupted(stormhost: Stormhost, loop: str) -> None:
    settings = {"odd:topology.subprocess.timeout.secs": 1, "topology.message.timeout.secs": 20}
    run = stormhost.start(odd(loop), settings=settings, python=PYTHON)
    run.ends_with(3)
    assert re.search(r"odd\[\d\] \(inside the host\) was ended after .*: it hung", run.told), run.told
    assert "the tuple in hand was [3] from spout" in run.told
    assert re.search(r"topology\.py\", line \d+, in odd", run.told), run.told
    assert all_of_fine(run)
    assert {kind for _, kind, _ in run.noted("failed")} <= {"child_died"}


def test_code_that_swallows_its_end_is_interrupted_until_it_ends(stormhost: Stormhost) -> None:
    loop = "for again in range(3):\n    try:\n        while True: pass\n    except BaseException: pass"
    settings = {"odd:topology.subprocess.timeout.secs": 1, "topology.message.timeout.secs": 20}
    run = stormhost.start(odd(loop), settings=settings, python=PYTHON)
    run.ends_with(3)
    assert all_of_fine(run)


def test_what_cannot_be_interrupted_is_abandoned_and_said_where(stormhost: Stormhost) -> None:
    settings = {
        "odd:topology.subprocess.timeout.secs": 1,
        "topology.message.timeout.secs": 20,
        "stormhost.kill.timeout.secs": 1,
    }
    run = stormhost.start(odd("import time; time.sleep(600)"), settings=settings, python=PYTHON)
    run.ends_with(3)
    assert "hint: its thread waits for something" in run.told
    assert "the tuple in hand was [3] from spout" in run.told
    assert re.search(r"it goes on at.*\n(.*\n)*.*topology\.py\", line \d+, in odd", run.told), run.told
    assert all_of_fine(run)


@pytest.mark.parametrize(
    ("leaves", "status"),
    [("sys.exit(7)", 7), ("os._exit(7)", 7), ("raise SystemExit('enough')", 1), ("os.abort()", 134)],
)
def test_an_exit_ends_the_component_alone(stormhost: Stormhost, leaves: str, status: int) -> None:
    run = stormhost.start(odd(leaves), settings={"topology.message.timeout.secs": 20}, python=PYTHON)
    run.until(lambda: f"left with status {status}" in run.told, "the component's end")
    run.ends_with(3)
    assert re.search(rf"odd\[\d\] \(inside the host\) left with status {status} after", run.told), run.told
    assert "the tuple in hand was [3] from spout" in run.told, run.told
    assert all_of_fine(run)
    assert {kind for _, kind, _ in run.noted("failed")} == {"child_died"}


@pytest.mark.parametrize(
    "leaves",
    ["try: os._exit(7)\nexcept BaseException: pass", "import threading; threading.Thread(target=os._exit, args=(7,)).start()"],
)
def test_no_exit_is_held_up_for_long(stormhost: Stormhost, leaves: str) -> None:
    run = stormhost.start(odd(leaves), settings={"topology.message.timeout.secs": 20}, python=PYTHON)
    run.until(lambda: "left with status 7" in run.told, "the component's end")
    run.wait()
    assert all_of_fine(run)


@pytest.mark.parametrize(
    "starts",
    [
        "os.system('echo hello')",
        "os.fork()",
        "import subprocess; subprocess.run(['echo', 'hello'])",
        "os.posix_spawn('/bin/echo', ['echo', 'hello'], {})",
        "os.execv('/bin/echo', ['echo', 'hello'])",
        "import multiprocessing; multiprocessing.Process(target=print).start()",
        "import multiprocessing; multiprocessing.get_context('spawn').Process(target=print).start()",
        "import multiprocessing; multiprocessing.get_context('forkserver').Process(target=print).start()",
        "os.kill(os.getpid(), 9)",
        "import threading; os.kill(threading.get_native_id(), 9)",
        "os.killpg(os.getpgrp(), 9)",
        "import signal; signal.raise_signal(signal.SIGTERM)",
        "import signal, threading; signal.pthread_kill(threading.get_ident(), signal.SIGTERM)",
        "import signal; signal.alarm(1); time.sleep(2)",
        "import signal; signal.setitimer(signal.ITIMER_REAL, 0.1); time.sleep(2)",
    ],
)
def test_what_would_reach_beyond_the_component_is_an_error_of_its_tuple(stormhost: Stormhost, starts: str) -> None:
    run = stormhost.run(odd(starts), status=3, python=PYTHON)
    assert re.search("inside the host (no process can be started|a component cannot signal)", run.told), run.told
    assert run.stdout == ""
    assert [failed[:2] for failed in run.noted("failed")] == [(3, "failed")]
    assert all_of_fine(run)


def test_prints_go_to_the_log_and_there_is_nothing_to_read(stormhost: Stormhost) -> None:
    says = """print('printed', 1)
sys.stdout.write('written\\n')
sys.stderr.write('to stderr\\n')
sys.__stdout__.write('to the first stdout\\n')
print(repr(sys.stdin.read()), repr(os.read(0, 10)))
os.write(1, b'past Python\\n')
import threading
thread = threading.Thread(target=print, args=('from a thread',)); thread.start(); thread.join()"""
    source = odd(says) + "    show = Print(inputs=ShuffleGrouping(odd))\n"
    run = stormhost.run(source, python=PYTHON)
    said = run.lines_of("odd")
    wanted = ["printed 1", "written", "to stderr", "to the first stdout", "'' b''", "from a thread"]
    assert [line for line in said if line in wanted] == wanted, said
    assert sorted(run.stdout.split()) == [str(n) for n in range(10)], "standard output carries data only"
    assert "past Python" in run.told


def test_each_component_has_an_environment_and_a_folder_of_its_own(stormhost: Stormhost) -> None:
    os.mkdir(stormhost.folder / "elsewhere")
    source = """
class Tell(AutoAckBolt):
    def initialize(self):
        note('before', self.component_id, os.environ.get('COLOUR'), os.getenv('SHARED'), os.path.basename(os.getcwd()))
        os.environ['COLOUR'] = self.component_id
    def execute(self, input):
        note('after', self.component_id, os.environ['COLOUR'], os.environb[b'COLOUR'].decode())

class T(Topology):
    conf = {'topology.environment': {'SHARED': 'yes'}}
    spout = Numbers(1, 3, where='inside')
    red = Tell(inputs=ShuffleGrouping(spout), where='inside')
    blue = Tell(inputs=ShuffleGrouping(spout), where='inside')
    red.env = {'COLOUR': 'red'}
    blue.cwd = 'elsewhere'
"""
    run = stormhost.run(source, python=PYTHON)
    assert sorted(run.noted("before")) == [
        ("blue", None, "yes", "elsewhere"),
        ("red", "red", "yes", stormhost.folder.name),
    ]
    assert set(run.noted("after")) == {("blue", "blue", "blue"), ("red", "red", "red")}


def test_arguments_and_search_path_are_those_of_a_child_outside(stormhost: Stormhost) -> None:
    stormhost.write("WORD = 'helped'\n", "helper.py")
    source = """
import helper
class Tell(AutoAckBolt):
    def execute(self, input):
        note('seen', self.component_id, sys.argv, helper.WORD, sys.path.index(os.getcwd()), __name__)

class T(Topology):
    spout = Numbers(1, 1, where='inside')
    here = Tell(inputs=ShuffleGrouping(spout), where='inside')
    there = Tell(inputs=ShuffleGrouping(spout))
"""
    run = stormhost.run(source, args=["one", "two words"], python=PYTHON)
    here, there = sorted(run.noted("seen"))
    assert here[1:] == there[1:]
    assert here[1][1:] == ["one", "two words"]


# Two tasks die once, at about the same time. Of those that load the file again, one takes as long as is said.
SLOW = """
import glob

if glob.glob('died*') and not os.path.exists('slow'):
    note('slow')
    open('slow', 'w').close()
    time.sleep(float(sys.argv[1]))

class Dies(AutoAckBolt):
    def execute(self, input):
        mine = f'died{self.task_id}'
        if not os.path.exists(mine):
            open(mine, 'w').close()
            while len(glob.glob('died*')) < 2:
                time.sleep(0.01)
            sys.exit(1)

class T(Topology):
    spout = ReliableNumbers(1, 20)
    dies = Dies(2, inputs=ShuffleGrouping(spout), where='inside')
"""


@pytest.mark.parametrize("seconds", ["3", "600"])
def test_a_load_that_takes_too_long_does_not_block_the_others_for_ever(stormhost: Stormhost, seconds: str) -> None:
    settings = {
        "stormhost.handshake.timeout.secs": 2,
        "stormhost.kill.timeout.secs": 1,
        "topology.message.timeout.secs": 60,
        "stormhost.poison.deaths": 20,
    }
    run = stormhost.start(SLOW, args=[seconds], settings=settings, python=PYTHON)
    run.ends_with(0)
    assert run.noted("slow") == [()]
    assert "it did not answer the handshake within 2 s" in run.told
    assert sorted(set(run.noted("acked"))) == list(range(20))


def test_who_waits_for_others_to_load_is_not_late(stormhost: Stormhost) -> None:
    source = """
time.sleep(1.2)

class T(Topology):
    spout = Numbers(1, 10, where='inside')
    last = Noter(3, inputs=ShuffleGrouping(spout), where='inside')
"""
    run = stormhost.run(source, settings={"stormhost.handshake.timeout.secs": 3}, python=PYTHON)
    assert len(run.noted("saw")) == 10
    assert "did not answer" not in run.told


def test_folder_and_umask_are_changed_for_the_component_alone(stormhost: Stormhost) -> None:
    source = """
def umask(whose):
    with open(f'/proc/{whose}/status') as status:
        return next(line.split()[1] for line in status if line.startswith('Umask'))

class Goes(AutoAckBolt):
    class Default(Stream):
        fields = 'n'
    def initialize(self):
        self.before = os.readlink('/proc/self/cwd'), umask('self')  # the host's
    def execute(self, input):
        os.chdir('/')
        os.umask(0o135)
        note('host', (os.readlink('/proc/self/cwd'), umask('self')) == self.before)
        note('goes', os.getcwd(), umask('thread-self'))
        self.emit(input.n)

class Stays(AutoAckBolt):
    def execute(self, input):
        note('stays', os.getcwd(), umask('thread-self') == umask('self'))

class T(Topology):
    spout = Numbers(1, 3, where='inside')
    goes = Goes(inputs=ShuffleGrouping(spout), where='inside')
    stays = Stays(inputs=ShuffleGrouping(goes), where='inside')
"""
    run = stormhost.run(source, python=PYTHON)
    assert set(run.noted("host")) == {True}
    assert set(run.noted("goes")) == {("/", "0135")}
    assert set(run.noted("stays")) == {(str(stormhost.folder), True)}


def test_a_restarted_component_begins_anew(stormhost: Stormhost) -> None:
    source = """
SEEN = []
class Forgetful(AutoAckBolt):
    def execute(self, input):
        SEEN.append(input.n)
        note('seen', len(SEEN), input.n)
        if len(SEEN) == 5:
            sys.exit(1)

class T(Topology):
    spout = ReliableNumbers(1, 12, where='inside')
    bolt = Forgetful(inputs=ShuffleGrouping(spout), where='inside')
"""
    run = stormhost.run(source, python=PYTHON)
    assert sorted(set(run.noted("acked"))) == list(range(12))
    assert max(count for count, _ in run.noted("seen")) == 5, "its module was loaded again, too"


def test_what_a_component_held_is_let_go_when_it_is_started_again(stormhost: Stormhost) -> None:
    # Found by `make chaos`: nothing was freed before the garbage collector came by, which takes long where little is made.
    source = """
class Opens(AutoAckBolt):
    def initialize(self):
        self.mine = self      # as components and their links hold one another
        self.file = open(sys.argv[1] + str(time.monotonic_ns()), 'w')
    def execute(self, input):
        note('executed', input.n)
        if input.n % 3 == 2:
            sys.exit(7)

class T(Topology):
    numbers = ReliableNumbers(1, 10)
    opens = Opens(where='inside')
    hold = Holder()
    opens.inputs.append(ShuffleGrouping(numbers))
    hold.inputs.append(ShuffleGrouping(numbers))
"""
    name = str(stormhost.folder / "opened.")
    run = stormhost.start(source, args=[name], python=PYTHON, settings={"stormhost.poison.deaths": 1, "topology.max.spout.pending": 20})
    run.until(lambda: run.told.count("left with status 7") >= 3, "three restarts")
    run.until(lambda: len(still_open(run, name)) <= 1, "the files of those that have left to be closed")
    run.signal(signal.SIGINT)
    run.signal_again(signal.SIGINT)
    run.ends_with(130)


def test_what_a_component_held_that_hung_is_let_go(stormhost: Stormhost) -> None:
    # Found by `make chaos`: the exception that stopped it was kept, with its frames, and they had all that it had.
    source = """
import glob

class Opens(Spout):
    def initialize(self):
        self.lives = len(glob.glob(sys.argv[1] + '*'))
        self.file = open(sys.argv[1] + str(time.monotonic_ns()), 'w')
    def next_tuple(self):
        while self.lives == 0:
            time.sleep(0.01)
        self.done()

class T(Topology):
    opens = Opens(where='inside')
    goes_on = Endless()
"""
    name = str(stormhost.folder / "opened.")
    run = stormhost.start(source, args=[name], python=PYTHON, settings={"topology.subprocess.timeout.secs": 1})
    run.until(lambda: len(list(stormhost.folder.glob("opened.*"))) == 2, "its second life")
    run.until(lambda: len(still_open(run, name)) == 1, "the file of its first life to be closed")
    run.signal(signal.SIGINT)
    run.signal_again(signal.SIGINT)
    run.ends_with(130)


def still_open(run: Run, name: str) -> list[str]:
    """The files that the host has open and whose path begins with this."""
    found = []
    for entry in os.listdir(f"/proc/{run.pid}/fd"):
        with contextlib.suppress(OSError):  # closed meanwhile
            found.append(os.readlink(f"/proc/{run.pid}/fd/{entry}"))
    return [path for path in found if path.startswith(name)]


def test_a_component_that_cannot_start_stops_the_run_with_the_whole_story(stormhost: Stormhost) -> None:
    source = """
class Broken(AutoAckBolt):
    def __init__(self):
        raise LookupError('no database')
    def execute(self, input):
        pass
class T(Topology):
    spout = Numbers(1, 3)
    broken = Broken(inputs=ShuffleGrouping(spout), where='inside')
"""
    began = time.monotonic()
    run = stormhost.run(source, status=4, python=PYTHON)
    assert time.monotonic() - began < 30
    assert re.search(r"broken\[\d\] \(inside the host\) left with status 1 after .* before it had answered", run.told), run.told
    assert "LookupError: no database" in run.told


def test_storms_dialect_is_for_outside(stormhost: Stormhost) -> None:
    run = stormhost.run(odd("pass"), status=4, env={"STORMHOST_CODEC": "storm"}, python=PYTHON)
    assert "inside the host a component speaks frames; STORMHOST_CODEC=storm is for where='outside'" in run.told


def test_a_bolt_by_hand_ticks_batches_and_finish_work_inside(stormhost: Stormhost) -> None:
    source = """
class Holds(Bolt):
    class Default(Stream):
        fields = 'n'
    def initialize(self):
        self.held = []
    def execute(self, input):
        self.held.append(input)
        if len(self.held) == 5:
            for held in reversed(self.held):
                self.emit(held.n, anchors=held)
                self.ack(held)
            self.held.clear()

class Batches(TimeBatcher):
    seconds_per_batch = 0.05
    class Default(Stream):
        fields = 'n'
    def batch(self, inputs):
        for input in inputs:
            self.emit(input.n)

class Ticks(AutoAckBolt):
    tick_interval = 0.02
    ticks = 0
    def tick(self):
        self.ticks += 1
    def execute(self, input):
        note('n', input.n)
    def finish(self):
        note('finish', self.ticks > 0)
    def close(self):
        note('close')

class T(Topology):
    spout = ReliableNumbers(1, 100, where='inside')
    holds = Holds(where='inside', inputs=ShuffleGrouping(spout))
    batches = Batches(where='inside', inputs=ShuffleGrouping(holds))
    ticks = Ticks(where='inside', inputs=ShuffleGrouping(batches))
"""
    run = stormhost.run(source, python=PYTHON)
    assert sorted(run.noted("n")) == list(range(100))
    assert sorted(run.noted("acked")) == list(range(100))
    assert len(run.noted("finish")) == 1
    assert [note for note in run.journal if note[0] == "close"] == [["close"]]


PICKLED = """
import dataclasses, pickle, threading

@dataclasses.dataclass
class P:
    n: 'int'

class Odd(pickle.PickleError):
    pass

def dump(n):
    return pickle.dumps((P(n), Odd, dump)).hex()

def load(text):
    p, odd, function = pickle.loads(bytes.fromhex(text))
    return type(p) is P and odd is Odd and function is dump and p.n
"""


def test_each_task_can_pickle_the_classes_of_its_file(stormhost: Stormhost) -> None:
    source = PICKLED + """
class Dumps(AutoAckBolt):
    class Default(Stream):
        fields = 'text'
    def execute(self, input):
        self.emit(dump(input.n))
        import topology
        note('own', vars(topology) is globals() and topology.P is P and sys.modules[__name__].dump is dump)

class Loads(AutoAckBolt):
    def execute(self, input):
        note('loaded', self.component_id, load(input.text))
        thread = threading.Thread(target=lambda: note('thread', load(dump(7))))
        thread.start()
        thread.join()

class T(Topology):
    spout = Numbers(1, 8)
    dumps = Dumps(3, inputs=ShuffleGrouping(spout), where='inside')
    inside = Loads(2, inputs=ShuffleGrouping(dumps), where='inside')
    outside = Loads(inputs=ShuffleGrouping(dumps))
"""
    run = stormhost.run(source, python=PYTHON)
    for where in ("inside", "outside"):
        assert sorted(n for component, n in run.noted("loaded") if component == where) == list(range(8))
    assert run.noted("own") == [True] * 8
    assert run.noted("thread") == [7] * 16


def test_scripts_can_pickle_their_classes(stormhost: Stormhost) -> None:
    script = """
import sys
from stormhost import AutoAckBolt

class Turns(AutoAckBolt):
    def execute(self, input):
        self.emit(f'{load(dump(input.n))}')

if __name__ == '__main__':
    Turns().run()
"""
    stormhost.write(PICKLED + script, "one.py")
    stormhost.write(PICKLED + script, "two.py")
    source = """
class T(Topology):
    spout = Numbers(1, 3, where='inside')
    one = Process('python', 'one.py', fields='text', where='inside', parallelism=2, inputs=ShuffleGrouping(spout))
    two = Process('python', 'two.py', fields='text', where='inside', inputs=ShuffleGrouping(spout))
    last = Noter(inputs=[ShuffleGrouping(one), ShuffleGrouping(two)])
"""
    run = stormhost.run(source, python=PYTHON)
    assert sorted(text[-1] for _, text in run.noted("saw")) == ["0", "0", "1", "1", "2", "2"]


def test_a_script_that_is_a_component_runs_inside_too(stormhost: Stormhost) -> None:
    stormhost.write(
        """
import sys
from stormhost import AutoAckBolt

MARK = sys.argv[1]

class Shout(AutoAckBolt):
    def execute(self, input):
        self.emit(f'{input.n}{MARK}')

if __name__ == '__main__':
    Shout().run()
""",
        "shout.py",
    )
    source = """
class T(Topology):
    spout = Numbers(1, 3, where='inside')
    shout = Process('python', 'shout.py', '!', fields='text', where='inside', inputs=ShuffleGrouping(spout))
    show = Print(inputs=ShuffleGrouping(shout))
"""
    run = stormhost.run(source, python=PYTHON)
    assert sorted(run.stdout.split()) == ["0!", "1!", "2!"]


def test_a_signal_ends_a_run_with_python_inside_in_order(stormhost: Stormhost) -> None:
    source = """
class T(Topology):
    spout = Endless(where='inside')
    bolt = Passer(inputs=ShuffleGrouping(spout), where='inside')
    last = Noter(inputs=ShuffleGrouping(bolt), where='inside')
"""
    run = stormhost.start(source, python=PYTHON)
    run.until(lambda: len(run.noted("saw")) > 100, "some tuples")
    run.signal(2)
    run.ends_with(130)
    assert "abandoned" not in run.told
    assert "KeyboardInterrupt" not in run.told


def test_killed_neighbours_outside_do_not_disturb_who_is_inside(stormhost: Stormhost) -> None:
    more = stormhost.write("sentences are wanted", "more")
    run = stormhost.start(COUNT_WORDS, args=["20000", "inside", "inside", "outside"], python=PYTHON)
    run.kills(["count"], 5)
    os.remove(more)
    run.ends_with(0)
    acked = run.noted("acked")
    assert len(acked) >= 20000 and sorted(acked) == list(range(len(acked)))
    words = Counter(run.noted("word"))
    assert all(words[word] >= len(acked) for word in ("some", "words", "come", "again"))
    assert "split[" not in run.told, "nobody inside was ended for it"


def test_the_packages_of_the_active_virtual_environment_are_found(stormhost: Stormhost, tmp_path: Path) -> None:
    venv = tmp_path / "venv"
    subprocess.run([PYTHON, "-m", "venv", "--without-pip", str(venv)], check=True)
    (site,) = venv.glob("lib/python*/site-packages")
    (site / "only_there.py").write_text("WORD = 'found'\n")
    source = """
class Tell(AutoAckBolt):
    def execute(self, input):
        import only_there
        note('seen', only_there.WORD, sys.prefix)

class T(Topology):
    spout = Numbers(1, 1, where='inside')
    tell = Tell(inputs=ShuffleGrouping(spout), where='inside')
"""
    run = stormhost.run(source, python=None, env={"VIRTUAL_ENV": str(venv), "PYTHONPATH": str(TESTS)})
    assert run.noted("seen") == [("found", str(venv))]


def test_a_python_of_another_version_is_refused_by_name(stormhost: Stormhost, tmp_path: Path) -> None:
    other = tmp_path / "python3"
    other.write_text(f'#!/bin/sh\ncase "$*" in *implementation*) printf "2.7 cpython";; *) exec {PYTHON} "$@";; esac\n')
    other.chmod(0o755)
    source = odd("pass").replace("class T(Topology):", f"sys.executable = {str(other)!r}\nclass T(Topology):")
    run = stormhost.run(source, status=4, python=PYTHON)
    assert re.search(r"the Python inside this stormhost is CPython 3\.\d+\.\d+, and this topology's is 2\.7 cpython", run.told), run.told
    assert "where='outside'" in run.told
