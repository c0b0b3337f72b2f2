"""`Topology`: the class whose body declares components and how they are connected."""

from __future__ import annotations

from ._declaration import Body, Declaration, declared_twice
from ._place import Mistake, Place, here

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class _TopologyClass(type):
    """Sees the body of a topology from inside, by handing it the namespace to run in."""

    _body: Body
    _place: Place | None

    @classmethod
    def __prepare__(mcls, name: str, bases: tuple[type, ...], /, **kwargs: Any) -> Body:
        body = Body()
        body.place = here()
        return body

    def __new__(mcls, name: str, bases: tuple[type, ...], body: Body, /, **kwargs: Any) -> Any:
        cls = super().__new__(mcls, name, bases, dict(body), **kwargs)
        cls._body = body
        cls._place = body.place
        return cls


class Topology(metaclass=_TopologyClass):
    """Subclass it; components are its attributes.

    `conf`: settings of the whole topology, by Storm's names (`{"topology.max.spout.pending": 500}`).
    A topology may build on another one: it has that one's components too, and may replace them by name.
    """

    conf: dict[str, Any] = {}


def declarations(topology: type[Topology]) -> list[Declaration]:
    """The named components, inherited ones first, in order of declaration."""
    found: dict[str, Declaration] = {}
    for base in reversed(topology.__mro__):
        if isinstance(base, _TopologyClass):
            for declaration in base._body.declarations:
                if declaration.name is not None:
                    found[declaration.name] = declaration
    return list(found.values())


def mistakes(topology: type[Topology]) -> list[Mistake]:
    """What was already seen to be wrong while the body ran, and components that were given no name."""
    found: list[Mistake] = []
    for base in reversed(topology.__mro__):
        if isinstance(base, _TopologyClass):
            found += base._body.mistakes
            found += _named_alike(base._body.declarations)
            for declaration in base._body.declarations:
                if declaration.name is None:
                    what = getattr(declaration, "cls", type(declaration)).__name__
                    found.append(
                        Mistake(
                            f"a {declaration.kind} {what}(…) is declared but has no name",
                            f"bind it to an attribute of the topology: name = {what}(…)",
                            declaration.place,
                        )
                    )
    return found


def _named_alike(declarations: list[Declaration]) -> list[Mistake]:
    """Components that were given the name of another one, by `name`."""
    first: dict[str | None, Declaration] = {}
    found = []
    for declaration in declarations:
        other = first.setdefault(declaration.name, declaration)
        if other is not declaration and declaration.name is not None:
            found.append(declared_twice(other, declaration.place))
    return found


def place(topology: type[Topology]) -> Place | None:
    """Where the class statement stands."""
    return topology._place
