"""`stormhost pipe`: a pipeline of the shell as a topology, in a pipe itself."""

from __future__ import annotations

import fcntl
import os
import pty
import signal
import subprocess
import termios
import uuid
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from harness import SOON, Stormhost, binary, carriers, wait_for


@dataclass(frozen=True)
class Ended:
    """A pipeline that ended."""

    status: int
    out: str
    err: str

    @property
    def lines(self) -> list[str]:
        """What it wrote, by line."""
        return self.out.splitlines()


class Pipes:
    """Runs pipelines, and looks that nothing is left of them."""

    def __init__(self, stormhost: Stormhost) -> None:
        self.folder = stormhost.folder
        self.marker = uuid.uuid4().hex
        self.started: list[subprocess.Popen[bytes]] = []
        self.environment = stormhost.environment(self.marker, stormhost.folder / "journal")

    def start(self, *words: str, stdin: int = subprocess.DEVNULL) -> subprocess.Popen[bytes]:
        """Starts `stormhost pipe` with these words."""
        popen = subprocess.Popen(
            [binary(), "pipe", *words],
            stdin=stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=self.folder,
            env=self.environment,
            start_new_session=True,
        )
        self.started.append(popen)
        return popen

    def clean_up(self) -> None:
        """Ends what a test has not; then nothing may be left."""
        for popen in self.started:
            popen.kill()
            for pipe in (popen.stdin, popen.stdout, popen.stderr):
                if pipe:
                    pipe.close()
            popen.wait()
        wait_for(lambda: not carriers(self.marker), f"the last process to go; left are {carriers(self.marker)}")

    def run(self, *words: str, given: str | None = None) -> Ended:
        """Runs `stormhost pipe` to its end, with `given` as its standard input."""
        popen = self.start(*words, stdin=subprocess.DEVNULL if given is None else subprocess.PIPE)
        out, err = popen.communicate(None if given is None else given.encode(), timeout=SOON)
        return Ended(popen.returncode, out.decode(), err.decode())

    def shell(self, line: str) -> Ended:
        """Runs a line of bash in which `stormhost` is the program; its status is that of `stormhost`, the first word's."""
        folder = self.folder / "bin"
        folder.mkdir(exist_ok=True)
        (folder / "stormhost").unlink(missing_ok=True)
        (folder / "stormhost").symlink_to(binary())
        path = f"{folder}{os.pathsep}{os.environ['PATH']}"
        ran = subprocess.run(
            ["bash", "-c", line],
            cwd=self.folder,
            env={**self.environment, "PATH": path},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=SOON,
        )
        return Ended(ran.returncode, ran.stdout, ran.stderr)


@pytest.fixture
def pipes(stormhost: Stormhost) -> Iterator[Pipes]:
    found = Pipes(stormhost)
    yield found
    found.clean_up()


WORDS = "the quick brown fox jumps over the lazy dog and the fox runs\n" * 50


def test_words_are_counted_in_a_pipe(pipes: Pipes) -> None:
    ended = pipes.run("tr -cs A-Za-z '\\n'", "x2", ":", "sort | uniq -c", given=WORDS)
    assert ended.status == 0, ended.err
    counted = {word: int(n) for n, word in (line.split() for line in ended.lines if len(line.split()) == 2)}
    assert counted == dict(Counter(WORDS.split()))


def test_one_honest_line_is_said_at_start_and_can_be_left_out(pipes: Pipes) -> None:
    ended = pipes.run("echo a", ":", "cat")
    assert (ended.status, ended.out) == (0, "a\n")
    assert ended.err.count("\n") == 1 and "at most once" in ended.err
    quiet = pipes.run("-q", "echo a", ":", "cat")
    assert (quiet.status, quiet.out, quiet.err) == (0, "a\n", "")


def test_what_is_wrong_with_the_options_is_told(pipes: Pipes) -> None:
    ended = pipes.run("--set", "topology.max.spout.pendin=1", "echo a", ":", "cat")
    assert (ended.status, ended.out) == (0, "a\n")
    assert "--set topology.max.spout.pendin is no setting that stormhost knows" in ended.err
    assert ended.err.count("at most once") == 1, ended.err


def test_the_first_stage_reads_standard_input_alone_or_in_copies(pipes: Pipes) -> None:
    given = "".join(f"{n}\n" for n in range(5000))
    for copies in ([], ["x3"]):
        ended = pipes.run("-q", "cat", *copies, ":", "cat", "x2", given=given)
        assert sorted(map(int, ended.lines)) == list(range(5000)), ended.err
    # Of which alone keeps the order.
    assert pipes.run("-q", "cat", ":", "cat", given=given).out == given


def test_a_key_keeps_its_lines_together_and_in_order(pipes: Pipes) -> None:
    given = "".join(f"key{n % 7} {n}\n" for n in range(3000))
    ended = pipes.run("-q", "cat", ":", "while read -r line; do echo \"$line $$\"; done", "x3", "by", "1", given=given)
    rows = [line.split() for line in ended.lines]
    assert len(rows) == 3000 and len({pid for _, _, pid in rows}) > 1, ended.err
    for key in {row[0] for row in rows}:
        of_key = [row for row in rows if row[0] == key]
        assert len({pid for _, _, pid in of_key}) == 1
        assert [int(n) for _, n, _ in of_key] == sorted(int(n) for _, n, _ in of_key)


@pytest.mark.parametrize(
    ("options", "form"),
    [(["-d", ","], "x,key{0},{1}"), (["-d,"], "x,key{0},{1}"), (["-j"], '{{"n": {1}, "user": "key{0}"}}')],
    ids=["delimiter", "attached", "json"],
)
def test_a_key_is_a_column_or_a_member(pipes: Pipes, options: list[str], form: str) -> None:
    given = "".join(form.format(n % 5, n) + "\n" for n in range(500))
    by = "user" if options == ["-j"] else "2"
    ended = pipes.run("-q", *options, "cat", ":", "while read -r line; do echo \"$line#$$\"; done", "x3", "by", by, given=given)
    rows = [line.rsplit("#", 1) for line in ended.lines]
    assert sorted(line for line, _ in rows) == sorted(given.splitlines()), ended.err
    for key in range(5):
        assert len({pid for line, pid in rows if f"key{key}" in line}) == 1


def test_whoever_reads_may_have_had_enough(pipes: Pipes) -> None:
    ended = pipes.shell("stormhost pipe -q yes : 'cat' x2 : cat | head -1; echo ${PIPESTATUS[*]}")
    assert (ended.lines, ended.err) == (["y", "0 0"], "")
    wait_for(lambda: not carriers(pipes.marker), "all of it to be gone")


def test_a_stage_may_have_had_enough(pipes: Pipes) -> None:
    ended = pipes.run("-q", "yes", ":", "cat", ":", "head -3", ":", "cat -n")
    assert [line.split() for line in ended.lines] == [["1", "y"], ["2", "y"], ["3", "y"]]
    assert (ended.status, ended.err) == (0, "")
    wait_for(lambda: not carriers(pipes.marker), "all of it to be gone")


def test_commands_are_quoted_as_in_a_shell(pipes: Pipes, tmp_path: Path) -> None:
    (tmp_path / "a b.txt").write_text("x|y z\n$HOME\n")
    for words in (["cat 'a b.txt'"], ["cat", "a b.txt"], ["cat a*.txt"], ["F='a b.txt'; cat \"$F\""]):
        ended = pipes.run("-q", *words, ":", "cut -d'|' -f2", ":", "grep -v '^\\$'")
        assert (ended.out, ended.status) == ("y z\n", 0), words


def test_bytes_go_through_as_they_are(pipes: Pipes) -> None:
    given = b"ok\n\xff\xfe\x00\t|\r\n\n  blanks \nno end"
    popen = pipes.start("-q", "cat", ":", "cat", "x1", ":", "cat", stdin=subprocess.PIPE)
    out, err = popen.communicate(given, timeout=SOON)
    assert (out, popen.returncode) == (given + b"\n", 0), err


def test_lines_may_end_with_a_nul_and_hold_line_ends(pipes: Pipes) -> None:
    given = "a\0b\nc\0\0no end"
    assert pipes.run("-qz", "cat", ":", "cat", "x1", ":", "cat", given=given).out == given + "\0"
    ended = pipes.run("-q", "--null", "cat", "x2", ":", "xargs -0 -n1 printf '<%s>\\0'", "x2", "by", "1", ":", "sort -z", given=given)
    assert ended.out.split("\0") == ["<>", "<a>", "<b\nc>", "<no end>", ""], ended.err


def test_a_line_of_a_megabyte_is_a_line(pipes: Pipes) -> None:
    given = "a" * 1_500_000 + "\n" + "b\n"
    assert pipes.run("-q", "cat", ":", "cat", given=given).out == given


@pytest.mark.parametrize(
    ("words", "status", "said"),
    [
        (["cat", ":"], 2, "stage 2: there is no command"),
        (["cat", "x0"], 2, "x0 would run nothing"),
        (["cat", "by", "name"], 2, "names are for JSON lines"),
        ([], 2, "STAGE"),
        (["gerp x"], 1, "the program of \"gerp\" is not there"),
        (["cat 'x"], 1, "a quote in it is not closed"),
        (["cat x\\"], 1, "there is nothing behind the backslash at its end"),
        (["--quite", "cat"], 2, "unexpected argument '--quite'"),
        (["sh -c 'echo oh >&2; exit 7'"], 4, "oh"),
        (["seq 3", ":", "sed -n s/x"], 4, "unterminated"),
        (["cat /etc/hostname nowhere"], 3, "No such file or directory"),
        (["seq 3", ":", "cat", ":", "sh -c 'cat > /dev/null; echo at last >&2; exit 9'"], 3, "at last"),
    ],
)
def test_each_mistake_has_its_status_and_its_story(pipes: Pipes, words: list[str], status: int, said: str) -> None:
    ended = pipes.run(*words, given="")
    assert ended.status == status, ended.err
    assert said in ended.err


@pytest.mark.parametrize(
    ("words", "out"),
    [
        (["seq 3", ":", "grep x"], ""),
        (["grep x"], ""),
        (["grep x nums", ":", "wc -l"], "0\n"),
        (["grep x", "x2", ":", "wc -l"], "0\n"),
    ],
)
def test_nothing_found_is_no_mistake_at_the_first_stage_either(pipes: Pipes, words: list[str], out: str) -> None:
    (pipes.folder / "nums").write_text("1\n2\n")
    ended = pipes.run("-q", *words, given="1\n")
    assert (ended.status, ended.out, ended.err) == (0, out, "")


def test_a_first_stage_that_said_something_and_fails_in_silence_has_failed(pipes: Pipes) -> None:
    ended = pipes.run("-q", "seq 3; exit 1", ":", "cat")
    assert (ended.status, ended.out) == (3, "1\n2\n3\n")
    assert "left with status 1" in ended.err


def test_a_slow_filter_is_no_hang(pipes: Pipes) -> None:
    # What was in its pipe was taken for one piece of work, and it was killed half way.
    slow = "while read -r line; do sleep 0.7; done; echo end"
    for limit in ([], ["--set", "topology.subprocess.timeout.secs=1.5"]):
        ended = pipes.run("-q", *limit, "seq 5", ":", slow)
        assert (ended.status, ended.out, ended.err) == (0, "end\n", "")


def test_a_filter_may_work_on_a_line_for_as_long_as_it_takes_unless_a_limit_was_set(pipes: Pipes) -> None:
    ended = pipes.run("-q", "--set", "topology.subprocess.timeout.secs=1", "seq 3", ":", "read -r line && sleep 1000")
    assert ended.status == 3
    assert "it neither read nor wrote a line for 1 s (topology.subprocess.timeout.secs)" in ended.err
    # The first was read, and only the first.
    assert "2 lines that it had not read are lost" in ended.err


@pytest.mark.parametrize(
    ("words", "status", "out", "err"),
    [
        (["nosuch | cat"], 0, "", "not found\n"),
        (["seq 2; echo so >&2", ":", "cat"], 0, "1\n2\n", "so\n"),
        (["seq 2", ":", "cat; echo '\033[1mfar\033[0m' >&2"], 0, "1\n2\n", "\033[1mfar\033[0m\n"),
    ],
)
def test_what_stages_say_on_standard_error_is_said(pipes: Pipes, words: list[str], status: int, out: str, err: str) -> None:
    ended = pipes.run("-q", *words)
    assert (ended.status, ended.out) == (status, out)
    assert ended.err.endswith(err) and ended.err.count("\n") == 1


def test_what_a_failed_stage_had_said_is_not_repeated_unless_it_was_left_out(pipes: Pipes) -> None:
    ended = pipes.run("-q", "echo one; printf 'o%s\\n' h >&2; exit 7", ":", "cat")
    assert ended.err.startswith("oh\n") and ended.err.count("oh") == 1 and "left with status 7" in ended.err
    ended = pipes.run("-q", "echo one; seq 100000 >&2; printf 'o%s\\n' h >&2; exit 7", ":", "cat")
    assert ended.err.startswith("1\n2\n") and "lines left out\n" in ended.err
    assert "its last lines on standard error:" in ended.err and ended.err.count("oh") == 1


def test_text_that_only_a_shell_can_take_apart_is_left_to_it(pipes: Pipes) -> None:
    for stage, out in [
        ('echo "$(echo "it\'s")"', "it's\n"),
        ("cat <<end\nit's\nend", "it's\n"),
        ("command -v cat > /dev/null && echo found", "found\n"),
        ("type cat > /dev/null; echo $?", "0\n"),
        ("command -p echo plain", "plain\n"),
    ]:
        ended = pipes.run("-q", stage)
        assert (ended.status, ended.out, ended.err) == (0, out, ""), stage


def test_timeout_stops_it_in_order(pipes: Pipes) -> None:
    # It signals its child and then the group that the child is in: two signals that are one.
    for _ in range(3):
        ended = pipes.shell("timeout 0.7 stormhost pipe -q 'while :; do echo a; sleep 0.1; done' : 'sort | uniq -c'")
        assert [line.split()[1:] for line in ended.lines] == [["a"]], ended.err
        assert "SH0704" not in ended.err


def test_a_filter_that_had_read_before_it_failed_is_no_typo(pipes: Pipes) -> None:
    for _ in range(3):
        ended = pipes.run("-q", "seq 300000", ":", "cat", ":", "head -1 > /dev/null; exit 1")
        assert ended.status == 3, ended.err


def test_a_first_stage_that_closes_its_output_and_lives_on_is_waited_for_as_in_a_shell(pipes: Pipes) -> None:
    # It was ended for that, started again, and said everything twice.
    ended = pipes.run("-q", "--set", "stormhost.kill.timeout.secs=0.1", "echo a; echo b; exec >&-; sleep 1", ":", "cat")
    assert (ended.status, ended.out, ended.err) == (0, "a\nb\n", "")


def test_a_filter_that_is_killed_is_started_again_and_its_loss_told(pipes: Pipes) -> None:
    popen = pipes.start("-q", "cat", ":", "while read -r n; do echo $n; done", stdin=subprocess.PIPE)
    assert popen.stdin and popen.stdout
    popen.stdin.write(b"1\n2\n")
    popen.stdin.flush()
    assert popen.stdout.readline() == b"1\n"
    assert popen.stdout.readline() == b"2\n"
    filters = [process for process in carriers(pipes.marker) if process.argv[:2] == ("sh", "-c")]
    assert len(filters) == 1 and filters[0].kill()
    wait_for(
        lambda: [process for process in carriers(pipes.marker) if process.argv[:2] == ("sh", "-c") and process.pid != filters[0].pid],
        "another filter",
    )
    out, err = popen.communicate(b"3\n", timeout=SOON)
    assert out == b"3\n"
    assert popen.returncode == 3
    assert b"SIGKILL" in err and b"at most once" in err, err.decode()


def test_all_of_a_pipeline_within_a_stage_ends_with_the_host(pipes: Pipes) -> None:
    popen = pipes.start("-q", "tail -f /dev/null | cat | cat", ":", "cat | cat")
    wait_for(lambda: sum("cat" in process.argv for process in carriers(pipes.marker)) >= 4, "all to run")
    popen.send_signal(signal.SIGKILL)
    popen.communicate()
    wait_for(lambda: not carriers(pipes.marker), "all to be gone", within=5)


def test_a_signal_stops_it_in_order(pipes: Pipes) -> None:
    popen = pipes.start("-q", "tail -f /dev/null", ":", "cat")
    wait_for(lambda: len(carriers(pipes.marker)) >= 4, "all to run")
    popen.send_signal(signal.SIGINT)
    popen.communicate(timeout=SOON)
    assert popen.returncode == 130
    wait_for(lambda: not carriers(pipes.marker), "all to be gone")


def test_a_first_stage_that_is_stopped_for_a_limit_is_told_and_lost(pipes: Pipes) -> None:
    greedy = "echo a; trap 'exit 0' TERM; sleep 1000 & sleep 1000 & wait"
    ended = pipes.run("-q", "--set", "stormhost.limit.processes=2", greedy, ":", "cat")
    assert (ended.status, ended.out) == (3, "a\n")
    assert "processes, and may have 2 (stormhost.limit.processes)" in ended.err
    assert "what it had still to say is lost; it is not started again" in ended.err


def test_a_filter_that_fails_at_its_end_again_and_again_does_so_with_pauses(pipes: Pipes) -> None:
    # While those before it were leaving it was started again at once, hundreds of times a second.
    ended = pipes.run("-v", "seq 3", ":", "cat > /dev/null; sleep 1.5", ":", "echo x; exit 1")
    assert 1 <= ended.err.count("left with status 1") < 15, ended.err


def test_a_stage_that_nobody_reads_any_more_is_ended_also_at_the_end_of_its_input(pipes: Pipes) -> None:
    ended = pipes.run("-q", "seq 1", ":", "cat > /dev/null; while :; do echo x; sleep 0.05; done", ":", "head -1")
    assert (ended.status, ended.out) == (0, "x\n")


def test_who_holds_the_output_of_a_dead_stage_open_keeps_nothing_from_its_end(pipes: Pipes) -> None:
    ended = pipes.run("-q", "seq 1", ":", "cat > /dev/null; setsid yes & sleep 0.2", ":", "tail -1")
    assert ended.out in ("", "y\n")


@pytest.mark.error("SH1117")
def test_a_full_disk_at_standard_output_is_told(stormhost: Stormhost) -> None:
    with open("/dev/full", "wb") as full:
        run = stormhost.launch("pipe", "-q", "seq 100000", ":", "cat", stdout=full).ends_with(5)
    assert "standard output cannot be written: No space left on device" in run.told


@pytest.mark.error("SH0415")
@pytest.mark.parametrize(
    ("words", "status"),
    [(["read x </dev/tty; echo got $x", ":", "cat"], 4), (["seq 3", ":", "cat; read x </dev/tty"], 3)],
    ids=["at once", "later"],
)
def test_a_stage_that_wants_the_terminal_is_ended_with_the_reason(stormhost: Stormhost, words: list[str], status: int) -> None:
    # The kernel stops it, and nobody ever heard of it again.
    ours, theirs = pty.openpty()
    run = stormhost.launch("pipe", "-q", *words, before=lambda: fcntl.ioctl(theirs, termios.TIOCSCTTY, 0)).ends_with(status)
    os.close(theirs)
    os.close(ours)
    assert "it wanted the terminal, which is not given to it" in run.told
