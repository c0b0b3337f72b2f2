"""stormhost: spouts, bolts and topologies in Python, for the stormhost host and for Apache Storm.

A topology is a class whose body declares components and connects them; see the README for a first one.
"""

from ._batcher import TimeBatcher
from ._bolt import AutoAckBolt, Bolt
from ._groupings import (
    AllGrouping,
    DirectGrouping,
    FieldsGrouping,
    GlobalGrouping,
    LocalOrShuffleGrouping,
    NoneGrouping,
    PartialKeyGrouping,
    ShuffleGrouping,
)
from ._jvm import JVMBolt, JVMSpout, RedisSink, RedisSpout
from ._process import Lua, Print, Process
from ._shell import Exec, Lines
from ._spout import ReliableSpout, Spout
from ._stream import Stream
from ._topology import Topology
from ._values import EmitError

__version__ = "0.1.0"

__all__ = [
    "AllGrouping",
    "AutoAckBolt",
    "Bolt",
    "DirectGrouping",
    "EmitError",
    "Exec",
    "FieldsGrouping",
    "GlobalGrouping",
    "JVMBolt",
    "JVMSpout",
    "Lines",
    "LocalOrShuffleGrouping",
    "Lua",
    "NoneGrouping",
    "PartialKeyGrouping",
    "Print",
    "Process",
    "RedisSink",
    "RedisSpout",
    "ReliableSpout",
    "ShuffleGrouping",
    "Spout",
    "Stream",
    "TimeBatcher",
    "Topology",
    "__version__",
]
