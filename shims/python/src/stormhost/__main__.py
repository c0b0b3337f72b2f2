"""Started by the host, as a folder: see `_launch`. Kept tiny, since Python does not cache this file's byte code."""

import os
import sys

if __name__ == "__main__":  # not in a worker of multiprocessing, which loads this file again, under another name
    if sys.version_info < (3, 9):  # noqa: UP036 - somebody may start us with it all the same
        sys.exit(f"stormhost needs Python 3.9 or newer; this is {sys.version.split()[0]} ({sys.executable})")
    _here = os.path.dirname(os.path.abspath(__file__))
    _root = os.path.dirname(_here)
    if sys.path and os.path.abspath(sys.path[0] or ".") in (_here, _root):
        del sys.path[0]  # this folder, or the working folder with `-m`: the user's own takes that place
    # Our own byte code is cached even where the user wants none of theirs, or every child would compile us anew.
    _cached, sys.dont_write_bytecode = sys.dont_write_bytecode, False
    sys.path.insert(0, _root)
    from stormhost._launch import main

    sys.path.remove(_root)
    main(_root, _cached)
