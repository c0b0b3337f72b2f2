"""The rock names all there is, and the linter is content. tests/packaging makes the rock; what is written about it, tests/docs runs."""

import re
import shutil
import subprocess

from conftest import HERE, SHIM

ROCKSPEC = next(HERE.parent.glob("*.rockspec"))


def test_the_rock_names_every_file():
    named = set(re.findall(r'"(src/stormhost/[^"]+)"', ROCKSPEC.read_text()))
    there = {f"src/stormhost/{file.name}" for file in (SHIM / "stormhost").glob("*.lua")}
    assert named == there


def test_the_linter_is_content():
    luacheck = shutil.which("luacheck")
    assert luacheck, "the tests need luacheck: see tests/prepare.sh"
    words = [luacheck, "--no-color", "-q", ".", str(HERE.parents[2] / "tests" / "conformance")]
    ran = subprocess.run(words, cwd=HERE.parent, capture_output=True, text=True, timeout=120)
    assert ran.returncode == 0, ran.stdout

