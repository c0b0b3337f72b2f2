#!/bin/sh
# Makes what the tests need and the repository does not carry, under target/: a virtual environment with the libraries
# that components use, and Storm's own storm.py. Quick when all is there; run it again after changing a list below.
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

# The stamp holds the lists that were installed last, so a change in one of them is seen.
stamp=$venv/prepared
wanted=$(cat "$packages" "$geocoder" "$old_bolts" "$streamparse")
if [ ! -x "$venv/bin/pytest" ] || [ "$(cat "$stamp" 2>/dev/null)" != "$wanted" ]; then
    "${PYTHON:-python3}" -m venv "$venv"
    "$venv/bin/pip" install --quiet --disable-pip-version-check -r "$packages" -r "$geocoder" -r "$old_bolts" -r "$streamparse"
    printf '%s\n' "$wanted" >"$stamp"
fi

if [ ! -f target/multilang/storm.py ]; then
    "$venv/bin/python" examples/old_bolts/fetch.py target/multilang >/dev/null
fi
