#!/bin/sh
# Names the Python that the host is built with for Python inside: the first that has a shared library and a global lock, and can be
# linked with. Fails, and says what would help, where there is none.
#
#     tests/python_inside.sh
#
# PYO3_PYTHON chooses one; otherwise PYTHON, or python3, then Debian's.
set -eu

usable='
import os, sys, sysconfig
known = sysconfig.get_config_var
library = os.path.join(known("LIBDIR") or "", known("LDLIBRARY") or "")
good = sys.implementation.name == "cpython" and sys.version_info >= (3, 9) and not known("Py_GIL_DISABLED")
if good and known("Py_ENABLE_SHARED") and os.path.exists(library):
    print(os.path.join(sys.base_prefix, "bin", "python%d.%d" % sys.version_info[:2]))
'
for python in ${PYO3_PYTHON:-"${PYTHON:-python3}" /usr/bin/python3}; do
    found=$("$python" -c "$usable" 2>/dev/null) || continue
    if [ -n "$found" ]; then
        echo "$found"
        exit
    fi
done
echo "no Python with a shared library was found: install python3-dev, or name one in PYO3_PYTHON" >&2
exit 1
