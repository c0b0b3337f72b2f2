"""Commands of the shell as components: `Lines` and `Exec`, with what they promise."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness import Stormhost, wait_for

SPLIT = """
class Length(AutoAckBolt):
    class Default(Stream):
        fields = 'line', 'length'
    def execute(self, input):
        self.emit((input.line, len(input.line)))
"""


def test_a_command_feeds_bolts_and_a_filter_takes_what_they_say(stormhost: Stormhost) -> None:
    run = stormhost.run(
        SPLIT
        + """
class T(Topology):
    numbers = Lines('seq 1 3000', spout=True)
    length = Length(2)
    odd = Lines("grep '[13579]\\t'", 2, fields=('line', 'length'))
    total = Lines('sort -n | tail -3', fields=('line', 'length'))
    show = Print()
    length.inputs.append(ShuffleGrouping(numbers))
    odd.inputs.append(FieldsGrouping(length, 'line'))
    total.inputs.append(ShuffleGrouping(odd))
    show.inputs.append(ShuffleGrouping(total))
"""
    )
    assert run.stdout == "2995\t4\n2997\t4\n2999\t4\n"
    assert '"odd" is at most once' in run.told


@pytest.mark.error("SH0405")
def test_a_source_that_closes_its_stdout_and_lives_on_is_replaced(stormhost: Stormhost) -> None:
    # Found by `make chaos`: its exit was waited for, and nobody was told.
    source = """
class T(Topology):
    lines = Lines('if mkdir once; then echo a; exec >&-; sleep 1000; else echo b; fi', spout=True)
    show = Print(inputs=ShuffleGrouping(lines))
"""
    run = stormhost.run(source, settings={"stormhost.kill.timeout.secs": 0.2})
    assert run.stdout == "a\nb\n"
    assert "it closed its standard output, and lived on" in run.told
    run.nothing_is_left()


def test_a_source_that_finds_nothing_is_through(stormhost: Stormhost) -> None:
    source = """
class T(Topology):
    lines = Lines('echo a | grep b', spout=True)
    count = Lines('wc -l', inputs=ShuffleGrouping(lines))
    show = Print(inputs=ShuffleGrouping(count))
"""
    run = stormhost.run(source)
    assert run.stdout == "0\n" and "left with status" not in run.told


@pytest.mark.error("SH0904")
def test_lines_that_fail_are_replayed_and_given_up_in_the_end(stormhost: Stormhost) -> None:
    run = stormhost.run(
        """
class Picky(AutoAckBolt):
    seen = {}
    def execute(self, input):
        tries = self.seen[input.line] = self.seen.get(input.line, 0) + 1
        note('saw', input.line)
        if input.line == 'twice' and tries < 2 or input.line == 'never':
            raise ValueError('not yet')

class T(Topology):
    lines = Lines('printf "once\\\\ntwice\\\\nnever\\\\n"', spout=True)
    picky = Picky(1, inputs=[ShuffleGrouping(lines)])
""",
        status=3,
    )
    saw = run.noted("saw")
    assert sorted(set(saw)) == ["never", "once", "twice"]
    assert (saw.count("once"), saw.count("twice"), saw.count("never")) == (1, 2, 4)
    assert "1 of its lines failed for good" in run.told and "not yet" in run.told


def test_lines_that_a_dead_bolt_held_come_again(stormhost: Stormhost) -> None:
    run = stormhost.run(
        """
class Dies(AutoAckBolt):
    def execute(self, input):
        if input.line == '500' and not os.path.exists('died'):
            open('died', 'w').close()
            os._exit(1)
        note('saw', int(input.line))

class T(Topology):
    lines = Lines('seq 1 1000', spout=True)
    dies = Dies(1, inputs=[ShuffleGrouping(lines)])
"""
    )
    assert set(run.noted("saw")) == set(range(1, 1001))


def test_a_spout_that_goes_on_is_heard_at_once_and_started_again(stormhost: Stormhost, tmp_path: Path) -> None:
    log = tmp_path / "access.log"
    log.write_text("first\n")
    run = stormhost.start(
        """
class Saw(AutoAckBolt):
    def execute(self, input):
        note('saw', input.line)

class T(Topology):
    log = Lines('tail -n +1 -F access.log', spout=True)
    saw = Saw(1, inputs=[ShuffleGrouping(log)])
"""
    )
    run.until(lambda: run.noted("saw") == ["first"], "the first line")
    with log.open("a") as more:
        more.write("second\n")
    run.until(lambda: run.noted("saw")[1:] == ["second"], "the second line")
    (tail,) = run.children("-F")
    tail.kill()
    # From its beginning: where the command begins.
    run.until(lambda: run.noted("saw")[2:] == ["first", "second"], "both lines again")
    run.signal(2)
    run.ends_with(130)
    run.nothing_is_left()


def test_the_tasks_of_a_command_can_share_a_source(stormhost: Stormhost) -> None:
    run = stormhost.run(
        """
class T(Topology):
    share = Lines('seq $STORMHOST_TASK_INDEX $STORMHOST_TASKS 20', 3, spout=True)
    out = Print(inputs=[ShuffleGrouping(share)])
"""
    )
    assert sorted(map(int, run.stdout.split())) == list(range(21))


def test_a_filter_that_reads_no_more_is_heard_to_its_end(stormhost: Stormhost) -> None:
    run = stormhost.run(
        """
class T(Topology):
    lines = Lines('seq 1 100000', spout=True)
    some = Lines('read -r n; exec <&-; sleep 0.5; echo "$n"', inputs=[ShuffleGrouping(lines)])
    out = Print(inputs=[ShuffleGrouping(some)])
""",
        settings={"stormhost.kill.timeout.secs": 0.1},
    )
    assert run.stdout == "1\n"


def test_json_lines_go_by_the_names_of_fields(stormhost: Stormhost) -> None:
    run = stormhost.run(
        """
class Rows(Spout):
    class Default(Stream):
        fields = 'text', 'n'
    def tuples(self):
        yield 'a\\tb\\nc', [1, None]
        yield 'é', {'x': 2.5}

class T(Topology):
    rows = Rows(1)
    same = Lines('cat', json=True, fields=('n', 'text'), inputs=[ShuffleGrouping(rows)])
    show = Lines('cat', json=True, fields='row', inputs=[ShuffleGrouping(same)])
    out = Print(inputs=[ShuffleGrouping(show)])
"""
    )
    assert run.stdout.splitlines() == ['{"n":[1,null],"text":"a\\tb\\nc"}', '{"n":{"x":2.5},"text":"é"}']


def test_names_of_files_may_hold_line_ends(stormhost: Stormhost) -> None:
    source = r"""
class T(Topology):
    names = Lines("printf 'a\\nb\\0c\\0'", spout=True, null=True)
    sized = Exec('printf "%s\\0" "${#1}"', fields='size', null=True, inputs=ShuffleGrouping(names))
    sort = Lines('sort -z', null=True, inputs=ShuffleGrouping(sized))
    show = Print(inputs=ShuffleGrouping(sort))
"""
    assert stormhost.run(source).stdout == "1\0003\0"


def test_what_would_be_two_lines_fails_with_its_story(stormhost: Stormhost) -> None:
    run = stormhost.run(
        """
class Rows(ReliableSpout):
    max_tries = 1
    class Default(Stream):
        fields = 'a', 'b'
    def tuples(self):
        yield 'fine', 1
        yield 'two\\nlines', 2
        yield 'a\\ttab', 3

class T(Topology):
    rows = Rows(1)
    same = Lines('cat', fields=('a', 'b'), inputs=[ShuffleGrouping(rows)])
    out = Print(inputs=[ShuffleGrouping(same)])
""",
        status=3,
    )
    assert run.stdout == "fine\t1\n"
    assert "holds a line end" in run.told and "json" in run.told.lower()


@pytest.mark.error("SH0901")
def test_lines_of_another_number_of_values_are_dropped_and_told(stormhost: Stormhost) -> None:
    run = stormhost.run(
        """
class T(Topology):
    rows = Lines('printf "1,2\\\\n3\\\\n4,5\\\\n"', spout=True, fields=('a', 'b'), separator=',')
    out = Print(inputs=[ShuffleGrouping(rows)])
""",
        status=3,
    )
    assert run.stdout == "1\t2\n4\t5\n"
    assert "a line with 1 values where the stream has 2 fields" in run.told


def test_a_batcher_behind_a_sort_gets_what_it_says_at_last(stormhost: Stormhost) -> None:
    run = stormhost.run(
        """
class All(AutoAckBolt):
    class Default(Stream):
        fields = 'all'
    def initialize(self):
        self.lines = []
    def execute(self, input):
        self.lines.append(input.line)
    def finish(self):
        if self.lines:
            self.emit(' '.join(self.lines))
            self.lines = []

class T(Topology):
    rows = Lines('printf "b\\\\nc\\\\na\\\\n"', spout=True)
    sort = Lines('sort', inputs=[ShuffleGrouping(rows)])
    every = All(1, inputs=[ShuffleGrouping(sort)])
    out = Print(inputs=[ShuffleGrouping(every)])
"""
    )
    assert run.stdout == "a b c\n"


def test_exec_runs_a_process_for_a_tuple(stormhost: Stormhost) -> None:
    run = stormhost.run(
        """
class Rows(ReliableSpout):
    class Default(Stream):
        fields = 'user', 'n'
    def tuples(self):
        for n in range(4):
            yield 'u ' + str(n), n

class T(Topology):
    rows = Rows(1)
    told = Exec('read line; echo "$user|$2|$line|$KIND"', 2, fields='said', env={'KIND': 'x'}, inputs=[ShuffleGrouping(rows)])
    out = Print(inputs=[ShuffleGrouping(told)])
"""
    )
    assert sorted(run.stdout.splitlines()) == [f"u {n}|{n}|u {n}\t{n}|x" for n in range(4)]


@pytest.mark.error("SH0903")
def test_exec_fails_what_its_command_fails_with_its_stderr(stormhost: Stormhost) -> None:
    run = stormhost.run(
        """
class Rows(ReliableSpout):
    max_tries = 2
    class Default(Stream):
        fields = 'n'
    def tuples(self):
        yield from range(6)

class T(Topology):
    rows = Rows(1)
    picky = Exec('echo about $1 >&2; echo $1 >> tried; test $1 != 3', 2, inputs=[ShuffleGrouping(rows)])
""",
        status=3,
    )
    tried = (stormhost.folder / "tried").read_text().split()
    assert sorted(set(tried)) == list("012345")
    assert tried.count("3") > 1 and tried.count("2") == 1
    assert "left with status 1" in run.told and "about 3" in run.told


def test_exec_takes_batches_and_waits_no_longer_than_it_lingers(stormhost: Stormhost) -> None:
    run = stormhost.run(
        """
class T(Topology):
    rows = Lines('seq 1 1000', spout=True)
    count = Exec('wc -l', batch=300, linger=0.2, fields='n', inputs=[ShuffleGrouping(rows)])
    out = Print(inputs=[ShuffleGrouping(count)])
"""
    )
    counts = [int(line) for line in run.stdout.splitlines()]
    assert sum(counts) == 1000 and max(counts) <= 300 and len(counts) < 30


def test_exec_ends_a_command_that_takes_too_long_with_all_it_started(stormhost: Stormhost) -> None:
    run = stormhost.run(
        """
class T(Topology):
    rows = Lines('echo a', spout=True)
    slow = Exec('sleep 1000 | cat', timeout=0.3, inputs=[ShuffleGrouping(rows)])
""",
        status=3,
        settings={"stormhost.replay.tries": 1},
    )
    assert "did not end within 0.3 s" in run.told
    run.nothing_is_left()


def test_exec_refuses_a_value_that_cannot_be_an_argument(stormhost: Stormhost) -> None:
    run = stormhost.run(
        """
class Rows(ReliableSpout):
    max_tries = 1
    class Default(Stream):
        fields = 'text'
    def tuples(self):
        yield 'a\\0b'

class T(Topology):
    rows = Rows(1)
    told = Exec('true', inputs=[ShuffleGrouping(rows)])
""",
        status=3,
    )
    assert "holds a NUL" in run.told


def test_at_most_so_many_processes_run_as_there_are_tasks(stormhost: Stormhost) -> None:
    stormhost.run(
        """
class T(Topology):
    rows = Lines('seq 1 12', spout=True)
    busy = Exec('mkdir lock.$$; ls -d lock.* | wc -l >> many; sleep 0.05; rmdir lock.$$', 3, inputs=[ShuffleGrouping(rows)])
"""
    )
    many = [int(n) for n in (stormhost.folder / "many").read_text().split()]
    assert len(many) == 12 and max(many) <= 3


@pytest.mark.error("SH0902")
def test_a_filter_that_dies_is_started_again_and_what_it_had_not_read_comes_again(stormhost: Stormhost) -> None:
    run = stormhost.run(
        """
class Rows(ReliableSpout):
    class Default(Stream):
        fields = 'line'
    def tuples(self):
        yield from map(str, range(1000))

class T(Topology):
    rows = Rows(1)
    # It reads line by line, as shells do, so that what it has not read lies in its pipe.
    once = Lines('''
        while read -r n; do
            test $n = 300 && ! test -e died && touch died && kill -9 $$
            echo $n
        done''', inputs=[ShuffleGrouping(rows)])
    out = Print(inputs=[ShuffleGrouping(once)])
""",
        status=3,
    )
    missing = set(range(1000)) - set(map(int, run.stdout.split()))
    assert missing <= {300}, missing
    assert "SIGKILL" in run.told and "at most once" in run.told


@pytest.mark.parametrize(
    ("declared", "said"),
    [
        ("Lines('', spout=True)", "it is empty"),
        ("Lines('cat \"x', spout=True)", "a quote in it is not closed"),
        ("Lines('no-such-program', spout=True)", "no-such-program"),
        ("Lines('cat', spout=True, separator='ab')", "the separator of"),
        ("Lines('cat', spout=True, separator=',', json=True)", "JSON lines and a separator"),
        ("Lines('cat', spout=True, fields=())", "has no fields"),
        ("Exec('cat', batch=0)", "the batch of"),
        ("Exec('cat', timeout=-1)", "the timeout of"),
    ],
)
def test_mistakes_are_found_by_check(stormhost: Stormhost, declared: str, said: str) -> None:
    sound = "two = Lines('true', spout=True)\n    out = Print(inputs=[ShuffleGrouping(two)])\n"
    source = f"class T(Topology):\n    one = {declared}\n    {sound}"
    run = stormhost.start(source)
    wait_for(lambda: run.status is not None, "the end")
    assert run.status == 1 and said in run.stderr


def test_check_tells_all_mistakes_at_once(stormhost: Stormhost) -> None:
    run = stormhost.start("class T(Topology):\n    a = Lines('', spout=True)\n    b = Exec('cat', batch=0)\n    c = Lines(\"'\")\n")
    wait_for(lambda: run.status is not None, "the end")
    for name in "abc":
        assert f'"{name}"' in run.stderr


def test_exec_waits_for_room_as_everybody_does(stormhost: Stormhost) -> None:
    # It looked at nobody's queue: behind a filter the host's memory had no bound.
    source = """
class T(Topology):
    numbers = Lines('seq 60', spout=True)
    through = Lines('cat', inputs=ShuffleGrouping(numbers))
    large = Exec('sh large.sh', fields='line', inputs=ShuffleGrouping(through))
    count = Lines('until [ -e go ]; do sleep 0.05; done; wc -l', inputs=ShuffleGrouping(large))
    show = Print(inputs=ShuffleGrouping(count))
"""
    (stormhost.folder / "large.sh").write_text("echo >> ran; head -c 1000000 /dev/zero | tr '\\0' a; echo")
    run = stormhost.start(source)
    ran = stormhost.folder / "ran"
    seen: list[int] = []

    def stands_still() -> bool:
        seen.append(len(ran.read_text()) if ran.exists() else 0)
        return seen[-1] > 3 and len(seen) > 20 and seen[-1] == seen[-20]

    run.until(stands_still, "Exec to wait")
    assert seen[-1] < 30
    (stormhost.folder / "go").touch()
    run.wait()
    assert run.stdout.strip() == "60"


def test_a_bolt_that_dies_of_what_a_filter_says_at_its_very_end_is_started_again(stormhost: Stormhost) -> None:
    # Its successor was taken for one that has to leave, and what was still to come was dropped without a word.
    source = """
class Frail(AutoAckBolt):
    def execute(self, input):
        note('got', input.line)
        if input.line == '5' and not os.path.exists('died'):
            open('died', 'w').close()
            os._exit(9)

class T(Topology):
    numbers = Lines('seq 3', spout=True)
    late = Lines('cat > /dev/null; for i in $(seq 40); do echo $i; sleep 0.02; done', inputs=ShuffleGrouping(numbers))
    frail = Frail(1, inputs=[ShuffleGrouping(late)])
"""
    run = stormhost.start(source)
    run.wait()
    assert len(set(run.noted("got"))) >= 35 and "40" in run.noted("got")


def test_a_part_of_the_host_takes_no_tick_for_data(stormhost: Stormhost) -> None:
    source = """
class T(Topology):
    conf = {'topology.tick.tuple.freq.secs': 0.05}
    lines = Lines('echo one; sleep 0.5; echo two', spout=True)
    show = Print(inputs=ShuffleGrouping(lines))
"""
    assert stormhost.run(source).stdout == "one\ntwo\n"
