"""The command line that the host uses: `describe FILE[:Name] -- args…`, `component FILE[:Name] ID -- args…`, and
`describe-streamparse FILE[:Name] PROJECT -- args…` or `describe-petrel FILE[:function] SETTINGS`, with JSON."""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, NoReturn

USAGE = """usage: python stormhost describe FILE[:Name] [-- args…]
       python stormhost describe-streamparse FILE[:Name] PROJECT [-- args…]
       python stormhost describe-petrel FILE[:function] SETTINGS [-- args…]
       python stormhost component FILE[:Name] ID [--typed FILE] [-- args…]
The stormhost host runs these; by hand: stormhost check FILE, stormhost run FILE."""


def main(root: str, dont_write_bytecode: bool, words: list[str] | None = None) -> NoReturn:
    """`root`: the folder that holds this package. `dont_write_bytecode`: the user's wish, for the user's code.

    `words`: the command line, where it is not that of a process.
    """
    back_to_usual = _collect_rarely()
    words = sys.argv[1:] if words is None else words
    args: list[str] = []
    if "--" in words:
        split = words.index("--")
        words, args = words[:split], words[split + 1 :]
    if len(words) == 2 and words[0] == "describe":
        from ._describe import describe

        file, name = split_name(words[1])
        prepare(root, file, file, args)
        sys.dont_write_bytecode = dont_write_bytecode
        describe(file, name, args)
        sys.exit(0)
    if len(words) == 3 and words[0] in ("describe-streamparse", "describe-petrel"):
        from . import _describe, _petrel, _streamparse

        describer = _petrel if words[0] == "describe-petrel" else _streamparse
        sys.dont_write_bytecode = dont_write_bytecode
        file, name = split_name(words[1])
        _describe.write(lambda: describer.description(file, name, words[2], args))
        sys.exit(0)
    if len(words) in (3, 5) and words[0] == "component":
        from ._child import run

        file, name = split_name(words[1])
        typed = words[4] if len(words) == 5 and words[3] == "--typed" else file
        prepare(root, file, typed, args)
        _import_links()
        sys.dont_write_bytecode = dont_write_bytecode

        def make() -> Any:
            component = _component(file, name, words[2])
            back_to_usual()
            return component

        run(make)
    print(USAGE, file=sys.stderr)
    sys.exit(2)


_usual = (700, 10, 10)  # thresholds of the garbage collector, as it was found


def _collect_rarely() -> Callable[[], None]:
    """Keeps the garbage collector from going through imports, which is a tenth of what a child takes to start.

    What is returned ends that, unless the user has thresholds of his own by then. What was imported stays, and is
    never gone through again; but not inside the host, where components come and go, and are imported anew.
    """
    import gc

    global _usual
    rarely = (1 << 20, 10, 10)
    if gc.get_threshold() != rarely:  # else another one inside is loading, or was stopped before it came to an end
        _usual = gc.get_threshold()
    usual = _usual
    gc.set_threshold(*rarely)

    def back_to_usual() -> None:
        if gc.get_threshold() == rarely:
            gc.set_threshold(*usual)
        if "stormhost._inside" not in sys.modules and hasattr(gc, "freeze"):  # not in PyPy
            gc.freeze()

    return back_to_usual


def split_name(text: str) -> tuple[str, str | None]:
    """`topology.py:Name` as its two parts; the name may be missing."""
    file, colon, name = text.rpartition(":")
    if colon and name.isidentifier() and not os.path.exists(text):
        return file, name
    return text, None


def prepare(root: str, file: str, typed: str, args: list[str]) -> None:
    """Makes `sys.path` and `sys.argv` as `python FILE args…` would, with this package within reach."""
    folder = os.path.dirname(os.path.abspath(file))
    if sys.path[:1] != [folder]:  # inside the host others may have been here before
        sys.path.insert(0, folder)
    if root not in sys.path:
        sys.path.insert(1, root)  # for processes that user code starts with this path
    sys.argv = [typed, *args]


def load(file: str) -> Any:
    """Imports a file as a module called by its stem. Raises whatever its code raises."""
    from importlib.machinery import ModuleSpec, SourceFileLoader

    path = os.path.abspath(file)
    stem = os.path.splitext(os.path.basename(path))[0]
    loader = SourceFileLoader(stem, path)
    # By hand, since importlib.util would take several ms to import.
    module = type(sys)(stem)
    module.__file__ = path
    module.__loader__ = loader
    module.__spec__ = ModuleSpec(stem, loader, origin=path)
    module.__package__ = ""
    inside = sys.modules.get("stormhost._inside")
    if inside is None:
        sys.modules[stem] = module
    else:
        inside.own(stem, module)
    code = loader.get_code(stem)
    assert code is not None  # a source file always has code
    exec(code, vars(module))
    return module


def find_topologies(module: Any) -> dict[str, Any]:
    """The topologies that a module defines itself, by name, without those that others of it build on."""
    from ._topology import Topology

    found = {
        name: value
        for name, value in vars(module).items()
        if isinstance(value, type) and issubclass(value, Topology) and value.__module__ == module.__name__
    }
    bases = {base for topology in found.values() for base in topology.__mro__[1:]}
    return {name: topology for name, topology in found.items() if topology not in bases and name == topology.__name__}


def _component(file: str, name: str | None, id: str) -> Any:
    """The component called `id`, as a real object."""
    from ._declaration import ComponentDeclaration
    from ._topology import declarations

    module = load(file)
    topology = getattr(module, name, None) if name else next(iter(find_topologies(module).values()), None)
    if topology is None:
        raise RuntimeError(f"{file} has no topology {name or ''}any more: was it changed while it was running?")
    for declaration in declarations(topology):
        if declaration.name == id and isinstance(declaration, ComponentDeclaration):
            return declaration.build()
    raise RuntimeError(f"topology {topology.__name__} has no component {id!r} any more: was {file} changed?")


def _import_links() -> None:
    """Imports what a child needs while our byte code may still be cached."""
    from . import _codec, _frames_bolt, _frames_spout, _native_link  # noqa: F401
