"""Describes a topology of Petrel: its `create(builder)` is called, as `petrel submit` would, to make IR.

Petrel's own builder makes Thrift, for which it needs libraries of a certain age. Components need Petrel itself, and
are started as it starts them, by `petrel.run`, in the folder of the topology.
"""

from __future__ import annotations

import json
import os
import sys

from ._place import Mistake, Place, here

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

_PARALLELISM = "petrel.parallelism."
# Petrel keeps a log for each child beside its topology; here it comes out where everything else does.
_LOG = "/dev/stderr"


def description(file: str, name: str | None, told: str, args: list[str]) -> dict[str, Any]:
    """The IR of what a function of a file, `create` if none is named, builds. `told`: its topology.yaml, as JSON."""
    path = os.path.abspath(file)
    folder = os.path.dirname(path)
    settings: dict[str, Any] = json.loads(told)
    sys.argv = [file, *args]
    os.chdir(folder)  # a component must find its script in the working folder
    sys.path.insert(0, folder)
    found: list[Mistake] = []
    builder = Builder(folder, found)
    _build(path, name or "create", builder, found)
    builder.set_parallelism({key: value for key, value in settings.items() if key.startswith(_PARALLELISM)}, path)
    return {
        "version": 1,
        "name": os.path.basename(folder) or "petrel",
        "file": file,
        "language": "python",
        "conf": {key: value for key, value in settings.items() if not key.startswith("petrel.")},
        "components": list(builder.components.values()),
        "subscriptions": builder.subscriptions,
        "mistakes": [mistake.as_json() for mistake in found],
    }


def _build(path: str, name: str, builder: Builder, found: list[Mistake]) -> None:
    from ._describe import _import_mistake
    from ._launch import load

    try:
        import petrel.emitter  # noqa: F401 - components are about to
    except ImportError as error:
        install = f"install it there: {sys.executable} -m pip install --no-deps petrel six"
        what = f"this is a topology of Petrel, which {sys.executable} cannot import: {error}"
        found.append(Mistake(what, f"{install}; or name a Python that has it with --python", Place(path, 0)))
        return
    create = None
    try:
        module = load(path)
        create = getattr(module, name, None)
        if callable(create):
            create(builder)
        else:
            what = f"the file has no function {name}(builder)"
            found.append(Mistake(what, "say which it is: create.py:function", Place(path, 0)))
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        mistake = _import_mistake(error, path)
        if create is not None:
            mistake.message = mistake.message.replace("the file cannot be imported:", f"{name}(builder) raises")
        found.append(mistake)


class Builder:
    """What `create` is given. Its methods have the names and arguments of Petrel's."""

    def __init__(self, folder: str, found: list[Mistake]) -> None:
        self.components: dict[str, dict[str, Any]] = {}
        self.subscriptions: list[dict[str, Any]] = []
        self._folder = folder
        self._found = found

    def setSpout(self, id: str, spout: Any, parallelism_hint: int | None = None) -> None:
        """A spout of that name."""
        self._add("spout", id, spout, parallelism_hint)

    def setBolt(self, id: str, bolt: Any, parallelism_hint: int | None = None) -> Inputs:
        """A bolt of that name; what is returned declares its inputs."""
        self._add("bolt", id, bolt, parallelism_hint)
        return Inputs(id, self.subscriptions)

    def addOutputStream(self, id: str, streamId: str, output_fields: Iterable[str], direct: bool = False) -> None:
        """A further stream of a component."""
        self.components[id]["streams"][streamId] = {"fields": list(output_fields), "direct": direct}

    def _add(self, kind: str, id: str, component: Any, parallelism: int | None) -> None:
        from ._describe import _plain

        if id in self.components:
            raise KeyError(f"a component is called {id!r} already")
        where = here()
        conf = component.getComponentConfiguration() or {}
        module = os.path.splitext(component.script)[0]
        self.components[id] = {
            "id": id,
            "kind": kind,
            "parallelism": 1 if parallelism is None else parallelism,
            "command": [sys.executable, "-m", "petrel.run", module, _LOG],
            "cwd": self._folder,
            "serializer": "json",
            "streams": {"default": {"fields": list(component.declareOutputFields() or ()), "direct": False}},
            "conf": _plain(conf, f"configuration of {id!r}", where, self._found),
            "at": None if where is None else where.as_json(),
        }

    def set_parallelism(self, settings: dict[str, Any], path: str) -> None:
        """What topology.yaml says of it wins."""
        for key, number in settings.items():
            component = self.components.get(key[len(_PARALLELISM) :])
            if component is not None:
                component["parallelism"] = number
            elif self.components:
                names = ", ".join(self.components)
                what = f"topology.yaml has {key}, but no component is called that"
                self._found.append(Mistake(what, f"the components are: {names}", Place(path, 0)))


class Inputs:
    """Declares what a bolt listens to; every method returns the same object."""

    def __init__(self, to: str, subscriptions: list[dict[str, Any]]) -> None:
        self._to = to
        self._subscriptions = subscriptions

    def allGrouping(self, componentId: str, streamId: str = "default") -> Inputs:
        """A copy to every task."""
        return self._add("all", componentId, streamId)

    def fieldsGrouping(self, componentId: str, fields: Iterable[str], streamId: str = "default") -> Inputs:
        """Equal values of these fields to one task."""
        return self._add("fields", componentId, streamId, list(fields))

    def globalGrouping(self, componentId: str, streamId: str = "default") -> Inputs:
        """Everything to one task."""
        return self._add("global", componentId, streamId)

    def shuffleGrouping(self, componentId: str, streamId: str = "default") -> Inputs:
        """Evenly."""
        return self._add("shuffle", componentId, streamId)

    def localOrShuffleGrouping(self, componentId: str, streamId: str = "default") -> Inputs:
        """Evenly."""
        return self._add("local_or_shuffle", componentId, streamId)

    def noneGrouping(self, componentId: str, streamId: str = "default") -> Inputs:
        """Anywhere."""
        return self._add("none", componentId, streamId)

    def directGrouping(self, componentId: str, streamId: str = "default") -> Inputs:
        """Where the emitter says."""
        return self._add("direct", componentId, streamId)

    def _add(self, grouping: str, component: str, stream: str, fields: Iterable[str] = ()) -> Inputs:
        where = here()
        self._subscriptions.append(
            {
                "to": self._to,
                "from": component,
                "stream": stream,
                "grouping": grouping,
                "fields": list(fields),
                "at": None if where is None else where.as_json(),
            }
        )
        return self
