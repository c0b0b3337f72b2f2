#!/usr/bin/env python3
"""Runs the benchmarks and prints their tables. `make bench` is the whole, `make bench-quick` what one looks at daily.

    python3 bench/run.py [--quick | --check] [--only KEY]… [--rounds N] [--host PATH] [--write]

Needs Linux and a release build of stormhost. Peers are installed into target/bench-venv, from their registries.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from harness import kept, report
from harness.cases import ALL
from harness.contest import hold
from harness.machine import facts
from harness.peers import BENCH_VENV, build_storm, environment, found
from harness.setting import BENCH, ROOT, Setting, find_host

FULL, QUICK, CHECK = 1.0, 0.2, 0.002


def main() -> int:
    options = _options()
    host = find_host(options.host)
    contests = [contest for contest in ALL if not options.only or contest.key in options.only]
    if options.quick and not options.only:
        contests = [quick for contest in contests if (quick := contest.quick())]
    scale = CHECK if options.check else QUICK if options.quick else FULL
    # A check uses what is there: no network, no installing.
    python, missing = (found(), {}) if options.check else environment(BENCH_VENV)
    if not (options.check or options.quick):
        why = build_storm()
        if why:
            missing["storm"] = why
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary) if options.check else ROOT / "target" / "bench"
        setting = Setting(host, python, folder, scale, options.rounds, missing)
        began = time.monotonic()
        told = facts(setting, ["python3", "bench/run.py", *(Path(word).name for word in sys.argv[1:])])
        done = []
        for contest in contests:
            rounds = options.rounds or (1 if options.check else contest.quick_rounds if options.quick else 5)
            held = hold(contest, setting, rounds)
            done.append(held)
            print(f"\n## {contest.title}\n\n{report.table(held)}\n", flush=True)
    told["rounds"] = str(options.rounds or 5) + f", in {(time.monotonic() - began) / 60:.0f} minutes"
    # Made in a check, too: a page that cannot be written should not be noticed after half an hour.
    document = kept.as_json(done, told)
    text = json.dumps(document, indent=1, ensure_ascii=False) + "\n"
    page = report.page(done, kept.Kept(document))
    if not options.check:
        results = ROOT / "target" / "bench" / "results.json"
        results.write_text(text)
    if options.write:
        kept.FILE.write_text(text)
        (BENCH / "RESULTS.md").write_text(page)
    return 1 if any(held.failed for held in done) else 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    size = parser.add_mutually_exclusive_group()
    size.add_argument("--quick", action="store_true", help="a fifth of the work, and only what one touches daily")
    size.add_argument("--check", action="store_true", help="tiny inputs, once, with what is installed: does everything still run?")
    keys = [contest.key for contest in ALL]
    parser.add_argument("--only", action="append", choices=keys, help="one contest; may be given several times")
    parser.add_argument("--rounds", type=int, default=0, help="how often everything is measured (5; quick: what the contest says)")
    parser.add_argument("--host", help="the stormhost to measure (target/release/stormhost)")
    parser.add_argument("--write", action="store_true", help="write bench/RESULTS.md and bench/results.json")
    options = parser.parse_args()
    if options.write and (options.only or options.quick or options.check):
        parser.error("--write is for the whole, in one run: without --only, --quick and --check")
    return options


if __name__ == "__main__":
    sys.exit(main())
