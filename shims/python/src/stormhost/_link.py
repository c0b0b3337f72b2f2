"""The small interface between a component and whichever dialect its host speaks."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ._component import Component


class Link:
    """One conversation with the host. Implemented for frames, for Storm's JSON, and for tests.

    `opened`: whether the handshake has been answered; until then messages go by `foreword`, or else to standard error:
    Storm would take them for the answer, and a component that fails in `initialize` must not have answered.

    A link sets `component._emit` (and for bolts `_ack` and `_fail`) in `bind`, and then runs the loop.
    """

    opened = False

    def bind(self, component: Component) -> None:
        """Gives the component its `emit`, before `initialize`."""
        raise NotImplementedError

    def open(self) -> None:
        """Answers the handshake; further calls do nothing."""
        raise NotImplementedError

    def run(self) -> None:
        """Works until the host closes our input."""
        raise NotImplementedError

    def stop(self) -> None:
        """Sends what is finished, before the process ends for a reason of its own. Called after `open` only."""
        raise NotImplementedError

    def unsaid(self) -> int:
        """How many inputs are through of which the host has not heard."""
        return 0

    def message(self, message: dict[str, Any]) -> None:
        """Sends a log line, an error or a metric."""
        raise NotImplementedError

    def foreword(self, message: dict[str, Any]) -> bool:
        """Sends a log line or an error ahead of the handshake's answer. False where the host may not expect any."""
        return False


def overrides(component: object, base: type, name: str) -> bool:
    """Whether the component's class, or the instance, has its own method `name`.

    Does not look into the instance's dictionary: that makes one, and each attribute of the component is slower to get
    from then on.
    """
    method = getattr(component, name, None)
    return getattr(method, "__func__", method) is not getattr(base, name)
