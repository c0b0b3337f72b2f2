"""The word count at full speed with spout, splitter and counter in another language, beside Bytewax on the same text."""

from __future__ import annotations

import shutil

from ..contest import Contest, Contestant, Figures
from ..hosted import check_counts, run_topology
from ..setting import Setting
from .peer import counting_peer
from .rate import COLUMNS, steady_rate

BYTEWAX = "Bytewax's best"
BATCHES = ("Bytewax, batch 100", "Bytewax, batch 1000")
PYTHON_INSIDE = "stormhost, Python inside"


def in_language(name: str, program: str, file: str, codec: str, send: bool, option: str = "") -> tuple[Contestant, ...]:
    """A word count in children of another language; nobody where its interpreter is not there. `option` chooses that interpreter."""

    def run(setting: Setting) -> Figures:
        environment = {"STORMHOST_CODEC": codec, "BENCH_SEND": "1" if send else "0"}
        options = (option, program) if option else ()
        hosted = run_topology(setting, file, setting.text.path, setting.text.sentences, options=options, environment=environment)
        check_counts(hosted, setting.text)
        return steady_rate(hosted, setting.text.words)

    shown = f"stormhost, {name}, {'send' if send else 'drop'}"
    return (Contestant(shown, run),) if shutil.which(program) else ()


def lua_inside(tasks: int, send: bool) -> Contestant:
    """A word count in Lua inside the host, with so many tasks of each bolt."""

    def run(setting: Setting) -> Figures:
        environment = {"BENCH_SEND": "1" if send else "0", "BENCH_WHERE": "inside", "BENCH_TASKS": str(tasks)}
        text = setting.text
        hosted = run_topology(setting, "word_count.lua", text.path, text.sentences, environment=environment)
        check_counts(hosted, text)
        return steady_rate(hosted, text.words)

    more = f", {tasks} tasks a bolt" if tasks > 1 else ""
    return Contestant(f"stormhost, Lua inside{more}, {'send' if send else 'drop'}", run)


def python_inside(send: bool) -> Contestant:
    """The word count of the first table with all its components in the host, where they share one interpreter."""

    def run(setting: Setting) -> Figures:
        text = setting.text
        environment = {"BENCH_SEND": "1" if send else "0", "BENCH_WHERE": "inside"}
        hosted = run_topology(setting, "word_count.py", text.path, text.sentences, environment=environment)
        check_counts(hosted, text)
        return steady_rate(hosted, text.words)

    return Contestant(f"{PYTHON_INSIDE}, {'send' if send else 'drop'}", run)


CONTEST = Contest(
    key="languages",
    title="Word count at full speed in other languages",
    about=(
        "As the first table, with all three children in another language: one task each, every sentence and word anchored and acked. "
        "*send* and *drop* as there. *Inside*: threads of the host, whose CPU is that of all of them, those in Python with one global lock."
    ),
    columns=COLUMNS,
    contestants=(
        counting_peer(BATCHES[0], "bytewax_flow.py", 100, needs=("bytewax",)),
        counting_peer(BATCHES[1], "bytewax_flow.py", 1000, needs=("bytewax",)),
        python_inside(send=True),
        python_inside(send=False),
        *in_language("Ruby, msgpack", "ruby", "word_count.rb", "msgpack", send=True),
        *in_language("Ruby, msgpack", "ruby", "word_count.rb", "msgpack", send=False),
        *in_language("Ruby, standard library", "ruby", "word_count.rb", "json", send=True),
        *in_language("Lua 5.4", "lua5.4", "word_count.lua", "msgpack", send=True, option="--lua"),
        *in_language("Lua 5.4", "lua5.4", "word_count.lua", "msgpack", send=False, option="--lua"),
        *in_language("LuaJIT", "luajit", "word_count.lua", "msgpack", send=True, option="--lua"),
        *in_language("LuaJIT", "luajit", "word_count.lua", "msgpack", send=False, option="--lua"),
        lua_inside(1, send=True),
        lua_inside(1, send=False),
        lua_inside(2, send=True),
        lua_inside(2, send=False),
    ),
    against=(BYTEWAX,),
    bests={BYTEWAX: BATCHES},
    ratio_of="M words/s",
)
