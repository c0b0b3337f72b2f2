"""Where things are in this repository."""

import os
import pathlib
import re

ROOT = pathlib.Path(__file__).resolve().parents[2]


def binary():
    """The program under test: $STORMHOST, else the newest that cargo built."""
    named = os.environ.get('STORMHOST')
    if named:
        return pathlib.Path(named).resolve()
    built = [path for kind in ('release', 'debug') if (path := ROOT / 'target' / kind / 'stormhost').exists()]
    assert built, 'no stormhost: cargo build, or set STORMHOST'
    return max(built, key=lambda path: path.stat().st_mtime)


def commands(readme, word):
    """The fenced `sh` block of a README that contains `word`, so that a test can do what it says; there must be one."""
    blocks = [block for block in re.findall(r'```sh\n(.*?)```', readme.read_text(), re.DOTALL) if word in block]
    assert len(blocks) == 1, f'{readme} has {len(blocks)} blocks with {word!r}'
    return blocks[0]
