#!/bin/sh
# Installs packages of Debian's, with fresh lists where the old ones do not do. Says which are missing where it may not.
#
#     tests/install.sh ruby ruby-msgpack
set -eu

if ! command -v apt-get >/dev/null || [ "$(id -u)" != 0 ]; then
    echo "the tests need these packages, and only root can install them: $*" >&2
    exit 1
fi
install() {
    DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "$@"
}
install "$@" || { apt-get update && install "$@"; }
