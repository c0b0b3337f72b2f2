"""The word count in children of other languages, beside the same in Python and beside Bytewax."""

from __future__ import annotations

from ..contest import Contest, Contestant
from .peer import counting_peer
from .rate import COLUMNS
from .word_count import BYTEWAX, counted


def in_lua(interpreter: str, send: bool) -> Contestant:
    """Three children in one Lua."""
    name = f"stormhost, {interpreter}, {'send' if send else 'drop'}"
    return counted(name, "msgpack", send, "word_count.lua", options=("--lua", interpreter))


CONTEST = Contest(
    key="languages",
    title="Word count in other languages",
    about=(
        "The word count at full speed, with its spout and both bolts written in the language that is named, on that language's own library. "
        "What nobody subscribes to is sent, or dropped, as in the first table."
    ),
    columns=COLUMNS,
    contestants=(
        counting_peer(BYTEWAX, "bytewax_flow.py", 1000, needs=("bytewax",)),
        in_lua("lua5.4", True),
        in_lua("lua5.4", False),
        in_lua("luajit", True),
        in_lua("luajit", False),
    ),
    against=(BYTEWAX,),
    ratio_of="M words/s",
)
