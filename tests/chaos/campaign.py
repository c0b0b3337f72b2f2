"""The fault campaign: `make chaos`. Plays seeds, a few at a time, and writes down what they came to.

    python campaign.py --seeds 1000            # seeds 0 to 999, those that are in the results already left out
    python campaign.py --seed 17               # one, again; its folder is kept, and what happened is shown
    python campaign.py --table                 # the table of the results, into docs/reliability.md
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent)]

from plan import plan_of  # noqa: E402
from play import Play, clock_library, end_in_order  # noqa: E402
from report import by_fault, by_shape, machine, summary, write_page  # noqa: E402

RESULTS = HERE.parent.parent / "target" / "chaos" / "results.jsonl"


def main() -> int:
    words = arguments()
    results = Path(words.results)
    if words.table:
        write_page(list(known(results)))
        return 0
    end_in_order()
    clock_library()
    if words.seed is not None:
        return once(words.seed)
    if words.fresh:
        results.unlink(missing_ok=True)
    results.parent.mkdir(parents=True, exist_ok=True)
    done = {outcome["seed"] for outcome in known(results)}
    seeds = [seed for seed in range(words.first, words.first + words.seeds) if seed not in done]
    failed = 0
    with tempfile.TemporaryDirectory(prefix="chaos.") as root, multiprocessing.Pool(words.jobs, end_in_order, maxtasksperchild=20) as pool:
        for outcome in pool.imap_unordered(play, [(seed, root) for seed in seeds]):
            with open(results, "a") as out:
                out.write(json.dumps(outcome) + "\n")
            failed += bool(outcome["problems"])
            tell(outcome)
    outcomes = [outcome for outcome in known(results) if words.first <= outcome["seed"] < words.first + words.seeds]
    print("\n".join(["", *by_fault(outcomes), "", *by_shape(outcomes), "", summary(outcomes)]))
    return 1 if failed else 0


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=1000, help="how many seeds (1000)")
    parser.add_argument("--first", type=int, default=0, help="the first seed (0)")
    parser.add_argument("--jobs", type=int, default=2, help="how many at a time (2)")
    parser.add_argument("--seed", type=int, help="play this one only, keep its folder, and show what happened")
    parser.add_argument("--results", default=str(RESULTS), help="the file that results are added to (%(default)s)")
    parser.add_argument("--fresh", action="store_true", help="forget the results that are there")
    parser.add_argument("--table", action="store_true", help="write the table of the results into docs/reliability.md")
    return parser.parse_args()


def known(results: Path) -> Iterator[dict[str, Any]]:
    """The outcomes that are in the file of results."""
    if results.exists():
        yield from (json.loads(line) for line in results.read_text().splitlines())


def play(task: tuple[int, str]) -> dict[str, Any]:
    """Plays one seed. The folder of one that went wrong is kept."""
    seed, root = task
    folder, home = Path(root, str(seed)), Path(root, "home")
    home.mkdir(exist_ok=True)
    outcome = Play(plan_of(seed), folder, home).play().as_json()
    outcome["machine"] = machine()
    if outcome["problems"]:
        kept = RESULTS.parent / "failed" / str(seed)
        shutil.rmtree(kept, ignore_errors=True)
        shutil.copytree(folder, kept)
    shutil.rmtree(folder)
    return outcome


def once(seed: int) -> int:
    """Plays one seed for somebody who wants to see it."""
    plan = plan_of(seed)
    print(f"seed {seed}: {plan.shape}, {plan.rate} tuples a second")
    for strike in plan.strikes:
        print(f"  {strike.what.words}: {strike.component}, after {strike.after} tuples{', together with the one before' if strike.together else ''}")
    root = Path(tempfile.mkdtemp(prefix=f"chaos.{seed}."))
    (root / "home").mkdir()
    outcome = Play(plan, root / "run", root / "home").play().as_json()
    tell(outcome)
    for strike in outcome["strikes"]:
        print("  ", strike)
    print(f"what the components noted, and the log: {root / 'run'}")
    return 1 if outcome["problems"] else 0


def tell(outcome: dict[str, Any]) -> None:
    """One line about a seed, and one for each problem."""
    print(
        f"seed {outcome['seed']:4} {outcome['shape']:16} {outcome['seconds']:5.1f} s, {outcome['tuples']} tuples, {len(outcome['strikes'])} faults, "
        f"{outcome['duplicated']} duplicated, longest stall {outcome['longest_stall']:.2f} s",
        flush=True,
    )
    for problem in outcome["problems"]:
        print(f"     {problem}; play it again: make chaos SEED={outcome['seed']}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
