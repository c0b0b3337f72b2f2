"""The faults of the campaign: what each is, who does it, what can suffer it, and how soon all has to flow again.

Pure: a list, and questions about it.
"""

from __future__ import annotations

from dataclasses import dataclass

SUBPROCESS_TIMEOUT = 1.5
"""`topology.subprocess.timeout.secs` of the campaign: after so long a silence a child is taken for hung."""
MESSAGE_TIMEOUT = 8.0
"""`topology.message.timeout.secs` of the campaign."""
SHELL_TIMEOUT = 12.0
"""The same where a process is started for each batch: spouts are asked for little when trees take long against it."""
HOST_SUSPENDED = 2.0
"""Seconds for which the host is suspended."""
FLOWS_WITHIN = 10.0
"""Seconds within which whoever suffered a fault has to be at work again, beyond what it takes to notice the fault."""

# Who can suffer: bolts in processes by how they speak, spouts, and what runs inside the host.
SHIM = frozenset({"frames", "router", "spout"})
OLD = frozenset({"json", "msgpack", "old spout"})
SHELL = frozenset({"exec", "lines", "source"})
PROCESSES = SHIM | OLD | SHELL
INSIDE = frozenset({"lua", "python", "inside spout"})
ACKING = frozenset({"frames", "json", "msgpack", "python"})  # bolts whose acks are written by hand here
PROTOCOL = SHIM | OLD | frozenset({"python", "inside spout"})


@dataclass(frozen=True)
class Fault:
    """One fault.

    `by`: `signal` (the campaign sends signals), `child` (the child does it itself, on order), `host` (it happens to the host or to all at once).
    `lethal`: for whom only another child, with a process of its own, can be flowing again. `notice`: seconds until the host can know of it.
    """

    name: str
    words: str
    by: str
    suffers: frozenset[str]
    lethal: frozenset[str] = frozenset()
    notice: float = 0.0

    @property
    def within(self) -> float:
        """Seconds from the fault until whoever suffered it has to be at work again."""
        return self.notice + FLOWS_WITHIN


HANGS = 2 * SUBPROCESS_TIMEOUT
ANYBODY = PROCESSES | INSIDE

FAULTS = (
    Fault("sigkill", "SIGKILL", "signal", PROCESSES, PROCESSES),
    Fault("pause", "SIGSTOP, and SIGCONT after 0.1 to 0.8 s", "signal", PROCESSES, notice=0.8),
    Fault("stop", "SIGSTOP, and never SIGCONT", "signal", PROCESSES - {"lines", "source"}, PROCESSES, HANGS),
    Fault("exit", "exit at a random message", "child", ANYBODY, ANYBODY),
    Fault("half_message", "half a message, then exit", "child", PROTOCOL | SHELL, ANYBODY),
    Fault("rubbish", "rubbish on stdout", "child", ANYBODY - {"source"}),
    Fault("megabyte_line", "a line of a megabyte on stdout", "child", ANYBODY - {"source"}),
    Fault("stderr_flood", "four megabytes on stderr", "child", ANYBODY),
    Fault("never_reads", "never reads again, and never answers", "child", ANYBODY - {"lines", "source"}, ANYBODY, HANGS),
    Fault("never_acks", "never acks up to fifty of its tuples", "child", ACKING | {"lua"}, notice=2 * MESSAGE_TIMEOUT),
    Fault("acks_twice", "acks twice, then fails, up to fifty of its tuples", "child", ACKING | {"lua"}),
    Fault("acks_strangers", "acks and fails what it never got", "child", ACKING),
    Fault("strange_anchors", "emits with anchors that it does not hold", "child", ACKING),
    Fault("grandchild", "dies, and leaves a process that keeps its pipes open", "child", PROCESSES, PROCESSES),
    Fault("ignores_sigterm", "ignores SIGTERM and the end of its input", "child", PROCESSES - {"exec"}),
    Fault("allocates", "allocates until it is killed", "child", PROCESSES - {"exec"} | {"lua"}, ANYBODY, 2.0),
    Fault("closes_stdout", "closes its stdout, and lives on", "child", PROCESSES, PROCESSES, HANGS),
    Fault("clock", "the clock of the machine jumps", "host", ANYBODY),
    Fault("page_pipes", "pipes of one page", "host", ANYBODY),
    Fault("suspended", "the whole host is suspended for 2 s", "host", ANYBODY, notice=HOST_SUSPENDED),
    Fault("guard", "SIGKILL of the guard", "host", ANYBODY),
)

BY_NAME = {fault.name: fault for fault in FAULTS}

NO_SENSE = {
    "lua": "is a thread of the host: it has no process to be signalled, no pipes of its own to be held open or closed, and its library offers no way to write half a message "
    "or to ack what it was not given",
    "python": "is a thread of the host, as for Lua; and its memory is the host's, so it is not ended for it",
    "exec": "speaks no protocol: its acks are exit statuses, and it emits no anchors. It ends after each batch anyhow, so its memory and its ignoring a SIGTERM are those of `never reads`",
    "lines": "speaks no protocol, and owes no answer: one that is silent may be sorting, so silence is no fault; nor is living on at the end, which is awaited for as long as it takes",
    "source": "as a filter; and whatever it prints is a tuple, so it cannot print rubbish",
    "spout": "has nothing to ack and no anchors",
    "router": "acks by itself: the library does",
}
"""Why some of them cannot suffer some faults. In such a shape the fault strikes another component of the topology: its sink, its spout or its router."""


def for_whom(fault: Fault, kinds: list[str]) -> list[str]:
    """Those of `kinds` that can suffer the fault."""
    return [kind for kind in kinds if kind in fault.suffers]
