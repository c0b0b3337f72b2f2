"""`JVMSpout`, `JVMBolt`: Java classes, whose work the host does where it can. `RedisSpout`, `RedisSink`: such work."""

from __future__ import annotations

from ._process import Process
from ._stream import Stream, declared_streams, field_names

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class _Hosted(Process):
    """A component without a child: the host itself does its work."""

    _kind = ""
    _streams_of_class: dict[str, Any] = {}

    arguments: tuple[str, ...] = ()
    """What positional arguments behind the parallelism mean, as in the constructors of the field's Java classes."""
    java_class: str | None = None
    """The class's full name; by default that of the Python class."""

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        cls._streams_of_class = {
            **cls._streams_of_class,
            **{
                name: {"fields": field_names(stream.fields), "direct": bool(stream.direct)}
                for name, stream in declared_streams(cls).items()
            },
        }
        # An attribute of a declaration is a stream to subscribe to, and the class must not stand before it.
        for name, value in list(vars(cls).items()):
            if isinstance(value, type) and issubclass(value, Stream):
                delattr(cls, name)

    def __init__(
        self,
        *args: Any,
        parallelism: Any = None,
        fields: Any = None,
        conf: dict[str, Any] | None = None,
        inputs: Any = (),
        **options: Any,
    ) -> None:
        if parallelism is None:
            parallelism, args = (args[0], args[1:]) if args else (1, ())
        of_class = getattr(type(self), "conf", None)
        conf = {**(of_class if isinstance(of_class, dict) else {}), **(conf or {})}
        super().__init__(parallelism=parallelism, spout=self._kind == "spout", conf=conf, inputs=inputs)
        self._streams.update(self._streams_of_class)
        if fields is not None:
            self._streams["default"] = {"fields": field_names(fields), "direct": False}
        if len(args) > len(self.arguments):
            taken = ", ".join(self.arguments) or "none"
            what = f"{type(self).__name__} takes these arguments beside the parallelism: {taken}"
            raise TypeError(f"{what}; others by name: key='lines'")
        self.options = {
            name.replace("_", "."): value for name, value in {**dict(zip(self.arguments, args)), **options}.items()
        }

    def as_json(self) -> dict[str, Any]:
        """What stands in the description in place of a command."""
        return {"java_class": self.java_class or type(self).__name__, "options": self.options}


class JVMSpout(_Hosted):
    """A spout that is a Java class: subclass it, with the class's name, or with `java_class`.

    stormhost runs no JVM. `RedisSpout` and its like have a counterpart in the host, in whatever package they are;
    `stormhost check` says of all others that they have none.

        class RedisSpout(JVMSpout):
            java_class = 'com.example.storm.RedisSpout'
            class Default(Stream):
                fields = 'message'

    Arguments behind the parallelism are the host, the port and the key; others are given by name.
    """

    _kind = "spout"
    arguments = ("host", "port", "key")


class JVMBolt(_Hosted):
    """A bolt that is a Java class, as `JVMSpout` is a spout."""

    _kind = "bolt"
    arguments = ("host", "port", "key")


class RedisSpout(_Hosted):
    """Reads Redis: `RedisSpout(1, key='lines')`. Part of the host; `docs/redis.md` has all its options.

    `mode`: `list` (the default), `stream`, or `channel`. `key`: which one; by default the component's name.
    `fields`: those of its tuples; by default `message`. `url`, or `host`, `port`, `db`, `password`: which server; by
    default the environment's `REDIS_URL`, else 127.0.0.1:6379.
    """

    _kind = "spout"

    def as_json(self) -> dict[str, Any]:
        return {"builtin": "redis", "options": self.options}


class RedisSink(_Hosted):
    """Writes to Redis: `RedisSink(mode='hash', key='counts')`. Part of the host; `docs/redis.md` has all its options.

    `mode`: `list` (the default), `stream`, `channel`, `string` or `hash`. Acks a tuple when Redis has answered.
    """

    _kind = "bolt"

    def as_json(self) -> dict[str, Any]:
        return {"builtin": "redis", "options": self.options}
