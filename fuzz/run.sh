#!/bin/sh
# Runs the fuzz targets named, or all: each for FUZZ_SECONDS, a minute if nothing is said. Says how many inputs each was, and ends with 1 at a find.
# What is new is kept in target/fuzz-found, so that the next run goes on from there; a find lies in target/fuzz-finds.
set -eu
cd "$(dirname "$0")/.."

missing() {
    echo "make fuzz needs $1: $2" >&2
    exit 2
}
cargo +nightly --version >/dev/null 2>&1 || missing "a nightly compiler, since only that can count which code an input reaches" "rustup toolchain install nightly"
command -v c++ >/dev/null || missing "a C++ compiler, for libFuzzer" "apt-get install g++"
PATH="$PWD/target/tools/bin:$PATH"
command -v cargo-fuzz >/dev/null || cargo install --quiet --locked --root target/tools cargo-fuzz

# The accelerator of the Python shim is nothing that is fuzzed. The sanitizers are for unsafe code, and would take half the speed.
STORMHOST_ACCELERATOR="" cargo +nightly fuzz build --sanitizer none --target-dir target/fuzz
built=$(dirname "$(find target/fuzz -path '*/release/conversation' -type f | head -n 1)")

targets=${*:-$(ls fuzz/corpus)}
failed=""
for target in $targets; do
    found=target/fuzz-found/$target finds=target/fuzz-finds/$target log=target/fuzz-found/$target.log
    mkdir -p "$found" "$finds"
    if "$built/$target" "$found" "fuzz/corpus/$target" -max_total_time="${FUZZ_SECONDS:-60}" -max_len="${FUZZ_LENGTH:-4096}" -timeout=10 \
        -rss_limit_mb=2048 -artifact_prefix="$finds/" -print_final_stats=1 >"$log" 2>&1; then
        sed -n "s/^stat::number_of_executed_units: */$target: nothing found, inputs: /p" "$log"
    else
        failed="$failed $target"
        echo "$target: a find. It lies in $finds, what was said in $log; $built/$target FILE plays it alone. The end of it:" >&2
        grep -v '^#' "$log" | tail -n 25 >&2
    fi
done
test -z "$failed" || { echo "finds in:$failed" >&2; exit 1; }
