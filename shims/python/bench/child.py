"""Measures one child: feeds it prepared frames as fast as it takes them, and counts what comes back.

Prints, for each component and codec, tuples a second and nanoseconds of the child's CPU a tuple. `send`: its output
has listeners; `drop`: nobody listens, and the child was told so. Needs Linux (`/proc/<pid>/schedstat`).

    python bench/child.py [--tuples 2000000] [--rows 1024] [--only count]
"""

from __future__ import annotations

import argparse
import random
import sys
import threading
import time
from pathlib import Path
from struct import pack, unpack_from

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))
import host as wire

HERE = Path(__file__).resolve().parent
SENTENCE = {"component": "lines", "stream": "default", "fields": ["sentence"]}
WORD = {"component": "split", "stream": "default", "fields": ["word"]}


def texts(count, words_each):
    """Sentences from 2,000 words, the frequent ones often."""
    pick = random.Random(7)
    words = ["".join(pick.choices("abcdefghijklmnopqrstuvwxyz", k=pick.randint(2, 11))) for _ in range(2000)]
    weights = [1 / (rank + 1) for rank in range(2000)]
    return [" ".join(pick.choices(words, weights, k=words_each)) for _ in range(count)]


def cpu(pid):
    return int(Path(f"/proc/{pid}/schedstat").read_text().split()[0]) / 1e9


def frames_of(child):
    """Kind and payload of each frame of the child."""
    stdout, data = child.process.stdout.fileno(), child.data
    while True:
        while len(data) >= 8:
            end = 8 + unpack_from("<I", data, 4)[0]
            if len(data) < end:
                break
            yield data[3:4], data[8:end]
            data = data[end:]
        piece = wire.os.read(stdout, 1 << 20)
        if not piece:
            return
        data += piece


def bolt(component, source, texts_of, codec, listeners, tuples, rows):
    with wire.Host(wire.component_command(HERE / "words.py", component), codec=codec, stderr=None) as child:
        fields = ["word"] if component == "split" else ["word", "count"]
        output = {"stream": "default", "fields": fields, "direct": False, "listeners": listeners}
        child.setup("bolt", inputs=[source], outputs=[output])
        column = child.encode(texts_of(rows))
        payload = pack("<I", 1) + pack("<HHII", 0, 1, rows, 1) + pack("<I", len(column)) + column
        frame = b"\xffSHT" + pack("<I", len(payload)) + payload
        rounds = tuples // rows
        started, used = time.perf_counter(), cpu(child.process.pid)

        def feed():
            for _ in range(rounds):
                child.write(frame)

        threading.Thread(target=feed, daemon=True).start()
        for kind, payload in frames_of(child):
            if kind == b"R" and unpack_from("<Q", payload)[0] >= rounds * rows:
                break
        report(component, codec, "send" if listeners else "drop", rounds * rows, started, cpu(child.process.pid) - used)


def spout(component, codec, tuples):
    with wire.Host(wire.component_command(HERE / "words.py", component), codec=codec, stderr=None) as child:
        output = {"stream": "default", "fields": ["sentence"], "direct": False, "listeners": True}
        child.setup("spout", outputs=[output])
        got = acked = 0
        child.credit(4096)
        started, used = time.perf_counter(), cpu(child.process.pid)
        for kind, payload in frames_of(child):
            if kind != b"R":
                continue
            got += unpack_from("<QII", payload)[2]
            if got >= tuples:
                break
            child.acked((acked, got - acked))
            acked = got
            child.credit(got + 4096)
        report(component, codec, "send", got, started, cpu(child.process.pid) - used)


def report(component, codec, mode, tuples, started, used):
    seconds = time.perf_counter() - started
    print(
        f"{component:9} {codec:10} {mode:5} {tuples / seconds / 1e6:6.2f} M/s {used / tuples * 1e9:6.0f} ns CPU a tuple"
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tuples", type=int, default=2_000_000)
    parser.add_argument("--rows", type=int, default=1024, help="tuples in a frame towards the child")
    parser.add_argument("--only", help="one component: lines, reliable, split, count, by_hand")
    parser.add_argument("--codec", help="one codec: json, msgspec, ormsgpack, native")
    options = parser.parse_args()
    for codec in [options.codec] if options.codec else wire.CODECS:
        for component in ("lines", "reliable", "split", "count", "by_hand"):
            if options.only not in (None, component):
                continue
            if component in ("lines", "reliable"):
                spout(component, codec, options.tuples)
            elif component == "split":
                bolt(component, SENTENCE, lambda n: texts(n, 6), codec, True, options.tuples // 4, options.rows)
            else:
                for listeners in (True, False):
                    bolt(component, WORD, lambda n: texts(n, 1), codec, listeners, options.tuples, options.rows)


if __name__ == "__main__":
    main()
