"""One matrix a session. The cells that were chosen are begun at once, in threads; each test waits for its own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from matrix import Matrix

_MATRIX = pytest.StashKey[Matrix]()


@pytest.fixture(scope="session")
def matrix(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Matrix]:
    """The cells, those of the chosen tests being played already."""
    found = Matrix(tmp_path_factory.mktemp("matrix"))
    for item in request.session.items:
        chosen = getattr(getattr(item, "callspec", None), "params", {})
        if {"check", "library"} <= chosen.keys():
            found.begin(chosen["check"], chosen["library"])
    yield found
