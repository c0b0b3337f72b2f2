"""The rock holds all there is and can be made, and its first bolt runs. What else is written about the library, tests/docs runs."""

import os
import re
import shutil
import subprocess

from conftest import HERE, SHIM

ROCKSPEC = next(HERE.parent.glob("*.rockspec"))


def path_of(folder):
    return {**os.environ, "LUA_PATH": f"{folder}/?.lua;{folder}/?/init.lua;;"}


def test_the_rock_names_every_file():
    named = set(re.findall(r'"(src/stormhost/[^"]+)"', ROCKSPEC.read_text()))
    there = {f"src/stormhost/{file.name}" for file in (SHIM / "stormhost").glob("*.lua")}
    assert named == there


def test_the_version_is_one():
    version = re.search(r'number = "([^"]+)"', (SHIM / "stormhost" / "_version.lua").read_text())
    assert version and ROCKSPEC.name == f"stormhost-{version[1]}-1.rockspec"


def test_the_rock_is_in_order_and_is_made_in_an_empty_folder(tmp_path):
    luarocks = shutil.which("luarocks")
    assert luarocks, "the tests need luarocks: see tests/prepare.sh"
    environment = {**os.environ, "HOME": str(tmp_path)}
    shim = tmp_path / "lua"
    shutil.copytree(HERE.parent, shim, ignore=shutil.ignore_patterns("__pycache__"))
    tree = tmp_path / "tree"
    for words in (["lint", ROCKSPEC.name], ["make", "--tree", str(tree), "--deps-mode", "none", ROCKSPEC.name]):
        ran = subprocess.run([luarocks, *words], cwd=shim, env=environment, capture_output=True, text=True, timeout=120)
        assert ran.returncode == 0, ran.stdout + ran.stderr
    installed = next(tree.glob("share/lua/*"))
    first = (HERE.parent / "README.md").read_text().split("```lua\n")[1].split("```")[0]
    bolt = tmp_path / "bolt.lua"
    bolt.write_text(f"{first}\nprint(#require('stormhost.testing').run_bolt(Split, {{'a b'}}, {{fields = 'sentence'}}).emitted)\n")
    ran = subprocess.run(["lua5.4", str(bolt)], cwd=tmp_path, env=path_of(installed), capture_output=True, text=True, timeout=60)
    assert ran.stdout == "2\n", ran.stderr


def test_the_linter_is_content():
    luacheck = shutil.which("luacheck")
    assert luacheck, "the tests need luacheck: see tests/prepare.sh"
    ran = subprocess.run([luacheck, "--no-color", "-q", ".", str(HERE.parents[2] / "tests" / "conformance")], cwd=HERE.parent, capture_output=True, text=True, timeout=120)
    assert ran.returncode == 0, ran.stdout

