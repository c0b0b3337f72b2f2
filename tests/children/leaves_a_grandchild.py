"""Starts a process that keeps all pipes open, then dies of its third tuple.

With an argument it lives on instead and ignores SIGTERM; `setsid` also gives that process a session of its own.
"""

import os
import signal
import subprocess
import sys

from _by_hand import greet, say, tuples

greet()
if len(sys.argv) > 1:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
subprocess.Popen(
    [sys.executable, "-c", "import time\nwhile True: time.sleep(3600)", "grandchild"],
    start_new_session="setsid" in sys.argv,
)
for n, tuple in enumerate(tuples()):
    if n == 2 and len(sys.argv) == 1:
        os.kill(os.getpid(), signal.SIGKILL)
    say(command="ack", id=tuple["id"])
