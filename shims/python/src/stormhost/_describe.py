"""The describer: imports a topology's file and writes it as IR (`docs/ir.md`), with every mistake it can find."""

from __future__ import annotations

import os
import sys

from ._batcher import TimeBatcher
from ._bolt import Bolt
from ._declaration import ComponentDeclaration, Declaration
from ._groupings import Grouping
from ._jsontext import encode
from ._launch import find_topologies, load
from ._misdeclared import wrong_arguments, wrong_parallelism, wrong_streams
from ._place import Mistake, Place
from ._process import Process
from ._shell import Shell
from ._spout import Spout
from ._topology import Topology, declarations, mistakes, place
from ._values import EmitError, clean

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any


def describe(file: str, name: str | None, args: list[str]) -> None:
    """Writes the IR to standard output; what user code prints meanwhile goes to standard error."""
    write(lambda: description(file, name, args))


def write(describing: Callable[[], dict[str, Any]]) -> None:
    """Writes what `describing` makes to standard output, with everything else that is printed kept from there."""
    sys.stdout.flush()
    out = os.dup(1)
    os.dup2(2, 1)
    ir = describing()
    sys.stdout.flush()
    data = encode(ir) + b"\n"
    while data:
        data = data[os.write(out, data) :]


def description(file: str, name: str | None, args: list[str]) -> dict[str, Any]:
    """The IR of one topology of a file."""
    path = os.path.abspath(file)
    ir: dict[str, Any] = {
        "version": 1,
        "name": name or os.path.splitext(os.path.basename(path))[0],
        "file": file,
        "language": "python",
        "conf": {},
        "components": [],
        "subscriptions": [],
        "mistakes": [],
    }
    found: list[Mistake] = []
    topology = _topology(file, name, found)
    if topology is not None:
        ir["name"] = topology.__name__
        target = f"{path}:{topology.__name__ if name is None else name}"
        typed = [] if file == path else ["--typed", file]
        _fill(ir, topology, found, lambda id: [*_launcher(), target, id, *typed, "--", *args], os.path.dirname(path))
    ir["mistakes"] = [mistake.as_json() for mistake in found]
    return ir


def _launcher() -> list[str]:
    # The file rather than the folder: Python needs `runpy` for a folder, 5 to 15 ms a child.
    return [sys.executable, os.path.join(os.path.dirname(os.path.abspath(__file__)), "__main__.py"), "component"]


def _topology(file: str, name: str | None, found: list[Mistake]) -> Any:
    """Imports the file and picks the topology; None, and a mistake, when that is not possible."""
    path = os.path.abspath(file)
    try:
        module = load(file)
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        found.append(_import_mistake(error, path))
        return None
    if name is not None:
        chosen = getattr(module, name, None)
        if isinstance(chosen, type) and issubclass(chosen, Topology):
            return chosen
        what = "is no Topology class" if hasattr(module, name) else "is not there"
        have = ", ".join(find_topologies(module)) or "none"
        found.append(Mistake(f"topology {name!r} {what}", f"topologies in this file: {have}", Place(path, 1)))
        return None
    topologies = find_topologies(module)
    if len(topologies) == 1:
        return next(iter(topologies.values()))
    if topologies:
        names = list(topologies)
        hint = f"say which: {os.path.basename(path)}:{names[0]}"
        found.append(Mistake(f"several topologies: {', '.join(names)}", hint, place(topologies[names[1]])))
    else:
        hint = "define one: class MyTopology(Topology): …; imported ones do not count"
        found.append(Mistake("no Topology class in this file", hint, Place(path, 1)))
    return None


def _import_mistake(error: BaseException, path: str) -> Mistake:
    from ._traceback import ours, story, summary

    if isinstance(error, SyntaxError) and error.filename:
        where = Place(error.filename, error.lineno or 1)
    else:
        where = Place(path, 1)
        trace = error.__traceback__
        while trace is not None:  # the innermost line of the topology's own file, else of user code
            code = trace.tb_frame.f_code
            if code.co_filename == path or (where.file != path and not ours(code.co_filename)):
                where = Place(code.co_filename, trace.tb_lineno)
            trace = trace.tb_next
    if isinstance(error, SystemExit):
        message = f"the file calls exit ({error.code!r}) when it is imported"
        hint = "put what should not run at import under: if __name__ == '__main__':"
    elif isinstance(error, FileNotFoundError) and error.filename == path:
        message, hint = "there is no such file", None
    else:
        message = f"the file cannot be imported: {summary(error)}"
        hint = None
        if isinstance(error, ModuleNotFoundError):
            hint = f"it was imported with {sys.executable}; is that the right Python? See --python"
    return Mistake(message, hint, where, story(error))


def _fill(ir: dict[str, Any], topology: Any, found: list[Mistake], command_of: Any, folder: str) -> None:
    found += mistakes(topology)
    if isinstance(topology.conf, dict):
        ir["conf"] = _plain(topology.conf, "conf of the topology", place(topology), found)
    elif not isinstance(topology.conf, Declaration):  # a component may be called so
        found.append(Mistake("conf of the topology is no dict", None, place(topology)))
    components = declarations(topology)
    for declaration in components:
        ir["components"].append(_component(declaration, command_of, folder, found))
        for item, where in declaration.inputs:
            subscription = _subscription(declaration, item, where, components, found)
            if subscription is not None:
                ir["subscriptions"].append(subscription)


def _component(declaration: Declaration, command_of: Any, folder: str, found: list[Mistake]) -> dict[str, Any]:
    name, where = declaration.name, declaration.place

    def plain(value: Any, what: str) -> Any:
        return _plain(value, f"{what} of {name!r}", where, found)

    for look in (wrong_parallelism, wrong_streams, wrong_arguments):
        found += [Mistake(what, hint, where) for what, hint in look(declaration)]
    cwd: str | None
    if isinstance(declaration, ComponentDeclaration):
        command = command_of(name)
        cwd = declaration.cwd or os.getcwd()
        missing = _missing_method(declaration.cls)
        if missing is not None:
            found.append(Mistake(f"{declaration.cls.__name__} has no method {missing}", f"{name!r} needs one", where))
    elif isinstance(declaration, Shell):
        # It runs where the command was typed, as our own components do.
        command = None
        cwd = declaration.cwd or os.getcwd()
    else:
        assert isinstance(declaration, Process)
        command = plain(declaration.command, "command")
        resources = os.path.join(folder, "resources")
        cwd = declaration.cwd or (resources if os.path.isdir(resources) else folder)
    hosted = plain(declaration.as_json(), "options") if isinstance(declaration, Process) else {}
    return {
        "id": name,
        "kind": declaration.kind,
        "parallelism": declaration.parallelism if type(declaration.parallelism) is int else 1,
        **(hosted or {"command": command}),
        **({} if declaration.where is None else {"where": plain(declaration.where, "where")}),
        "cwd": cwd if cwd is None else os.path.abspath(plain(cwd, "cwd") or "."),
        "env": plain(_as_text(declaration.env), "env"),
        "serializer": plain(declaration.serializer, "serializer"),
        "replay": plain(declaration.replay, "replay"),
        "streams": plain(_readable(declaration.streams()), "streams"),
        "conf": plain(declaration.conf, "conf"),
        "at": None if where is None else where.as_json(),
    }


def _as_text(env: Any) -> Any:
    """Variables are text, and a number is meant as its digits."""
    if not isinstance(env, dict):
        return env
    return {name: str(value) if type(value) in (int, float) else value for name, value in env.items()}


def _readable(streams: dict[str, Any]) -> dict[str, Any]:
    """Streams without the fields that are no text, of which there is a mistake."""
    return {
        name: {**stream, "fields": [field for field in stream["fields"] if isinstance(field, str)]}
        for name, stream in streams.items()
    }


def _missing_method(cls: Any) -> str | None:
    """The method without which a component of this class cannot do anything."""
    if issubclass(cls, Spout):
        idle = cls.next_tuple is Spout.next_tuple and cls.tuples is Spout.tuples
        return "next_tuple(self), nor a generator tuples(self)" if idle else None
    if issubclass(cls, TimeBatcher) and cls.execute is TimeBatcher.execute:
        return "batch(self, inputs)" if cls.batch is TimeBatcher.batch else None
    return "execute(self, input)" if issubclass(cls, Bolt) and cls.execute is Bolt.execute else None


def _subscription(
    to: Declaration, item: Any, where: Place | None, components: list[Declaration], found: list[Mistake]
) -> dict[str, Any] | None:
    if not isinstance(item, Grouping):
        hint = "wrap it in a grouping: ShuffleGrouping(…)"
        found.append(Mistake(f"{to.name!r}: an input must be a grouping, not {item!r}", hint, where))
        return None
    where = item.place or where
    if item.source is None:
        hint = "a grouping takes a component of this topology, or one of its streams: parser, parser.LateOnes"
        found.append(Mistake(f"{to.name!r}: {item!r} is not given a component", hint, where))
        return None
    source = item.source
    if source not in components and source.name not in [component.name for component in components]:
        what = f"{source.name!r}, which belongs to another topology" if source.name else "a component without a name"
        found.append(Mistake(f"{to.name!r} listens to {what}", "declare it in this topology, with a name", where))
        return None
    return {
        "to": to.name,
        "from": source.name,
        "stream": item.stream,
        "grouping": item.name,
        "fields": _plain(item.fields, f"fields of {item!r}", where, found),
        "at": None if where is None else where.as_json(),
    }


def _plain(value: Any, what: str, where: Place | None, found: list[Mistake]) -> Any:
    """`value` as JSON can say it; else a mistake, and nothing in its place."""
    try:
        return clean(value)
    except EmitError as error:
        found.append(Mistake(f"{what}: {error.reason}", None, where))
        return {} if isinstance(value, dict) else None if not isinstance(value, list) else []
