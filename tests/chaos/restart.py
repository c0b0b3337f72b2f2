"""How long it takes from SIGKILL of a Python child to flowing again, beside how long a bare interpreter takes to start: `make chaos-restart`.

    python restart.py [KILLS]

Writes what came out into docs/reliability.md. To be run while the machine has nothing else to do: it says how busy it was.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent)]

from plan import Plan, Strike  # noqa: E402
from play import Play, end_in_order  # noqa: E402
from report import machine, of, replace  # noqa: E402

BEGIN, END = "<!-- written by `make chaos-restart` -->", "<!-- end of this -->"
RATE = 1_000
ALLOWED = 0.100
"""What is promised (s), beyond the interpreter's own start."""


class Killing(Play):
    """Kills one Python worker after the other, and starts a bare interpreter after each."""

    bare: list[float]

    def _strike(self, strike: Strike) -> None:
        super()._strike(strike)
        self._until_all_flow()
        self.bare.append(bare_start())


def bare_start() -> float:
    """Seconds from starting an interpreter to the first line of its code."""
    before = time.monotonic_ns()
    said = subprocess.run([sys.executable, "-c", "import time; print(time.monotonic_ns())"], capture_output=True, check=True, text=True).stdout
    return (int(said) - before) / 1e9


def main() -> int:
    end_in_order()
    kills = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    strikes = tuple(Strike("sigkill", ("worker", "last")[n % 2], "frames", 50, False, (n % 7) / 7) for n in range(kills))
    with tempfile.TemporaryDirectory(prefix="chaos.") as root:
        (Path(root) / "home").mkdir()
        play = Killing(Plan(0, "chain", "frames", RATE, strikes), Path(root) / "run", Path(root) / "home")
        play.bare = []
        outcome = play.play()
    flows = [strike["flows"] for strike in outcome.strikes if strike["flows"]]
    here = machine()
    beyond = of(flows, 0.99) - of(play.bare, 0.99)
    priority = ", of others, before whom all of this went (`chrt -r 1 make chaos-restart`)" if here["first"] else ""
    lines = [
        f"`make chaos-restart`: {kills} times a Python child of the chain was killed while {RATE} tuples a second went through it ({outcome.tuples} in all), "
        f"and a bare interpreter (`python -c`) was started after each.",
        f"On {here['cores']} cores ({here['cpu']}), Linux {here['kernel']}; the machine's load was {here['load']} at the end{priority}.",
        "",
        "| | p50 | p90 | p99 | most |",
        "|---|---:|---:|---:|---:|",
        row("from SIGKILL to the next tuple of that task at the sink", flows),
        row("a bare interpreter, from its start to the first line of its code", play.bare),
        "",
        f"At p99 that is {1000 * beyond:.0f} ms more than the interpreter's own start; promised are {1000 * ALLOWED:.0f} ms.",
    ]
    print("\n".join(lines))
    print("\n".join(outcome.problems))
    replace(BEGIN, END, lines)
    return 1 if outcome.problems or beyond > ALLOWED else 0


def row(words: str, times: list[float]) -> str:
    return f"| {words} | " + " | ".join(f"{1000 * of(times, share):.0f} ms" for share in (0.5, 0.9, 0.99, 1)) + " |"


if __name__ == "__main__":
    sys.exit(main())
