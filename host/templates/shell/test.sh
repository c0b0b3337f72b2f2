#!/bin/sh
# Runs the topology on its own text, and looks for what must be counted.
set -eu
cd "$(dirname "$0")"
counted=$(${STORMHOST:-stormhost} run --log-level warn topology.py)
echo "$counted" | grep -Eq '^ *3 cow$' || { echo "no cows in: $counted" >&2; exit 1; }
echo 'all is well'
