"""Describes a topology of streamparse: its class is imported with streamparse itself, and its specs become IR.

What the project's `config.json` says is read by the host, which hands over what is needed here (`Project`). Components
are started as streamparse starts them, by `streamparse_run`, in the project's `src`. Nothing here needs Storm or a JVM.
"""

from __future__ import annotations

import ast
import json
import os
import shlex
import sys
from keyword import iskeyword

from ._place import Mistake, Place

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_RUNNER = "streamparse_run"
_PARTIAL_KEY = "PartialKeyGrouping"
_SERIALIZERS = ("json", "msgpack")
# Members of Thrift's Grouping that are groupings as they stand, and what the IR calls them.
_PLAIN = ("shuffle", "all", "none", "direct", "local_or_shuffle")


class Project:
    """What the host found out about the project that a topology belongs to."""

    def __init__(self, told: dict[str, Any]) -> None:
        self.root: str = told["root"]  # where `sparse` would be typed
        self.source: str = told["source"]  # what is imported, and where children work
        self.environment: str | None = told["environment"]
        self.serializer: str = told["serializer"] or "json"
        self.looked: list[str] = told["looked"]  # where a Python with streamparse was looked for
        self.by_its_name = _ByItsName(self.root)


class _ByItsName:
    """Finds `src` as a package, for `from src.bolts import …`, as an example of streamparse has it.

    Nothing else is found in the project's folder: whether children need it in their path is to be known.
    """

    def __init__(self, root: str) -> None:
        self.root = root
        self.was_needed = False

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> Any:
        from importlib.machinery import PathFinder

        found = PathFinder.find_spec(name, [self.root]) if name == "src" else None
        self.was_needed |= found is not None
        return found


def description(file: str, name: str | None, told: str, args: list[str]) -> dict[str, Any]:
    """The IR of one topology of a file; `told` is a `Project` as JSON."""
    project = Project(json.loads(told))
    path = os.path.abspath(file)
    sys.argv = [file, *args]
    os.chdir(project.root)
    sys.path += [project.source, os.path.dirname(path)]
    sys.meta_path.append(project.by_its_name)
    found: list[Mistake] = []
    ir: dict[str, Any] = {
        "version": 1,
        "name": os.path.splitext(os.path.basename(path))[0],
        "file": file,
        "language": "python",
        "conf": {},
        "components": [],
        "subscriptions": [],
    }
    topology = _topology(path, name, project, found)
    if topology is not None:
        _Description(topology, path, project, ir, found).fill()
    ir["mistakes"] = [mistake.as_json() for mistake in found]
    return ir


def _topology(path: str, name: str | None, project: Project, found: list[Mistake]) -> Any:
    """The topology's class; None, and a mistake, when there is none."""
    import warnings

    warnings.filterwarnings("ignore", "pkg_resources")  # streamparse's own affair, and no user's mistake
    try:
        from streamparse.dsl.topology import Topology, TopologyType
    except ImportError as error:
        found.append(_no_streamparse(error, project, path))
        return None
    from ._describe import _import_mistake
    from ._launch import load

    try:
        module = load(path)
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        found.append(_import_mistake(error, path))
        return None
    topologies = {key: it for key, it in vars(module).items() if isinstance(it, TopologyType) and it is not Topology}
    names = list(topologies)
    if name is not None:
        if name not in topologies:
            hint = f"topologies in this file: {', '.join(names) or 'none'}"
            found.append(Mistake(f"topology {name!r} is not there", hint, Place(path, 0)))
        return topologies.get(name)
    if not names:
        hint = "define one: class WordCount(Topology): …"
        found.append(Mistake("no class in this file is a streamparse Topology", hint, Place(path, 0)))
        return None
    if len(names) > 1:
        what = f"several topologies: {', '.join(names)}; {names[0]} is taken, as streamparse does"
        hint = f"to run another, say which: {os.path.basename(path)}:{names[1]}"
        found.append(Mistake(what, hint, Place(path, 0), severity="warning"))
    return topologies[names[0]]


def _no_streamparse(error: ImportError, project: Project, path: str) -> Mistake:
    needs = "streamparse"
    if isinstance(error, ModuleNotFoundError) and error.name == "pkg_resources":
        needs = "streamparse 'setuptools<81'"  # later ones have no pkg_resources, which streamparse imports
    looked = "".join(f"\n    {place}" for place in project.looked)
    what = f"this is a topology of streamparse, which {sys.executable} cannot import: {error}"
    install = f"install it there ({sys.executable} -m pip install {needs})"
    return Mistake(what, f"{install}, or name a Python that has it with --python; looked at:{looked}", Place(path, 0))


class _Description:
    """One topology that is being written down."""

    def __init__(self, topology: Any, path: str, project: Project, ir: dict[str, Any], found: list[Mistake]) -> None:
        self.topology = topology
        self.path = path
        self.project = project
        self.ir = ir
        self.found = found
        self.lines = _lines_of_specs(path, topology.__name__)
        self.at = Place(path, self.lines.get("", 0))

    def fill(self) -> None:
        self.ir["conf"] = self.plain(self.topology.config, "config of the topology", self.at)
        for spec in self.topology.specs:
            self.check_class(spec)
            self.ir["components"].append(self.component(spec))
            for stream, grouping in (spec.inputs or {}).items():
                self.ir["subscriptions"].append(self.subscription(spec, stream, grouping))
        self.check_serializer()
        self.check_field_names()

    def place(self, spec: Any) -> Place:
        return Place(self.path, self.lines.get(spec.name, self.at.line))

    def plain(self, value: Any, what: str, where: Place) -> Any:
        from ._describe import _plain

        return _plain(value, what, where, self.found)

    def component(self, spec: Any) -> dict[str, Any]:
        where = self.place(spec)
        component = spec.component_object
        started = self.java(spec, where) if component.shell is None else self.shell(component.shell)
        return {
            "id": spec.name,
            "kind": "spout" if type(spec).__name__.endswith("SpoutSpec") else "bolt",
            "parallelism": self.parallelism(spec, where),
            **started,
            "streams": {
                id: {"fields": list(stream.output_fields), "direct": bool(stream.direct)}
                for id, stream in spec.outputs.items()
            },
            "conf": self.plain(json.loads(spec.config or "{}"), f"config of {spec.name!r}", where),
            "needs_ticks": _needs_ticks(spec.component_cls),
            "at": where.as_json(),
        }

    def parallelism(self, spec: Any, where: Place) -> int:
        if not isinstance(spec.par, dict):
            return int(spec.par)
        environment = self.project.environment
        if environment in spec.par:
            return int(spec.par[environment])
        known, own = ", ".join(spec.par), environment or "a topology without config.json"
        what = f"par of {spec.name!r} is given for {known}, not for {own}"
        self.found.append(Mistake(what, "one task is taken, as streamparse does", where, severity="warning"))
        return 1

    def shell(self, component: Any) -> dict[str, Any]:
        """How a task is started, where, and in which encoding if the command settles that."""
        program, words = component.execution_command, self.words(component.script)
        here: dict[str, Any] = {"cwd": self.project.source}
        if os.path.basename(program) == _RUNNER:
            serializer = self.project.serializer
            here["env"] = self.project_in_path()
            command = [*_runner(), "-s", serializer, *words]
            return {**here, "command": command, **({"serializer": serializer} if serializer in _SERIALIZERS else {})}
        first = shlex.split(program)
        if first and first[0] in ("python", "python3"):
            first[0] = sys.executable
        return {**here, "command": [*first, *words]}

    def project_in_path(self) -> dict[str, str]:
        """What lets children find `src` by its name, where the topology did not find it without us."""
        if not self.project.by_its_name.was_needed:
            return {}
        entries = [os.environ.get("PYTHONPATH"), self.project.root]
        return {"PYTHONPATH": os.pathsep.join(filter(None, entries))}

    def java(self, spec: Any, where: Place) -> dict[str, Any]:
        """A class by its name, for which `check` looks for a counterpart; what is serialized can have none."""
        from streamparse.dsl.util import to_python_arg_list

        java = spec.component_object.java_object
        if java is None:
            what = f"{spec.name!r} is a serialized object of Java, and stormhost has no JVM"
            hint = "write it in Python or any language that speaks multilang, as a Bolt, Spout, ShellBolt or ShellSpout"
            self.found.append(Mistake(what, hint, where))
            return {"command": [sys.executable]}  # never started: the mistake keeps the topology from running
        args = to_python_arg_list(java.args_list)
        return {"java_class": java.full_class_name, "options": dict(zip(("host", "port", "key"), args))}

    def words(self, script: str) -> list[str]:
        """Storm hands a script over whole; streamparse's documents say that blanks divide it. A file decides."""
        if not script or os.path.exists(os.path.join(self.project.source, script)):
            return [script] if script else []
        return shlex.split(script)

    def subscription(self, spec: Any, stream: Any, grouping: Any) -> dict[str, Any]:
        where = self.place(spec)
        kind, fields = self.grouping(spec, grouping, where)
        return {
            "to": spec.name,
            "from": stream.componentId,
            "stream": stream.streamId,
            "grouping": kind,
            "fields": fields,
            "at": where.as_json(),
        }

    def grouping(self, spec: Any, grouping: Any, where: Place) -> tuple[str, list[str]]:
        if grouping.fields is not None:  # without fields it is Thrift's way to say global
            return ("fields", list(grouping.fields)) if grouping.fields else ("global", [])
        for name in _PLAIN:
            if getattr(grouping, name, None) is not None:
                return name, []
        custom = grouping.custom_object.full_class_name if grouping.custom_object is not None else "a serialized object"
        if custom.rpartition(".")[2] == _PARTIAL_KEY:
            return "partial_key", []
        what = f"{spec.name!r} groups by a Java class ({custom}), and stormhost has no JVM"
        self.found.append(Mistake(what, "use one of the groupings by name, such as Grouping.fields(…)", where))
        return "shuffle", []

    def check_class(self, spec: Any) -> None:
        """Children import a class anew, by its module and name, and look in `src` only."""
        cls = spec.component_cls
        module = sys.modules.get(cls.__module__)
        if module is None or not _is_python(spec):
            return
        file = os.path.realpath(getattr(module, "__file__", None) or "")
        folder = os.path.dirname(os.path.realpath(self.path))
        if os.path.dirname(file) == folder != os.path.realpath(self.project.source):
            defined = "the topology's file" if file == os.path.realpath(self.path) else os.path.relpath(file)
            what = f"{spec.name!r} is defined in {defined}, and streamparse_run does not look there"
            hint = f"move {cls.__name__} into a file in {os.path.join(os.path.relpath(self.project.source), '')}"
            self.found.append(Mistake(what, hint, self.place(spec)))
        elif not hasattr(module, cls.__name__):
            looks = f"streamparse_run looks for {cls.__name__} in {cls.__module__}"
            what = f"{spec.name!r} is {cls.__qualname__}, and {looks}"
            hint = f"define {cls.__name__} at the top level of {os.path.relpath(file)}"
            self.found.append(Mistake(what, hint, self.place(spec)))

    def check_serializer(self) -> None:
        """pystorm takes any of its serializers at first, and only fails when it reads."""
        from importlib.util import find_spec

        if self.project.serializer == "msgpack" and find_spec("msgpack") is None:
            hint = f"{sys.executable} -m pip install msgpack; or set \"serializer\" to json in config.json"
            what = f"the serializer is msgpack, which {sys.executable} has no library for"
            self.found.append(Mistake(what, hint, self.at))
        elif self.project.serializer not in _SERIALIZERS:
            what = f"the serializer of config.json is {self.project.serializer!r}, which streamparse does not have"
            self.found.append(Mistake(what, "it is json or msgpack", self.at))

    def check_field_names(self) -> None:
        """pystorm makes a namedtuple of every stream of whom it listens to, and fails at start where that cannot be."""
        specs = {spec.name: spec for spec in self.topology.specs}
        for spec in filter(_is_python, specs.values()):
            for name in {stream.componentId for stream in spec.inputs or {}} & specs.keys():
                for id, stream in specs[name].outputs.items():
                    for field in filter(_is_no_attribute, stream.output_fields):
                        why = f"pystorm makes attributes of fields, and {field!r} of {name!r} ({id}) can be none"
                        hint = "give the field a name that is a Python identifier, without an underscore in front"
                        what = f"{spec.name!r} cannot start: {why}"
                        self.found.append(Mistake(what, hint, self.place(specs[name])))


def _is_no_attribute(field: str) -> bool:
    return not field.isidentifier() or iskeyword(field) or field.startswith("_")


def _needs_ticks(component: Any) -> bool:
    """A BatchingBolt lives by ticks; without any it keeps its tuples until they time out."""
    from streamparse import BatchingBolt, TicklessBatchingBolt

    return issubclass(component, BatchingBolt) and not issubclass(component, TicklessBatchingBolt)


def _is_python(spec: Any) -> bool:
    shell = spec.component_object.shell
    return shell is not None and os.path.basename(shell.execution_command) == _RUNNER


def _runner() -> list[str]:
    """`streamparse_run` of this very Python: as the script that pip installed, else as the module."""
    import sysconfig

    script = os.path.join(sysconfig.get_path("scripts"), _RUNNER)
    return [sys.executable, script] if os.path.isfile(script) else [sys.executable, "-m", "streamparse.run"]


def _lines_of_specs(path: str, topology: str) -> dict[str, int]:
    """The line of each attribute of the topology's class, by name, and of the class itself under the empty name."""
    with open(path, "rb") as source:
        tree = ast.parse(source.read())
    lines: dict[str, int] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef) and node.name == topology:
            lines[""] = node.lineno
            for statement in node.body:
                if isinstance(statement, ast.Assign):
                    names = [target.id for target in statement.targets if isinstance(target, ast.Name)]
                    lines.update((name, statement.lineno) for name in [*names, *_given_names(statement.value)])
    return lines


def _given_names(value: ast.expr) -> list[str]:
    """The name that a spec is given in place of its attribute's: `X.spec(name="words")`."""
    keywords = value.keywords if isinstance(value, ast.Call) else []
    constants = [given.value for given in keywords if given.arg == "name" and isinstance(given.value, ast.Constant)]
    return [constant.value for constant in constants if isinstance(constant.value, str)]
