#!/bin/sh
# Makes what the tests need and the repository does not carry, under target/: a virtual environment with the libraries
# that components use, Storm's own storm.py, storm.rb and storm.js, and node-storm. Quick when all is there; run it again after
# changing a list below.
#
#     tests/prepare.sh
#     target/venv/bin/pytest tests/examples
#
# PYTHON chooses the interpreter; default python3.
set -eu
cd "$(dirname "$0")/.."

venv=target/venv
packages=tests/requirements.txt
geocoder=examples/geocoder/requirements.txt
old_bolts=examples/old_bolts/requirements.txt
streamparse=examples/streamparse_project/requirements.txt
alone=tests/requirements-alone.txt

# The stamp holds the lists that were installed last, so a change in one of them is seen.
stamp=$venv/prepared
wanted=$(cat "$packages" "$geocoder" "$old_bolts" "$streamparse" "$alone")
if [ ! -x "$venv/bin/pytest" ] || [ "$(cat "$stamp" 2>/dev/null)" != "$wanted" ]; then
    "${PYTHON:-python3}" -m venv "$venv"
    "$venv/bin/python" -m pip install --quiet --disable-pip-version-check -r "$packages" -r "$geocoder" -r "$old_bolts" -r "$streamparse"
    "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -r "$alone"
    printf '%s\n' "$wanted" >"$stamp"
fi

multilang=target/multilang
for library in storm.py storm.rb storm.js; do
    if [ ! -f "$multilang/$library" ]; then
        "$venv/bin/python" examples/old_bolts/fetch.py "$multilang" >/dev/null
    fi
done

# Its own dependencies have scripts that build native code, which is not needed. Its package.json comes last, since it says that all is there.
node_storm=examples/old_bolts/resources/package.json
if ! cmp -s "$node_storm" "$multilang/node_storm.json"; then
    cp "$node_storm" "$multilang/package.json"
    npm install --prefix "$multilang" --ignore-scripts --no-audit --no-fund --no-package-lock --loglevel=error
    cp "$node_storm" "$multilang/node_storm.json"
fi

# The first build of a program in Go builds the standard library; what it made is kept for the tests.
if [ ! -d target/go-cache ]; then
    GOCACHE="$PWD/target/go-cache" GOFLAGS=-buildvcs=false go build -o /dev/null examples/any_language/resources/count.go
fi

# The matrix of libraries has its components in Go built.
words=tests/stock/words.go
if [ ! -x "$multilang/words-go" ] || [ "$words" -nt "$multilang/words-go" ]; then
    GOCACHE="$PWD/target/go-cache" GOFLAGS=-buildvcs=false go build -o "$multilang/words-go" "$words"
fi
