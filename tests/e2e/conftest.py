"""What every end-to-end test gets: a way to run the program, and the certainty that nothing is left of it.

`@pytest.mark.error("SH0407")` says that a test makes this error happen: it fails unless the code was seen in one of its runs.
Whatever a run says with a code must run as `docs/errors.md` says. `test_every_error.py` asks for all codes that have such a test.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

import catalogue
from harness import Stormhost


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "error(*codes): makes these errors happen, and sees their codes")


def pytest_collection_finish(session: pytest.Session) -> None:
    """Lists the codes that tests make happen, for `test_every_error.py`, which asks for it."""
    if wanted := os.environ.get("STORMHOST_LIST_CODES"):
        codes = {code for item in session.items for mark in item.iter_markers("error") for code in mark.args}
        Path(wanted).write_text("\n".join(sorted(codes)))


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home that is empty when the first test begins."""
    return tmp_path_factory.mktemp("home")


@pytest.fixture
def stormhost(tmp_path: Path, home: Path, request: pytest.FixtureRequest) -> Iterator[Stormhost]:
    """Starts runs. After each test no process of them may be left, and its errors must have been seen."""
    starter = Stormhost(tmp_path, home)
    yield starter
    left = starter.clean_up()
    assert not left, f"left behind: {left}"
    said = [told for run in starter.runs for told in catalogue.told(run)]
    assert not catalogue.misfits(said)
    seen = {code for code, _ in said}
    if os.environ.get("STORMHOST_RECORD"):
        with open(os.environ["STORMHOST_RECORD"], "a") as record:
            record.write(f"{request.node.nodeid} {' '.join(sorted(seen))}\n")
    missed = {code for mark in request.node.iter_markers("error") for code in mark.args} - seen
    assert not missed, f"{sorted(missed)} did not happen, but {sorted(seen)}"
