"""How a peer says what it took: one JSON object on its standard output."""

import json
import resource
import time


class tell:
    """`begin` before the first item, `end` after the last: start-up and imports are not counted."""

    @staticmethod
    def begin():
        return time.monotonic(), time.process_time()

    @staticmethod
    def end(begun, name="python", cpu=None, peak_mb=None, **facts):
        """`cpu` and `peak_mb` are those of further processes, by name."""
        seconds, used = time.monotonic() - begun[0], time.process_time() - begun[1]
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        said = {"seconds": seconds, "cpu": {name: used, **(cpu or {})}, "peak_mb": {name: peak, **(peak_mb or {})}}
        print(json.dumps({**said, **facts}))
