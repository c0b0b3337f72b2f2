"""What every end-to-end test gets: a way to run the program, and the certainty that nothing is left of it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from harness import Stormhost


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home that is empty when the first test begins."""
    return tmp_path_factory.mktemp("home")


@pytest.fixture
def stormhost(tmp_path: Path, home: Path) -> Iterator[Stormhost]:
    """Starts runs. After each test no process of them may be left."""
    starter = Stormhost(tmp_path, home)
    yield starter
    left = starter.clean_up()
    assert not left, f"left behind: {left}"
