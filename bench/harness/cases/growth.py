"""What a tuple costs as the work grows: more tasks, longer chains, more trees pending, more keys, more children."""

from __future__ import annotations

from ..contest import Column, Contest, Contestant, Figures
from ..hosted import Hosted, run_topology
from ..processes import Wrong
from ..setting import Setting
from .word_count import counted


def per_step(hosted: Hosted, tuples: int, steps: int) -> Figures:
    """CPU microseconds of each step of each tuple. Raises Wrong unless all were acked."""
    outcome = hosted.event("outcome")
    if (outcome["acked"], outcome["failed"]) != (tuples, 0):
        raise Wrong(f"of {tuples} tuples {outcome['acked']} were acked and {outcome['failed']} failed")
    first, last = hosted.event("first ack"), hosted.event("last ack")
    before = {process["pid"]: process["cpu"] for process in first["processes"]}
    used = {process["pid"]: process["cpu"] - before.get(process["pid"], 0.0) for process in last["processes"]}
    host = next(process for process in last["processes"] if process["name"] == "host")
    return {
        "M steps/s": tuples * steps / (last["at"] - first["at"]) / 1e6,
        "CPU µs a step": sum(used.values()) / (tuples * steps) * 1e6,
        "host µs a step": used[host["pid"]] / (tuples * steps) * 1e6,
        "host MB": host["peak_mb"],
    }


STEPS = (Column("M steps/s"), Column("CPU µs a step", 3), Column("host µs a step", 3), Column("host MB", 0))


def tasks(count: int) -> Contestant:
    def run(setting: Setting) -> Figures:
        each = setting.few(count)
        options = ("-p", f"split={each}", "-p", f"count={each}")
        return counted("", options=options, text_of=lambda setting: setting.text_of(300_000)).run(setting)

    return Contestant(f"{count} tasks a bolt", run)


TASKS = Contest(
    key="tasks",
    title="More tasks a bolt",
    about="The word count with all emits sent, and so many tasks of each of the two bolts.",
    columns=(
        Column("M words/s"),
        Column("CPU s per M words", 3),
        *(Column(f"CPU {name}", 3) for name in ("lines", "split", "count", "host")),
        Column("host MB", 0),
    ),
    contestants=tuple(tasks(count) for count in (1, 4, 16, 64)),
    against=("1 tasks a bolt",),
    ratio_of="CPU s per M words",
)


def chain(bolts: int) -> Contestant:
    def run(setting: Setting) -> Figures:
        text = setting.text_of(1_000_000 // bolts)
        length = setting.few(bolts)
        environment = {"STORMHOST_CODEC": setting.codec}
        hosted = run_topology(setting, "chain.py", text.path, text.sentences, length, environment=environment)
        return per_step(hosted, text.sentences, length)

    return Contestant(f"chain of {bolts}", run)


CHAIN = Contest(
    key="chain",
    title="Longer chains",
    about="Sentences through so many bolts, one after the other, each of which passes them on. A step is one bolt.",
    columns=STEPS,
    contestants=tuple(chain(bolts) for bolts in (1, 5, 20, 50)),
    against=("chain of 1",),
    ratio_of="CPU µs a step",
)


def pending(trees: int) -> Contestant:
    def run(setting: Setting) -> Figures:
        held = setting.sized(trees, 10)
        text = setting.text_of(2_000_000)
        hosted = run_topology(setting, "held.py", text.path, text.sentences, held, environment={"STORMHOST_CODEC": setting.codec})
        return per_step(hosted, text.sentences, 1)

    return Contestant(f"{trees:,} pending", run)


PENDING = Contest(
    key="pending",
    title="More trees pending",
    about=(
        "Sentences to one bolt that holds so many of them, and acks one of those it holds, in no order, for each that comes. The "
        "child holds them too, so it is the host's CPU that tells what the ledger costs."
    ),
    columns=STEPS,
    contestants=tuple(pending(trees) for trees in (10, 5_000, 1_000_000)),
    against=("10 pending",),
    ratio_of="host µs a step",
)


def keys(different: int) -> Contestant:
    def run(setting: Setting) -> Figures:
        numbers = setting.sized(3_000_000)
        hosted = run_topology(setting, "keys.py", numbers, different, environment={"STORMHOST_CODEC": setting.codec})
        return per_step(hosted, numbers, 1)

    return Contestant(f"{different:,} keys", run)


KEYS = Contest(
    key="keys",
    title="More keys",
    about="Texts by fields grouping to four tasks, of so many different ones.",
    columns=STEPS,
    contestants=tuple(keys(different) for different in (1_000, 1_000_000)),
    against=("1,000 keys",),
    ratio_of="host µs a step",
)


def with_children(setting: Setting, count: int) -> Hosted:
    environment = {"STORMHOST_CODEC": setting.codec}
    return run_topology(setting, "many.py", options=("-p", f"idle={count}"), environment=environment)


def host_peak(hosted: Hosted) -> float:
    """The host's peak memory in MB at the last ack."""
    processes = hosted.event("last ack")["processes"]
    return next(process["peak_mb"] for process in processes if process["name"] == "host")


def children(full: int) -> Contestant:
    def run(setting: Setting) -> Figures:
        count = setting.few(full)
        hosted = with_children(setting, count)
        acked = hosted.event("last ack")
        peak = host_peak(hosted)
        running = sum(process["name"] == "idle" for process in acked["processes"])
        if running != count:
            raise Wrong(f"{running} of {count} children were running")
        return {
            "s to the first tree": acked["at"] - hosted.finished.began,
            "s in all": hosted.finished.seconds,
            "CPU s in all": hosted.finished.cpu,
            "host MB": peak,
            "host KB a child": (peak - host_peak(with_children(setting, 1))) * 1024 / (count - 1),
        }

    return Contestant(f"{full} children", run)


CHILDREN = Contest(
    key="children",
    title="Many children",
    about=(
        "A tuple that goes to every task of a bolt is acked when all children are there: seconds from the start of `stormhost run`, and "
        "until all have left again. Most of it is Python starting so many times. Memory a child is what the host has more than with one child."
    ),
    columns=(
        Column("s to the first tree"),
        Column("s in all"),
        Column("CPU s in all"),
        Column("host MB", 1),
        Column("host KB a child", 0),
    ),
    contestants=tuple(children(count) for count in (50, 500)),
)
