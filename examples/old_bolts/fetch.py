"""Gets Storm's own `storm.py` through Maven, and puts it where bolts written for it look: beside them.

    python3 fetch.py [FOLDER]

FOLDER is `resources/` beside this file unless it is given. What is there already is left alone.
"""

import pathlib
import shutil
import subprocess
import sys
import tempfile
import zipfile

ARTIFACT = 'org.apache.storm:multilang-python:2.8.3'
MEMBER = 'resources/storm.py'


def fetch(folder):
    """Returns the path of `storm.py` in `folder`. Raises SystemExit, with what to do, when it cannot be had."""
    target = folder / 'storm.py'
    if target.exists():
        return target
    maven = shutil.which('mvn')
    if maven is None:
        raise SystemExit('mvn was not found: install Maven, or copy resources/storm.py out of ' + ARTIFACT)
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        copy = ['dependency:copy', f'-Dartifact={ARTIFACT}', f'-DoutputDirectory={scratch}']
        ran = subprocess.run([maven, '--quiet', '--batch-mode', *copy], cwd=scratch, stdout=sys.stderr)
        jars = list(pathlib.Path(scratch).glob('*.jar'))
        if ran.returncode != 0 or not jars:
            raise SystemExit(f'Maven could not copy {ARTIFACT}: see above')
        with zipfile.ZipFile(jars[0]) as jar:
            content = jar.read(MEMBER)
    # Under another name first: whoever sees storm.py sees all of it.
    unfinished = target.with_suffix('.unfinished')
    unfinished.write_bytes(content)
    unfinished.replace(target)
    return target


if __name__ == '__main__':
    where = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else pathlib.Path(__file__).resolve().parent / 'resources'
    print(fetch(where))
