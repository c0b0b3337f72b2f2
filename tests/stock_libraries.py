"""Components on the libraries of others, as they lie in tests/stock, and laid out as Storm lays them out: libraries beside them.

A test calls `lay_out` once, and then declares components by `component`.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness import REPOSITORY, TESTS, Stormhost

MULTILANG = REPOSITORY / "target" / "multilang"
"""Where tests/prepare.sh puts what is not ours."""


@dataclass(frozen=True)
class Library:
    """A library, and how its components are started."""

    name: str
    interpreter: str
    file: str
    """The component's file, with `{}` where its role stands."""
    serializer: str = "json"
    tells: bool = False
    """Whether components are told the serializer, as their first argument."""

    def __str__(self) -> str:
        return self.name


STORM_PY = Library("storm.py", "python", "storm_{}.py")
STORM_RB = Library("storm.rb", "ruby", "storm_{}.rb")
STORM_JS = Library("storm.js", "node", "storm_{}.js")
PYSTORM = Library("pystorm", "python", "pystorm_{}.py", tells=True)
PYSTORM_MSGPACK = Library("pystorm-msgpack", "python", "pystorm_{}.py", "msgpack", tells=True)
NODE_STORM = Library("node-storm", "node", "node_storm.js")

ALL = (STORM_PY, STORM_RB, STORM_JS, PYSTORM, PYSTORM_MSGPACK, NODE_STORM)


def lay_out(stormhost: Stormhost) -> Path:
    """Puts all components and libraries into `resources/`, where components of this test's topology are started. Returns it."""
    return lay_out_into(stormhost.folder / "resources")


def lay_out_into(resources: Path) -> Path:
    """The same into any folder."""
    resources.mkdir(exist_ok=True)
    for file in [*(TESTS / "stock").iterdir(), *MULTILANG.glob("storm.*")]:
        if file.is_file():
            # Not a link: Node looks for libraries beside the file that a link leads to.
            shutil.copy(file, resources / file.name)
    modules = resources / "node_modules"
    if not modules.exists():
        modules.symlink_to(MULTILANG / "node_modules")
    return resources


def component(role: str, library: Library, *arguments: str, **others: Any) -> str:
    """The declaration of a component, as it stands in a topology."""
    told = [library.serializer] if library.tells else []
    words = [library.interpreter, library.file.format(role), *told, *arguments]
    keywords = {"serializer": library.serializer, **others}
    return f"Process({', '.join(map(repr, words))}, {', '.join(f'{key}={value!r}' for key, value in keywords.items())})"
