#!/bin/sh
# Runs the tests of the Python shim on every Python from 3.9 that is found besides the one of target/venv, with nothing
# installed but pytest: so without any codec but the native accelerator. Those of pyenv count too, whether or not they are
# chosen there.
set -eu
cd "$(dirname "$0")/.."

minor='import sys; print("%d.%d" % sys.version_info[:2]) if sys.version_info >= (3, 9) else None'
seen=" "
for candidate in target/venv/bin/python3 $(command -v python3.9 python3.10 python3.11 python3.12 python3.13 python3.14) \
    "$(pyenv root 2>/dev/null || echo /nowhere)"/versions/3.*/bin/python3; do
    version=$("$candidate" -c "$minor" 2>/dev/null) || continue
    case "$version" in "" | None) continue ;; esac
    case "$seen" in *" $version "*) continue ;; esac
    first=$([ "$seen" = " " ] && echo yes || echo no)
    seen="$seen$version "
    # The first is the one that has been tested with codecs: it is tested without them here.
    folder=target/pythons/$version
    if [ ! -x "$folder/bin/pytest" ]; then
        if [ "$first" = yes ]; then candidate=$("$candidate" -c 'import sys; print(sys._base_executable)'); fi
        "$candidate" -m venv "$folder"
        "$folder/bin/pip" install --quiet --disable-pip-version-check 'pytest>=8,<10'
    fi
done

# As many at a time as there are cores; what one says is told when it is through.
echo "the Python shim, without codecs, on$seen"
printf '%s\n' $seen | xargs -P "$(nproc 2>/dev/null || echo 2)" -I VERSION sh -c '
    status=0
    said=$(cd shims/python && "../../target/pythons/VERSION/bin/pytest" -q -p no:cacheprovider 2>&1) || status=1
    echo "Python VERSION: $said"
    exit $status
'
