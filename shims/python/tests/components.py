"""Components that the tests start as real children; each test names one."""

import ctypes
import os
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

from stormhost import (
    AllGrouping,
    AutoAckBolt,
    Bolt,
    DirectGrouping,
    FieldsGrouping,
    GlobalGrouping,
    ReliableSpout,
    ShuffleGrouping,
    Spout,
    Stream,
    TimeBatcher,
    Topology,
)

if __name__ != "__main__" or not os.environ.get("PYTHONUNBUFFERED"):
    print("printed while importing")


class One(Stream):
    fields = "word"


class Split(AutoAckBolt):
    class Default(One):
        pass

    def execute(self, input):
        for word in input.sentence.split():
            self.emit(word)


class Echo(AutoAckBolt):
    """Emits what it got, on the stream that the first field names."""

    class Default(Stream):
        fields = "a", "b"

    class LateOnes(Stream):
        fields = "late"

    class Empty(Stream):
        pass

    class Chosen(Stream):
        fields = "value"
        direct = True

    def execute(self, input):
        if input.how == "late":
            self.emit(input.what, stream="late_ones")
        elif input.how == "class":
            self.emit(input.what, stream=self.LateOnes)
        elif input.how == "empty":
            self.emit((), stream="empty")
        elif input.how == "direct":
            self.emit(input.what, stream="chosen", direct_task=input.meta.task)
        elif input.how == "task":
            self.emit("x", stream="chosen", direct_task=input.what)
        elif input.how == "where":
            self.emit((1, self.emit(("where", input.what), need_task_ids=True)))
        elif input.how == "both":
            self.emit(("first", input.what))
            self.emit(input.what, stream="late_ones")
            self.emit(["third", input.what])
        else:
            self.emit((input.how, input.what))


def doubled(n):
    return 2 * n


class Unsayable(Exception):
    def __str__(self):
        raise KeyError("no words")


class Clumsy(AutoAckBolt):
    """Does what its input says, most of it wrong."""

    class Default(Stream):
        fields = "said"

    def execute(self, input):
        what = input.what
        if what == "raise":
            self.emit("before")
            raise ValueError("not today")
        if what == "exit":
            sys.exit(7)
        if what == "print":
            print("printed from Python")
        elif what == "write":
            os.write(1, b"written to descriptor 1\n")
        elif what == "c":
            libc = ctypes.CDLL(None)
            libc.puts(b"printed from C")
            libc.fflush(None)
        elif what == "grandchild":
            subprocess.run(["echo", "printed by a grandchild"], check=True)
        elif what == "read":
            self.emit(sys.stdin.read() or "end of file")
        elif what == "fork":
            if os.fork() == 0:
                self.emit("from the fork")
                sys.exit(3)
        elif what.startswith("pool "):
            with ProcessPoolExecutor(1, mp_context=get_context(what[5:])) as pool:
                self.emit(pool.submit(doubled, 21).result(30))
        elif what == "unsayable":
            raise Unsayable
        elif what == "fail":
            self.fail(input, "did not like it")
        elif what == "change":
            value = [1]
            self.emit([value])
            value.append(2)
        elif what == "interrupt":
            os.kill(os.getpid(), signal.SIGINT)
            time.sleep(10)
        elif what == "threads":
            threads = [threading.Thread(target=self.many, args=(name,)) for name in "abcd"]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
        elif what == "log":
            self.log("a line", "warn")
        elif what == "report":
            self.report_error("a problem")
        elif what == "metric":
            self.metric("speed", 3.5)
        elif what == "settings":
            self.emit(repr((self.conf["x"], self.task_id, self.component_id, self.context["taskid"])))
        elif what == "attribute":
            self.emit(input.no_such_field)
        elif what == "flood":
            for number in range(10_000):
                self.emit(f"{number}")
        elif what == "large":
            for number in range(10):
                self.emit(str(number) * 1_000_000)
        elif what == "slow":
            time.sleep(0.05)
        elif what.startswith("emit "):
            self.emit(eval(what[5:]))
            return
        self.emit(what)


    def many(self, name):
        for number in range(3000):
            self.emit(f"{name}{number}")


def strike(*_):
    raise TimeoutError("struck")


class Timed(AutoAckBolt):
    """Emits rows of many bytes under a timer that may strike anywhere; what was struck comes last."""

    class Default(One):
        pass

    def execute(self, input):
        signal.signal(signal.SIGALRM, strike)
        pad, struck = "x" * 4000, []
        signal.setitimer(signal.ITIMER_REAL, input.after)
        for n in range(input.rows):
            try:
                self.emit(f"{n} {pad}")
            except TimeoutError:
                struck.append(n)
                if input.how == "raise":
                    raise
                if input.how == "leave":
                    sys.exit(3)
        signal.setitimer(signal.ITIMER_REAL, 0)
        self.emit(f"end {struck}")


class Asks(AutoAckBolt):
    """Does not wait for ever to hear where a row went."""

    class Default(One):
        pass

    def execute(self, input):
        signal.signal(signal.SIGALRM, strike)
        signal.setitimer(signal.ITIMER_REAL, input.after)
        where = self.emit("where", need_task_ids=True)
        signal.setitimer(signal.ITIMER_REAL, 0)
        self.emit(f"{where}")


class Held(Bolt):
    """Keeps everything until told what to do; answers in the wrong order."""

    class Default(Stream):
        fields = "n"

    class Nobody(Stream):
        fields = "n"

    def initialize(self):
        self.held = []
        self.emit(-1)

    def execute(self, input):
        self.held.append(input)
        if input.n == "ack":
            for held in reversed(self.held):
                self.ack(held)
            self.held = []
        elif input.n == "join":
            self.emit(len(self.held), anchors=self.held)
            self.emit("alone")
            self.emit("one", anchors=input)
            self.emit("unheard", stream="nobody", anchors=input)
        elif input.n == "fail":
            self.fail(input, "by hand")
            self.fail(self.held[0])
        elif input.n == "raise":
            raise RuntimeError("by hand")
        elif input.n == "ack and raise":
            self.ack(input)
            raise RuntimeError("too late")
        elif input.n == "where":
            self.emit([self.emit("x", anchors=input, need_task_ids=True)])

    def tick(self):
        self.emit("tick")

    def finish(self):
        for held in self.held:
            self.emit("last", anchors=held)
            self.ack(held)

    def close(self):
        print("closed in order")


class Batches(TimeBatcher):
    class Default(Stream):
        fields = "size"

    interval = 0.5
    max_size = 3

    def batch(self, inputs):
        if any(input.n == "bad" for input in inputs):
            raise ValueError("a bad one")
        self.emit(len(inputs))


class Numbers(Spout):
    """Tracked numbers, up to what the settings say."""

    class Default(Stream):
        fields = "n"

    def initialize(self):
        self.n = 0
        self.again = []

    def next_tuple(self):
        if self.again:
            id = self.again.pop()
            self.emit(id, id=("id", id))
        elif self.n < self.conf.get("count", 5):
            self.n += 1
            self.emit(self.n, id=("id", self.n))
        elif self.conf.get("end", True):
            self.done()

    def ack(self, id):
        self.log(f"ack {id}")

    def fail(self, id):
        self.log(f"fail {id} {self.failure}")
        if self.conf.get("replay"):
            self.again.append(id[1])

    def activate(self):
        self.log("activate")

    def deactivate(self):
        self.log("deactivate")


class Plain(Spout):
    """A generator of untracked things, in every way that a generator may say them."""

    class Default(Stream):
        fields = "n"

    class Other(Stream):
        fields = "a", "b"

    def tuples(self):
        yield "bare"
        yield ["row"]
        yield ("row",)
        self.emit("emitted")
        self.emit("tracked", id=1)
        self.emit((1, 2), stream=self.Other)
        yield
        yield "last"


class Lazy(Spout):
    """Has nothing, but for one tuple every 50 ms."""

    class Default(Stream):
        fields = "n"

    last = 0.0

    def next_tuple(self):
        now = time.monotonic()
        if now - self.last > 0.05:
            self.last = now
            self.emit("now")


class Blocking(Spout):
    """Its generator blocks, as a client of a message queue does."""

    class Default(Stream):
        fields = "n"

    def tuples(self):
        yield from range(40)
        time.sleep(60)
        yield "too late"


class Crashing(Spout):
    class Default(Stream):
        fields = "n"

    def next_tuple(self):
        self.emit("one")
        raise ValueError("no more")


class Replaying(ReliableSpout):
    class Default(Stream):
        fields = "n"

    max_tries = 2

    def tuples(self):
        yield "a"
        yield "b"

    def ack(self, id):
        self.log(f"ack {id}")

    def fail(self, id):
        self.log(f"fail {id} {self.failure[0]}")


class Touchy(Replaying):
    """Its fail raises."""

    def fail(self, id):
        raise ValueError(f"no such thing {id}")


class Changing(ReliableSpout):
    """Goes on changing what it has emitted."""

    class Default(Stream):
        fields = "a", "b"

    def tuples(self):
        inner, mapped = [1], {"n": [1]}
        self.emit([inner, mapped])
        yield
        inner.append(2)
        mapped["n"].append(2)


class Fussy(Spout):
    """Its ack raises for every second id; each call is logged before."""

    class Default(Stream):
        fields = "n"

    def tuples(self):
        for n in range(4):
            self.emit(n, id=n)
            yield

    def ack(self, id):
        self.log(f"ack {id}")
        if id % 2 == 0:
            raise ValueError(f"no more {id}")


class BadStart(AutoAckBolt):
    def __init__(self, *args, **kwargs):
        raise OSError("no database")


class BadInitialize(AutoAckBolt):
    def initialize(self):
        self.log("about to fail")
        raise OSError("no database either")


class Early(AutoAckBolt):
    """Speaks before the first input."""

    class Default(One):
        pass

    def initialize(self):
        self.emit("early")
        self.where = self.emit("and where", need_task_ids=True)

    def execute(self, input):
        self.emit(str(self.where))

    def finish(self):
        self.emit("at the end")


class WithArguments(AutoAckBolt):
    class Default(One):
        pass

    def __init__(self, *args, **kwargs):
        self.got = (args, kwargs)
        super().__init__(*args, **kwargs)

    def execute(self, input):
        self.emit(repr((self.got, sys.argv, sys.path[0], os.getcwd(), type(self).__module__)))


class Components(Topology):
    plain = Plain(1)
    numbers = Numbers(1)
    lazy = Lazy(1)
    blocking = Blocking(1)
    fussy = Fussy(1)
    crashing = Crashing(1)
    replaying = Replaying(1)
    touchy = Touchy(1)
    changing = Changing(1)
    split = Split(2, inputs=[ShuffleGrouping(plain)])
    echo = Echo(1)
    clumsy = Clumsy(1, inputs=[FieldsGrouping(split, "word")])
    timed = Timed(1, inputs=[ShuffleGrouping(split)])
    asks = Asks(1, inputs=[ShuffleGrouping(split)])
    held = Held(1, inputs=[AllGrouping(split)])
    batches = Batches(1, inputs=[GlobalGrouping(echo.LateOnes)])
    bad_start = BadStart(1, inputs=[DirectGrouping(echo.Chosen)])
    bad_initialize = BadInitialize(1, inputs=[ShuffleGrouping(echo.Empty)])
    early = Early(1, inputs=[ShuffleGrouping(split)])
    with_arguments = WithArguments(3, "x", 2, key="value")
    echo.inputs += [ShuffleGrouping(split)]
    with_arguments.inputs.append(ShuffleGrouping(split))


if __name__ == "__main__":
    globals()[sys.argv[1]]().run()
