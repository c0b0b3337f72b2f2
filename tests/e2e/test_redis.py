"""The Redis spout and sink, with a Redis that is killed and started again: nothing is lost, and what is told is true."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness import SOON, Stormhost, binary, cpu_of, wait_for
from redis_server import RedisServer, servers

SEEN = """
class Seen(AutoAckBolt):
    def execute(self, input):
        note('seen', input.message)
"""
KEEPS = """
class Seen(Bolt):
    def execute(self, input):
        note('seen', input.message)
"""


def topology(spout: str, bolt: str = SEEN, more: str = "") -> str:
    """A spout whose messages are noted."""
    return f"""
{bolt}
class T(Topology):
    redis = RedisSpout({spout})
    seen = Seen(1)
    seen.inputs.append(ShuffleGrouping(redis))
    {more}
"""


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[RedisServer]:
    yield from servers(tmp_path)


def at(redis: RedisServer) -> dict[str, str]:
    return {"REDIS_URL": redis.url}


def items(count: int, name: str = "item") -> list[str]:
    return [f"{name} {n}" for n in range(count)]


def nothing_is_left_in(redis: RedisServer) -> None:
    assert [key for key in redis.ask("keys", "*") if key] == []


def test_a_list_is_read_to_its_end_in_order(stormhost: Stormhost, redis: RedisServer) -> None:
    redis.push("lines", items(3000))
    run = stormhost.run(topology("key='lines', drain=True"), env=at(redis))
    assert run.noted("seen") == items(3000)
    nothing_is_left_in(redis)


def test_what_fails_is_put_back_and_comes_again(stormhost: Stormhost, redis: RedisServer) -> None:
    redis.push("lines", items(20))
    bolt = """
class Seen(Bolt):
    def execute(self, input):
        note('seen', input.message)
        if input.message == 'item 3' and not hasattr(self, 'failed'):
            self.failed = True
            self.fail(input)
        else:
            self.ack(input)
"""
    run = stormhost.run(topology("key='lines', drain=True", bolt), env=at(redis))
    assert Counter(run.noted("seen")) == Counter([*items(20), "item 3"])
    nothing_is_left_in(redis)


def test_what_fails_too_often_is_put_aside(stormhost: Stormhost, redis: RedisServer) -> None:
    redis.push("lines", items(5))
    bolt = """
class Seen(AutoAckBolt):
    def execute(self, input):
        note('seen', input.message)
        if input.message == 'item 3':
            raise ValueError('bad')
"""
    run = stormhost.run(topology("key='lines', drain=True, tries=2", bolt), env=at(redis), status=3)
    assert Counter(run.noted("seen"))["item 3"] == 2
    assert redis.ask("lrange", "lines:failed", 0, -1) == ["item 3"]
    assert 'puts aside, into "lines:failed": "item 3" (it failed 2 times' in run.told


@pytest.mark.error("SH1003")
def test_what_cannot_be_read_is_put_aside(stormhost: Stormhost, redis: RedisServer) -> None:
    redis.push("lines", ['["a", 1]', "rubbish", '{"n": 2, "message": "b"}'])
    run = stormhost.run(topology("key='lines', drain=True, fields=('message', 'n')"), env=at(redis))
    assert run.noted("seen") == ["a", "b"]
    assert redis.ask("lrange", "lines:failed", 0, -1) == ["rubbish"]


def taken(redis: RedisServer, key: str = "lines") -> int:
    return sum(redis.length(name) for name in redis.ask("keys", f"{key}:taken:*") if name)


def test_what_a_dead_predecessor_left_is_taken_up(stormhost: Stormhost, redis: RedisServer) -> None:
    redis.push("lines", items(50))
    first = stormhost.start(topology("key='lines'", KEEPS), env=at(redis))
    first.until(lambda: len(first.noted("seen")) == 50, "all items to be in hand")
    assert (redis.length("lines"), taken(redis)) == (0, 50)
    first.signal(signal.SIGKILL)
    first.wait()
    second = stormhost.run(topology("key='lines', drain=True"), env=at(redis))
    assert sorted(second.noted("seen")) == sorted(items(50))
    assert "takes up 50 items" in second.told
    nothing_is_left_in(redis)


def test_what_is_in_hand_at_the_end_is_put_back_in_its_order(stormhost: Stormhost, redis: RedisServer) -> None:
    redis.push("lines", items(10))
    settings = {"stormhost.shutdown.timeout.secs": 1}
    run = stormhost.start(topology("key='lines'", KEEPS), env=at(redis), settings=settings)
    run.until(lambda: len(run.noted("seen")) == 10, "all items to be in hand")
    run.signal(signal.SIGTERM)
    run.ends_with(143)
    again = stormhost.run(topology("key='lines', drain=True"), env=at(redis))
    assert sorted(again.noted("seen")) == sorted(items(10))
    nothing_is_left_in(redis)


def test_no_more_is_taken_than_may_be_pending(stormhost: Stormhost, redis: RedisServer) -> None:
    redis.push("lines", items(100))
    settings = {"topology.max.spout.pending": 7}
    run = stormhost.start(topology("key='lines'", KEEPS), env=at(redis), settings=settings)
    run.until(lambda: len(run.noted("seen")) == 7, "as many as may be pending")
    assert (redis.length("lines"), taken(redis)) == (93, 7)
    run.signal(signal.SIGKILL)
    run.wait()


@pytest.mark.parametrize("mode", ["list", "stream"])
def test_nothing_is_lost_when_redis_is_killed_under_it(stormhost: Stormhost, redis: RedisServer, mode: str) -> None:
    count = 1500
    bolt = """
import time
class Seen(AutoAckBolt):
    def execute(self, input):
        note('seen', input.message)
        time.sleep(0.001)
"""
    if mode == "list":
        redis.push("lines", items(count))
    else:
        redis.add("lines", items(count // 5))
        count //= 5
    settings = {"topology.max.spout.pending": 50}
    run = stormhost.start(topology(f"key='lines', mode='{mode}', pause_max=0.5", bolt), env=at(redis), settings=settings)
    for part in (1, 2):
        run.until(lambda part=part: len(run.noted("seen")) > part * count // 4, "the run to be on its way")
        redis.kill()
        run.until(lambda part=part: run.told.count("next try in") >= part, "the loss to be told")
        redis.start()
    run.until(lambda: set(run.noted("seen")) == set(items(count)), "every item")
    run.until(lambda: run.told.count("is there again") >= 2, "its return to be told")
    run.signal(signal.SIGTERM)
    run.ends_with(143)
    if mode == "list":
        assert (redis.length("lines"), taken(redis)) == (0, 0)
    else:
        assert redis.ask("xpending", "lines", "T")[0] == "0"


def test_a_stream_is_acknowledged_when_its_trees_are_done(stormhost: Stormhost, redis: RedisServer) -> None:
    redis.add("events", items(30))
    redis.ask("xadd", "events", "7000000000000-0", "a", "1", "b", "x")
    run = stormhost.run(topology("mode='stream', key='events', group='g', drain=True"), env=at(redis))
    assert run.noted("seen") == [*items(30), {"a": "1", "b": "x"}]
    assert redis.ask("xpending", "events", "g")[0] == "0"
    assert [line for line in redis.ask("xinfo", "consumers", "events", "g") if line] == []
    again = stormhost.run(topology("mode='stream', key='events', group='g', drain=True"), env=at(redis))
    assert again.noted("seen") == []


def test_what_a_dead_consumer_has_pending_is_claimed(stormhost: Stormhost, redis: RedisServer) -> None:
    redis.add("events", items(25))
    first = stormhost.start(topology("mode='stream', key='events'", KEEPS), env=at(redis))
    first.until(lambda: len(first.noted("seen")) == 25, "all entries to be in hand")
    first.signal(signal.SIGKILL)
    first.wait()
    second = stormhost.run(topology("mode='stream', key='events', drain=True"), env=at(redis))
    assert sorted(second.noted("seen")) == sorted(items(25))
    assert redis.ask("xpending", "events", "T")[0] == "0"


def test_a_silent_consumer_elsewhere_loses_its_entries_after_a_while(stormhost: Stormhost, redis: RedisServer) -> None:
    redis.add("events", items(3))
    redis.ask("xgroup", "create", "events", "T", "0")
    redis.ask("xreadgroup", "group", "T", "somebody", "count", 2, "streams", "events", ">")
    run = stormhost.run(topology("mode='stream', key='events', claim_idle=0.001, drain=True"), env=at(redis))
    assert sorted(run.noted("seen")) == items(3)


def test_an_entry_that_fails_comes_again_by_itself(stormhost: Stormhost, redis: RedisServer) -> None:
    redis.add("events", items(3))
    bolt = """
class Seen(Bolt):
    def execute(self, input):
        note('seen', input.message)
        if input.message == 'item 1' and not hasattr(self, 'failed'):
            self.failed = True
            self.fail(input)
        else:
            self.ack(input)
"""
    run = stormhost.run(topology("mode='stream', key='events', drain=True", bolt), env=at(redis))
    assert Counter(run.noted("seen")) == Counter([*items(3), "item 1"])
    assert redis.ask("xpending", "events", "T")[0] == "0"


@pytest.mark.error("SH1004")
def test_a_channel_that_says_more_than_the_topology_takes_loses_it_and_is_told(stormhost: Stormhost, redis: RedisServer) -> None:
    stuck = "class Seen(AutoAckBolt):\n    def execute(self, input):\n        sleep_for_ever()\n"
    run = stormhost.start(topology("mode='channel', key='news'", stuck), env=at(redis))
    run.until(lambda: redis.ask("pubsub", "numsub", "news") == ["news", "1"], "it to listen")

    def lost() -> bool:
        redis.ask("eval", "for n = 1, 20000 do redis.call('publish', 'news', n) end", "0")
        return "messages are lost so far" in run.told

    run.until(lost, "messages to be lost")
    run.signal(signal.SIGINT)
    run.signal_again(signal.SIGINT)
    run.wait()


@pytest.mark.error("SH1002")
def test_a_channel_is_heard_at_most_once_and_says_so(stormhost: Stormhost, redis: RedisServer) -> None:
    spout = "mode='channel', key='news.*', fields=('channel', 'message')"
    run = stormhost.start(topology(spout), env=at(redis))
    run.until(lambda: redis.ask("pubsub", "numpat") == ["1"], "it to listen")
    assert "at most once" in run.told
    redis.ask("publish", "news.near", "hello")
    run.until(lambda: run.noted("seen") == ["hello"], "the message")
    redis.kill()
    redis.start()
    run.until(lambda: redis.ask("pubsub", "numpat") == ["1"], "it to listen again")
    assert "what is published meanwhile is lost" in run.told and "nothing is lost" not in run.told
    redis.ask("publish", "news.far", "again")
    run.until(lambda: run.noted("seen") == ["hello", "again"], "the message after the loss")
    run.signal(signal.SIGTERM)
    run.ends_with(143)


def pipeline(sink: str, fields: str = "('word', 'n')") -> str:
    return f"""
class Words(ReliableSpout):
    class Default(Stream):
        fields = {fields}
    def tuples(self):
        yield from [('cow', 1), ('moon', 2)] if {fields} != 'word' else ['cow', 'moon']
class T(Topology):
    words = Words(1)
    out = RedisSink({sink})
    out.inputs.append(ShuffleGrouping(words))
"""


@pytest.mark.parametrize(
    "sink, fields, command, expected",
    [
        ("key='out'", "'word'", ("lrange", "out", 0, -1), ["moon", "cow"]),
        ("key='out', push='right'", "'word'", ("lrange", "out", 0, -1), ["cow", "moon"]),
        (
            "push='right'",
            "('word', 'n')",
            ("lrange", "out", 0, -1),
            ['{"word":"cow","n":1}', '{"word":"moon","n":2}'],
        ),
        ("mode='hash', key='h'", "('word', 'n')", ("hgetall", "h"), ["cow", "1", "moon", "2"]),
        ("mode='string', key='word:'", "('word', 'n')", ("mget", "word:cow", "word:moon"), ["1", "2"]),
    ],
)  # fmt: skip
def test_a_sink_writes(
    stormhost: Stormhost, redis: RedisServer, sink: str, fields: str, command: tuple[object, ...], expected: list[str]
) -> None:
    run = stormhost.run(pipeline(sink, fields), env=at(redis))
    assert redis.ask(*command) == expected, run.told


def test_a_sink_writes_to_a_stream(stormhost: Stormhost, redis: RedisServer) -> None:
    stormhost.run(pipeline("mode='stream', key='s'"), env=at(redis))
    lines = redis.ask("xrange", "s", "-", "+")
    assert [line for line in lines if "-" not in line] == ["word", "cow", "n", "1", "word", "moon", "n", "2"]


@pytest.mark.error("SH1006")
def test_a_sink_fails_what_redis_refuses(stormhost: Stormhost, redis: RedisServer) -> None:
    redis.ask("set", "out", "a text")
    run = stormhost.run(pipeline("key='out'", "'word'"), env=at(redis), status=3)
    assert "WRONGTYPE" in run.told


@pytest.mark.error("SH1002")
def test_a_sink_waits_for_a_redis_that_comes_later(stormhost: Stormhost, redis: RedisServer) -> None:
    redis.kill()
    run = stormhost.start(pipeline("key='out', pause_max=0.5", "'word'"), env=at(redis))
    run.until(lambda: "next try in" in run.told, "the loss to be told")
    redis.start()
    run.ends_with(0)
    assert sorted(redis.ask("lrange", "out", 0, -1)) == ["cow", "moon"]


@pytest.mark.error("SH1005")
def test_what_redis_could_not_be_told_at_the_end_is_counted(stormhost: Stormhost, redis: RedisServer) -> None:
    redis.push("lines", items(10))
    settings = {"stormhost.shutdown.timeout.secs": 1}
    run = stormhost.start(topology("key='lines'", KEEPS), env=at(redis), settings=settings)
    run.until(lambda: len(run.noted("seen")) == 10, "all items to be in hand")
    redis.kill()
    run.until(lambda: "next try in" in run.told, "the loss to be told")
    run.signal(signal.SIGTERM)
    run.ends_with(143)
    assert "leaves with 10 items" in run.told


@pytest.mark.error("SH1001")
def test_what_is_refused_from_the_start_ends_the_run(stormhost: Stormhost, redis: RedisServer) -> None:
    redis.ask("set", "lines", "a text")
    run = stormhost.run(topology("key='lines'"), env=at(redis), status=4)
    assert "WRONGTYPE" in run.told and "redis.mode" in run.told


def test_a_wrong_password_ends_the_run_and_is_not_told(stormhost: Stormhost, tmp_path: Path) -> None:
    server = RedisServer(tmp_path, password="right")
    try:
        server.start()
        run = stormhost.run(topology("key='lines', password='wr0ng'"), env=at(server), status=4)
        assert "redis.password" in run.told
        assert "wr0ng" not in run.stderr
        server.push("lines", items(1))
        env = {**at(server), "REDIS_PASSWORD": "right"}
        assert stormhost.run(topology("key='lines', drain=True"), env=env).noted("seen") == items(1)
    finally:
        server.close()


class Certificates:
    """Somebody who signs, and the certificates and keys of a server and of a client, all in one folder; and a Redis that goes by them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._openssl("req", "-x509", *NEW_KEY, "-days", "2", "-subj", "/CN=who signs", "-keyout", "ca.key", "-out", "ca.crt")
        for name in ("server", "client"):
            host = ("-addext", "subjectAltName=DNS:localhost")
            self._openssl("req", *NEW_KEY, "-subj", f"/CN={name}", *host, "-keyout", f"{name}.key", "-out", f"{name}.csr")
            signs = ("-CA", "ca.crt", "-CAkey", "ca.key", "-CAcreateserial", "-copy_extensions", "copy")
            self._openssl("x509", "-req", "-in", f"{name}.csr", *signs, "-days", "2", "-out", f"{name}.crt")

    def _openssl(self, *words: str) -> None:
        done = subprocess.run(["openssl", *words], cwd=self.folder, capture_output=True, text=True, timeout=SOON)
        assert done.returncode == 0, done.stderr

    def server(self, clients: str) -> tuple[RedisServer, str]:
        """A Redis by TLS, not started, and its URL. `clients`: whether they have to show a certificate, `yes` or `no`."""
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        files = [
            "--tls-cert-file",
            self.file("server.crt"),
            "--tls-key-file",
            self.file("server.key"),
            "--tls-ca-cert-file",
            self.file("ca.crt"),
        ]
        options = ["--tls-port", str(port), *files, "--tls-auth-clients", clients]
        return RedisServer(self.folder, tls=options), f"rediss://localhost:{port}"

    def file(self, name: str) -> str:
        return str(self.folder / name)


NEW_KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")


@pytest.fixture
def certificates(tmp_path: Path) -> Certificates:
    return Certificates(tmp_path)


@pytest.mark.parametrize("mode", ["list", "stream", "channel"])
def test_tls_with_certificates_of_ones_own(stormhost: Stormhost, certificates: Certificates, mode: str) -> None:
    server, url = certificates.server(clients="yes")
    files = "".join(
        f", tls_{word}={certificates.file(name)!r}" for word, name in (("ca", "ca.crt"), ("cert", "client.crt"), ("key", "client.key"))
    )
    try:
        server.start()
        if mode == "list":
            server.push("it", items(3))
        elif mode == "stream":
            server.add("it", items(3))
        drain = "" if mode == "channel" else ", drain=True"
        run = stormhost.start(topology(f"mode={mode!r}, key='it'{drain}{files}"), env={"REDIS_URL": url})
        if mode == "channel":
            run.until(lambda: server.ask("pubsub", "numsub", "it")[1] == "1", "somebody to listen")
            for item in items(3):
                server.ask("publish", "it", item)
            run.until(lambda: len(run.noted("seen")) == 3, "all messages to be heard")
            run.signal(signal.SIGTERM)
        run.ends_with(143 if mode == "channel" else 0)
        assert run.noted("seen") == items(3)
    finally:
        server.close()


def test_tls_with_the_certificates_of_the_system(stormhost: Stormhost, certificates: Certificates) -> None:
    server, url = certificates.server(clients="no")
    try:
        server.start()
        env = {"REDIS_URL": url, "SSL_CERT_FILE": certificates.file("ca.crt")}
        stormhost.run(pipeline("key='out', push='right'", "'word'"), env=env)
        assert server.ask("lrange", "out", 0, -1) == ["cow", "moon"]
    finally:
        server.close()


@pytest.mark.parametrize(
    ("clients", "words", "advice"),
    [
        ("no", "", "invalid peer certificate: UnknownIssuer; see redis.tls.ca: "),
        ("no", "tls_ca='nosuch.crt'", '"nosuch.crt" cannot be used for TLS: No such file'),
        ("no", "tls_ca='topology.py'", '"topology.py" cannot be used for TLS: it holds nothing in PEM format'),
        ("no", "tls_ca='{folder}/ca.crt', host='127.0.0.1'", 'not valid for name "127.0.0.1"'),
        ("yes", "tls_ca='{folder}/ca.crt'", "redis.tls.cert and redis.tls.key, which the server may ask for"),
    ],
    ids=["unknown", "no file", "no certificate", "another name", "none of its own"],
)
def test_what_tls_refuses_ends_the_run(stormhost: Stormhost, certificates: Certificates, clients: str, words: str, advice: str) -> None:
    server, url = certificates.server(clients)
    try:
        server.start()
        spout = topology(f"key='it', drain=True, {words.format(folder=certificates.folder)}")
        run = stormhost.run(spout, env={"REDIS_URL": url}, status=4)
        assert advice in run.told and "SH1001" in run.told
    finally:
        server.close()


def test_a_run_that_is_stopped_does_not_wait_for_a_redis_it_has_nothing_to_tell(stormhost: Stormhost, redis: RedisServer) -> None:
    redis.kill()
    run = stormhost.start(topology("key='lines', pause_max=80000"), env=at(redis), settings={"stormhost.shutdown.timeout.secs": 600})
    run.until(lambda: "8 tries" in run.told, "a pause of many seconds")
    stopped = time.monotonic()
    run.signal(signal.SIGTERM)
    run.ends_with(143)
    # The pause after eight tries is 12.8 s, less up to a third.
    assert time.monotonic() - stopped < 6


def test_a_certificate_that_nobody_vouches_for_is_taken_where_that_is_asked_for(stormhost: Stormhost, certificates: Certificates) -> None:
    server, url = certificates.server(clients="no")
    try:
        server.start()
        server.push("it", items(3))
        run = stormhost.run(topology("key='it', drain=True"), env={"REDIS_URL": f"{url}#insecure"})
        assert run.noted("seen") == items(3)
        assert "whose certificate is not looked at" in run.told
    finally:
        server.close()


def test_check_shows_no_password(stormhost: Stormhost) -> None:
    file = stormhost.write(topology("url='redis://me:s3cret@db/1', password='s3cret'"))
    words = [binary(), "check", "--python", sys.executable, "--print", str(file)]
    env = stormhost.environment("", stormhost.folder / "journal")
    said = subprocess.run(words, capture_output=True, text=True, env=env, timeout=SOON)
    assert (said.returncode, "redis://me:***@db/1" in said.stdout) == (0, True), said.stderr
    assert "s3cret" not in said.stdout + said.stderr


DECK = """
class RedisSpout(JVMSpout):
    {words}
    class Default(Stream):
        fields = 'message'
"""


def test_a_java_class_with_a_counterpart_reads_redis(stormhost: Stormhost, redis: RedisServer) -> None:
    redis.push("redis", items(3))
    bolt = SEEN + DECK.format(words="java_class = 'com.example.storm.RedisSpout'")
    run = stormhost.run(topology("1, drain=True", bolt), env=at(redis))
    assert run.noted("seen") == items(3)


def test_a_java_class_without_a_counterpart_is_told_by_check(stormhost: Stormhost) -> None:
    bolt = SEEN + DECK.format(words="java_class = 'com.example.KafkaSpout'")
    run = stormhost.run(topology("1", bolt), status=1)
    assert "is the Java class com.example.KafkaSpout, which nothing here does the work of" in run.told
    assert "stormhost runs no JVM" in run.told


def test_topologies_in_ruby_and_lua_have_the_same_words(stormhost: Stormhost, redis: RedisServer) -> None:
    ruby = """
require 'stormhost'
class Up < Stormhost::AutoAckBolt
  output_fields :word
  def execute(input) = emit(input.word.upcase)
end
class T < Stormhost::Topology
  spout Stormhost::RedisSpout, id: :lines, fields: :word, drain: true
  bolt Up do
    source :lines
  end
  bolt Stormhost::RedisSink, id: :out, push: :right do
    source Up
  end
end
"""
    lua = """
local stormhost = require "stormhost"
local Up = stormhost.AutoAckBolt:extend { fields = "word" }
function Up:execute(input)
  self:emit(input.message:upper())
end
return stormhost.Topology "T" {
  words = stormhost.JVMSpout("com.example.RedisSpout")(1, { key = "out", drain = true }),
  up = Up(1) { stormhost.ShuffleGrouping("words") },
  hash = stormhost.RedisSink(1, { mode = "stream", key = "done" }) { stormhost.ShuffleGrouping("up") },
}
"""
    redis.push("lines", ["cow", "moon"])
    stormhost.run(stormhost.write(ruby, "t.rb"), env=at(redis))
    assert redis.ask("lrange", "out", 0, -1) == ["COW", "MOON"]
    stormhost.run(stormhost.write(lua, "t.lua"), env=at(redis))
    wait_for(lambda: redis.ask("xlen", "done") == ["2"], "both words in the stream")


def test_what_fails_at_the_very_end_of_a_list_is_read_again(stormhost: Stormhost, redis: RedisServer) -> None:
    # While it was being put back the list was taken for read to its end, and the run was over.
    redis.push("lines", items(20))
    hold = """
class Seen(Bolt):
    held = ()
    def execute(self, input):
        self.held = (*self.held, input)
    def finish(self):
        again = not os.path.exists('failed')
        open('failed', 'w').close()
        for input in self.held:
            (self.fail if again else self.ack)(input)
        note('finished', len(self.held))
        self.held = ()
"""
    run = stormhost.run(topology("key='lines', drain=True", hold), env=at(redis))
    assert run.noted("finished")[:2] == [20, 20]
    nothing_is_left_in(redis)


GATE = """
class Seen(Bolt):
    tick_interval = 0.1
    held = ()
    def execute(self, input):
        note('seen', input.message)
        self.held = (*self.held, input)
    def tick(self):
        if os.path.exists('go'):
            for input in self.held:
                (self.ack if os.path.exists('well') else self.fail)(input)
            self.held = ()
"""


@pytest.mark.error("SH1007")
def test_what_redis_refuses_to_take_back_is_not_lost(stormhost: Stormhost, redis: RedisServer) -> None:
    redis.push("lines", items(20))
    run = stormhost.start(topology("key='lines', drain=True, pause_max=0.5", GATE), env=at(redis))
    run.until(lambda: len(run.noted("seen")) == 20, "all items to be in hand")
    redis.ask("config", "set", "maxmemory", 1)
    (stormhost.folder / "go").touch()
    run.until(lambda: "Redis refuses to be told of 20 items: OOM" in run.told, "the refusal to be told")
    assert (redis.length("lines"), taken(redis)) == (0, 20)
    (stormhost.folder / "well").touch()
    redis.ask("config", "set", "maxmemory", 0)
    run.ends_with(0)
    assert "Redis takes what it refused before" in run.told
    assert Counter(run.noted("seen")) == Counter(items(20) * 2)
    nothing_is_left_in(redis)


@pytest.mark.error("SH1007")
@pytest.mark.parametrize("mode", ["list", "stream"])
def test_what_redis_refuses_to_put_aside_is_not_lost(stormhost: Stormhost, redis: RedisServer, mode: str) -> None:
    if mode == "list":
        redis.push("lines", items(5))
    else:
        redis.add("lines", items(5))
    redis.ask("set", "lines:failed", "a text")
    bolt = SEEN + "        raise ValueError('bad')\n"
    run = stormhost.start(topology(f"key='lines', mode={mode!r}, drain=True, tries=1, pause_max=0.5", bolt), env=at(redis))
    run.until(lambda: "items: WRONGTYPE" in run.told, "the refusal to be told")

    def held() -> int:
        return taken(redis) if mode == "list" else int(redis.ask("xpending", "lines", "T")[0])

    assert held() > 0
    if mode == "list":
        assert redis.length("lines") + held() == 5
    redis.ask("del", "lines:failed")
    run.ends_with(3)
    assert held() == 0
    assert redis.ask("llen" if mode == "list" else "xlen", "lines:failed") == ["5"]


@pytest.mark.error("SH1005")
def test_what_redis_refuses_to_take_back_at_the_end_lies_there_and_is_counted(stormhost: Stormhost, redis: RedisServer) -> None:
    redis.push("lines", items(10))
    settings = {"stormhost.shutdown.timeout.secs": 1}
    run = stormhost.start(topology("key='lines'", KEEPS), env=at(redis), settings=settings)
    run.until(lambda: len(run.noted("seen")) == 10, "all items to be in hand")
    redis.ask("config", "set", "maxmemory", 1)
    run.signal(signal.SIGTERM)
    run.ends_with(143)
    redis.ask("config", "set", "maxmemory", 0)
    assert "leaves with 10 items" in run.told
    assert (redis.length("lines"), taken(redis)) == (0, 10)
    again = stormhost.run(topology("key='lines', drain=True"), env=at(redis))
    assert sorted(again.noted("seen")) == items(10)
    nothing_is_left_in(redis)


def test_all_that_a_dead_consumer_has_pending_is_claimed_before_a_drain_ends(stormhost: Stormhost, redis: RedisServer) -> None:
    redis.add("events", items(1900))
    first = stormhost.start(topology("mode='stream', key='events'", KEEPS), env=at(redis))
    first.until(lambda: redis.ask("xpending", "events", "T")[0] == "1900", "all entries to be in hand")
    first.signal(signal.SIGKILL)
    first.wait()
    second = stormhost.run(topology("mode='stream', key='events', drain=True"), env=at(redis))
    assert set(second.noted("seen")) == set(items(1900))
    assert redis.ask("xpending", "events", "T")[0] == "0"


def test_a_drain_waits_for_a_list_of_a_consumer_that_may_be_dead(stormhost: Stormhost, redis: RedisServer) -> None:
    other = "0123456789abcdef.1.2.3"
    redis.push("lines", ["here"])
    redis.ask("sadd", "lines:consumers", other)
    redis.ask("lpush", f"lines:taken:{other}", "there")
    redis.ask("set", f"lines:alive:{other}", 1, "px", 10_000)
    run = stormhost.run(topology("key='lines', drain=True"), env=at(redis))
    assert run.noted("seen") == ["here", "there"]
    assert f"waits for 1 items of {other}" in run.told
    nothing_is_left_in(redis)


def test_a_drain_does_not_wait_for_a_consumer_that_lives(stormhost: Stormhost, redis: RedisServer) -> None:
    other = "0123456789abcdef.1.2.3"
    redis.ask("sadd", "lines:consumers", other)
    redis.ask("lpush", f"lines:taken:{other}", "there")
    redis.ask("set", f"lines:alive:{other}", 1, "px", 20000)
    run = stormhost.start(topology("key='lines', drain=True"), env=at(redis))
    run.until(lambda: f"waits for 1 items of {other}" in run.told, "it to wait")
    redis.ask("set", f"lines:alive:{other}", 1, "px", 30000)
    run.ends_with(0)
    assert run.noted("seen") == []


def test_a_drain_waits_for_entries_of_a_consumer_that_may_be_dead(stormhost: Stormhost, redis: RedisServer) -> None:
    redis.add("events", items(3))
    redis.ask("xgroup", "create", "events", "T", "0")
    redis.ask("xreadgroup", "group", "T", "somebody", "count", 2, "streams", "events", ">")
    run = stormhost.run(topology("mode='stream', key='events', claim_idle=10, drain=True"), env=at(redis))
    assert sorted(run.noted("seen")) == items(3)
    assert "waits for 2 items of somebody" in run.told


def test_entries_in_hand_at_an_orderly_end_are_handed_over(stormhost: Stormhost, redis: RedisServer) -> None:
    redis.add("events", items(10))
    settings = {"stormhost.shutdown.timeout.secs": 1}
    run = stormhost.start(topology("mode='stream', key='events'", KEEPS), env=at(redis), settings=settings)
    run.until(lambda: len(run.noted("seen")) == 10, "all entries to be in hand")
    run.signal(signal.SIGTERM)
    run.ends_with(143)
    assert redis.ask("xpending", "events", "T")[3:] == ["stormhost.left", "10"]
    # They are there at once for anybody, wherever it is: nobody has to see that the consumer is dead.
    claimed = redis.ask("xautoclaim", "events", "T", "anybody", 60_000, "0-0", "justid")
    assert len([line for line in claimed[1:] if line]) == 10
    redis.ask("xgroup", "delconsumer", "events", "T", "anybody")


def test_a_replica_that_takes_no_writes_is_tried_ever_more_rarely(stormhost: Stormhost, redis: RedisServer) -> None:
    redis.ask("replicaof", "127.0.0.1", 1)
    run = stormhost.start(pipeline("key='out'", "'word'"), env=at(redis))
    run.until(lambda: "(4 tries)" in run.told, "four tries")
    assert "is there again" not in run.told
    redis.ask("replicaof", "no", "one")
    run.ends_with(0)
    assert "is there again" in run.told
    assert sorted(redis.ask("lrange", "out", 0, -1)) == ["cow", "moon"]


USER = {"REDIS_USERNAME": "app", "REDIS_PASSWORD": "word"}


@pytest.mark.error("SH1001")
@pytest.mark.parametrize("mode", ["list", "stream", "channel", "sink"])
def test_what_a_user_needs_is_told_and_is_enough(stormhost: Stormhost, redis: RedisServer, mode: str) -> None:
    redis.ask("acl", "setuser", "app", "on", ">word")
    words = (
        pipeline("key='it'", "'word'")
        if mode == "sink"
        else topology(f"mode={mode!r}, key='it'", SEEN + "        raise ValueError('bad')\n")
    )
    if mode in ("list", "stream"):
        words = words.replace("key='it'", "key='it', drain=True, tries=1")
    env = {**at(redis), **USER}
    run = stormhost.run(words, env=env, status=4)
    assert "NOPERM" in run.told
    needed = run.told.split("the user of Redis needs ")[1].split(" [SH")[0].split()
    redis.ask("acl", "setuser", "app", *needed)
    if mode == "list":
        redis.push("it", items(3))
    elif mode == "stream":
        redis.add("it", items(3))
    run = stormhost.start(words, env=env)
    if mode == "channel":
        run.until(lambda: redis.ask("pubsub", "numsub", "it")[1] == "1", "somebody to listen")
        run.signal(signal.SIGTERM)
    run.ends_with({"sink": 0, "channel": 143}.get(mode, 3))
    assert "NOPERM" not in run.told


@pytest.mark.error("SH1001")
def test_a_command_that_is_not_allowed_ends_the_run_at_its_start(stormhost: Stormhost, redis: RedisServer) -> None:
    redis.ask("acl", "setuser", "app", "on", ">word", "~*", "+@all", "-lmove")
    run = stormhost.run(topology("key='lines'"), env={**at(redis), **USER}, status=4)
    assert "NOPERM" in run.told and "+lmove" in run.told


@pytest.mark.error("SH1001")
def test_a_redis_cluster_is_told_of(stormhost: Stormhost, tmp_path: Path) -> None:
    with socket.socket() as free, socket.socket() as bus:
        free.bind(("127.0.0.1", 0))
        bus.bind(("127.0.0.1", 0))
        port, gossip = free.getsockname()[1], bus.getsockname()[1]
    options = ["--port", str(port), "--cluster-enabled", "yes", "--cluster-port", str(gossip)]
    server = RedisServer(tmp_path, tls=options)
    try:
        server.start()
        server.ask("cluster", "addslotsrange", 0, 16383)
        wait_for(lambda: "cluster_state:ok" in server.ask("cluster", "info"), "the cluster to be ready")
        run = stormhost.run(topology("key='lines', drain=True"), env=at(server), status=4)
        assert "CROSSSLOT" in run.told and 'redis.key: "{lines}"' in run.told
        server.push("{lines}", items(3))
        assert stormhost.run(topology("key='{lines}', drain=True"), env=at(server)).noted("seen") == items(3)
    finally:
        server.close()


def test_a_stream_is_read_where_the_url_asks_for_resp3(stormhost: Stormhost, redis: RedisServer) -> None:
    redis.add("events", items(3))
    env = {"REDIS_URL": f"{redis.url}?protocol=resp3"}
    run = stormhost.run(topology("mode='stream', key='events', drain=True"), env=env)
    assert run.noted("seen") == items(3)


def test_tasks_that_live_do_not_claim_from_one_another(stormhost: Stormhost, redis: RedisServer) -> None:
    hold = """
import time
class Seen(Bolt):
    def execute(self, input):
        note('seen', input.message)
        while not os.path.exists('go'):
            time.sleep(0.05)
        self.ack(input)
"""
    run = stormhost.start(topology("2, mode='stream', key='events', claim_idle=3", hold), env=at(redis))
    run.until(lambda: len(redis.ask("xinfo", "groups", "events")) > 0, "the group")
    for part in range(4):
        redis.add("events", items(10, f"part {part}"))
    # Long enough that each of them has looked for what others left.
    time.sleep(9)
    (stormhost.folder / "go").touch()
    run.until(lambda: redis.ask("xpending", "events", "T")[0] == "0", "all to be acknowledged")
    run.signal(signal.SIGTERM)
    run.ends_with(143)
    assert max(Counter(run.noted("seen")).values()) == 1
    assert "takes up" not in run.told


def test_what_was_taken_is_found_after_the_set_of_consumers_was_deleted(stormhost: Stormhost, redis: RedisServer) -> None:
    redis.push("lines", items(5))
    first = stormhost.start(topology("key='lines'", KEEPS), env=at(redis))
    first.until(lambda: len(first.noted("seen")) == 5, "all items to be in hand")
    redis.ask("del", "lines:consumers")
    redis.push("lines", items(5, "more"))
    first.until(lambda: len(first.noted("seen")) == 10, "more items to be in hand")
    first.signal(signal.SIGKILL)
    first.wait()
    second = stormhost.run(topology("key='lines', drain=True"), env=at(redis))
    assert sorted(second.noted("seen")) == sorted([*items(5), *items(5, "more")])
    nothing_is_left_in(redis)


def test_a_redis_that_hangs_costs_no_cpu(stormhost: Stormhost, redis: RedisServer) -> None:
    run = stormhost.start(topology("mode='stream', key='events', claim_idle=0.3, timeout=60"), env=at(redis))
    run.until(lambda: redis.ask("xinfo", "groups", "events") != [], "it to read")
    assert redis.running is not None
    redis.running.send_signal(signal.SIGSTOP)
    try:
        time.sleep(1)
        before = cpu_of(run.pid)
        time.sleep(2)
        used = cpu_of(run.pid) - before
    finally:
        redis.running.send_signal(signal.SIGCONT)
    assert used < 0.2
    run.signal(signal.SIGTERM)
    run.ends_with(143)


def test_tries_are_counted_over_all_tasks(stormhost: Stormhost, redis: RedisServer) -> None:
    redis.push("lines", ["bad"])
    bolt = SEEN + "        raise ValueError('bad')\n"
    run = stormhost.start(topology("4, key='lines', tries=3", bolt), env=at(redis))
    run.until(lambda: redis.length("lines:failed") == 1, "it to be put aside")
    run.signal(signal.SIGTERM)
    run.wait()
    assert run.noted("seen") == ["bad"] * 3


def test_items_that_say_the_same_have_their_own_tries(stormhost: Stormhost, redis: RedisServer) -> None:
    redis.push("lines", ["same"] * 9)
    bolt = """
class Seen(Bolt):
    seen = 0
    def execute(self, input):
        note('seen', input.message)
        self.seen += 1
        if self.seen <= 9:
            self.fail(input)
        else:
            self.ack(input)
"""
    run = stormhost.run(topology("key='lines', tries=3, drain=True", bolt), env=at(redis))
    assert len(run.noted("seen")) == 18
    nothing_is_left_in(redis)


def test_a_typed_option_that_there_is_not_is_pointed_out(stormhost: Stormhost, redis: RedisServer) -> None:
    run = stormhost.run(topology("key='lines', drain=True"), env=at(redis), settings={"redis:redis.drian": True, "redis.hosts": "x"})
    assert 'Redis has no option "drian" here' in run.told and 'Redis has no option "hosts" here' in run.told
