"""The libraries of the matrix. A new one is a new line in `LIBRARIES`, and nothing else: its cells come by themselves.

What a component has to do in each role stands in README.md beside this file.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from stock_libraries import MULTILANG, lay_out_into

HERE = Path(__file__).resolve().parent
COMPONENTS = HERE / "components"
STOCK = HERE.parent / "stock"
TARGET = HERE.parent.parent / "target"

# What our libraries must refuse in `emit`, and what the reason says of each.
REFUSALS = {
    "nan": "finite",
    "infinity": "finite",
    "huge": "64 bits",
    "surrogate": "surrogate|UTF-8|byte ED",
    "bytes": "bytes|UTF-8|byte FF",
    "object": "type|class|cannot|Object",
    "key": "key",
    "inner": "finite",
}


@dataclass(frozen=True)
class Library:
    """One row: a library in one dialect and encoding, outside or inside.

    `command`: what starts a component; `{role}` in a word becomes the role, and if no word has it, the role is added at the end.
    `python` is the Python of the tests. `kind`: the word of the Python DSL that declares it, `Process` outside.
    `serializer`: what it speaks at first. `lacks`: what it cannot have by nature, each with the reason, shown in the table:
    a check's name, or one of the words in README.md. `refuses`: the values that its `emit` must refuse.
    """

    name: str
    language: str
    library: str
    dialect: str
    encoding: str
    command: tuple[str, ...]
    where: str = "outside"
    kind: str = "Process"
    serializer: str = "json"
    env: Mapping[str, str] = field(default_factory=dict)
    lacks: Mapping[str, str] = field(default_factory=dict)
    refuses: tuple[str, ...] = ()
    options: Mapping[str, object] = field(default_factory=dict)

    def words(self, role: str, *arguments: str) -> list[str]:
        """The command of a component."""
        words = [word.replace("{role}", role) for word in self.command]
        return [*words, *([] if words != list(self.command) else [role]), *arguments]

    def declaration(self, role: str, *arguments: str, env: Mapping[str, str] | None = None, **others: object) -> str:
        """Its declaration in a topology in Python. `others`: further keywords, as source where they begin with `=`."""
        words = ", ".join(map(repr, self.words(role, *arguments)))
        keywords: dict[str, object] = {**self.options, "env": {**self.env, **(env or {})}, **others}
        if self.kind == "Process" and self.serializer != "json":
            keywords["serializer"] = self.serializer
        shown = (f"{name}={value[1:] if isinstance(value, str) and value[:1] == '=' else repr(value)}" for name, value in keywords.items())
        return f"{self.kind}({words}, {', '.join(shown)})"


ALL = tuple(REFUSALS)
IN_LUA = tuple(kind for kind in ALL if kind != "huge")  # no number of Lua is an integer past 64 bits
NO_PIPES = {"conversation": "it has no pipes: the host plays the conversation to it itself"}


FLOATS_ONLY = {"integers": "its numbers are floats: a whole one comes back as an integer"}


def ours(name: str, language: str, library: str, codec: str, encoding: str, *command: str, **others: Any) -> Library:
    """A library of ours with one of its codecs; `storm`: as on Apache Storm, without frames."""
    dialect = "Storm" if codec == "storm" else "frames"
    return Library(name, language, library, dialect, encoding, command, env={"STORMHOST_CODEC": codec}, **{"refuses": ALL, **others})


PYTHON, RUBY, LUA = (str(COMPONENTS / f"words.{ending}") for ending in ("py", "rb", "lua"))

# Components on the libraries of others lie beside these, as in a jar of Storm's.
LAID_OUT = lay_out_into(TARGET / "stock")
ERROR_AT_THE_END = {"quiet": "it reports the end of its input as an error"}
FLOATS_OF_64_BITS = {**FLOATS_ONLY, "precision": "its numbers are floats of 64 bits, and an integer past 53 bits is rounded"}
PYSTORM = {"status": "it leaves with status 2 when its input ends"}
NODE_STORM = {
    **FLOATS_OF_64_BITS,
    "activate": "it answers neither `activate` nor `deactivate`",
    "outcomes": "it answers neither `ack` nor `fail`",
}


def stock(name: str, language: str, library: str, *command: str, encoding: str = "json", **others: Any) -> Library:
    """A library of others, or none."""
    return Library(name, language, library, "Storm", encoding, command, serializer=encoding, **others)


def laid_out(file: str) -> str:
    """Where a component's file lies beside its library."""
    return str(LAID_OUT / file)


INSIDE: Mapping[str, Any] = {"where": "inside", "options": {"where": "inside"}, "lacks": NO_PIPES}

LIBRARIES = [
    ours("python-native", "Python", "stormhost, native", "native", "msgpack", "python", PYTHON),
    ours("python-msgspec", "Python", "stormhost, msgspec", "msgspec", "msgpack", "python", PYTHON),
    ours("python-ormsgpack", "Python", "stormhost, ormsgpack", "ormsgpack", "msgpack", "python", PYTHON),
    ours("python-msgpack", "Python", "stormhost, msgpack", "msgpack", "msgpack", "python", PYTHON),
    ours("python-json", "Python", "stormhost, json", "json", "json", "python", PYTHON),
    ours("python-storm", "Python", "stormhost, json", "storm", "json", "python", PYTHON),
    ours("ruby-msgpack", "Ruby", "stormhost, msgpack", "msgpack", "msgpack", "ruby", RUBY),
    ours("ruby-json", "Ruby", "stormhost, json", "json", "json", "ruby", RUBY),
    ours("ruby-storm", "Ruby", "stormhost, json", "storm", "json", "ruby", RUBY),
    ours("lua-msgpack", "Lua 5.4", "stormhost", "msgpack", "msgpack", "lua5.4", LUA, refuses=IN_LUA),
    ours("lua-json", "Lua 5.4", "stormhost", "json", "json", "lua5.4", LUA, refuses=IN_LUA),
    ours("lua-storm", "Lua 5.4", "stormhost", "storm", "json", "lua5.4", LUA, refuses=IN_LUA),
    ours("luajit-msgpack", "LuaJIT", "stormhost", "msgpack", "msgpack", "luajit", LUA, refuses=IN_LUA, lacks=FLOATS_ONLY),
    ours("luajit-json", "LuaJIT", "stormhost", "json", "json", "luajit", LUA, refuses=IN_LUA, lacks=FLOATS_ONLY),
    ours("luajit-storm", "LuaJIT", "stormhost", "storm", "json", "luajit", LUA, refuses=IN_LUA, lacks=FLOATS_ONLY),
    Library("lua-inside", "Lua 5.4", "stormhost", "frames", "msgpack", (LUA,), where="inside", kind="Lua", lacks=NO_PIPES, refuses=IN_LUA),
    ours("python-inside", "Python", "stormhost, native", "native", "msgpack", "python", PYTHON, **INSIDE),
    stock("storm.py", "Python", "Storm's storm.py", "python", laid_out("storm_{role}.py"), lacks=ERROR_AT_THE_END),
    stock("storm.rb", "Ruby", "Storm's storm.rb", "ruby", "-C", str(LAID_OUT), "storm_{role}.rb", lacks=ERROR_AT_THE_END),
    stock("storm.js", "JavaScript", "Storm's storm.js", "node", laid_out("storm_{role}.js"), lacks=FLOATS_OF_64_BITS),
    stock("pystorm", "Python", "pystorm", "python", laid_out("pystorm_{role}.py"), "json", lacks=PYSTORM),
    stock("pystorm-msgpack", "Python", "pystorm", "python", laid_out("pystorm_{role}.py"), "msgpack", encoding="msgpack", lacks=PYSTORM),
    stock("node-storm", "JavaScript", "node-storm", "node", laid_out("node_storm_words.js"), lacks=NODE_STORM),
    stock("perl", "Perl", "none", "perl", laid_out("words.pl")),
    stock("go", "Go", "none", str(MULTILANG / "words-go")),
]
