"""Gets Storm's own libraries through Maven, and puts them where bolts written for them look: beside them.

    python3 fetch.py [FOLDER]

They are `storm.py`, `storm.rb` and `storm.js`. FOLDER is `resources/` beside this file unless it is given.
What is there already is left alone.
"""

import pathlib
import shutil
import subprocess
import sys
import tempfile
import zipfile

VERSION = '2.8.3'
# Each in a jar of its own, in its folder `resources`.
LIBRARIES = {'storm.py': 'multilang-python', 'storm.rb': 'multilang-ruby', 'storm.js': 'multilang-javascript'}


def fetch(folder):
    """Returns the paths of the libraries in `folder`. Raises SystemExit, with what to do, when one cannot be had."""
    return [_fetch_one(folder, name, f'org.apache.storm:{jar}:{VERSION}') for name, jar in LIBRARIES.items()]


def _fetch_one(folder, name, artifact):
    target = folder / name
    if target.exists():
        return target
    maven = shutil.which('mvn')
    if maven is None:
        raise SystemExit(f'mvn was not found: install Maven, or copy resources/{name} out of {artifact}')
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        copy = ['dependency:copy', f'-Dartifact={artifact}', f'-DoutputDirectory={scratch}']
        ran = subprocess.run([maven, '--quiet', '--batch-mode', *copy], cwd=scratch, stdout=sys.stderr)
        jars = list(pathlib.Path(scratch).glob('*.jar'))
        if ran.returncode != 0 or not jars:
            raise SystemExit(f'Maven could not copy {artifact}: see above')
        with zipfile.ZipFile(jars[0]) as jar:
            content = jar.read(f'resources/{name}')
    # Under another name first: whoever sees the library sees all of it.
    unfinished = target.with_name(name + '.unfinished')
    unfinished.write_bytes(content)
    unfinished.replace(target)
    return target


if __name__ == '__main__':
    where = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else pathlib.Path(__file__).resolve().parent / 'resources'
    print(*fetch(where), sep='\n')
