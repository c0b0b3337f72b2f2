"""Makes children send what nobody listens to, where `BENCH_SEND=1`.

The host tells a child which of its streams have no listeners, and the child drops what it emits there. That saves the counter a good
part of its work, so a word count is measured both ways: with "send" every `(word, n)` goes to the host, as it would in a topology
where somebody wants it. This reaches into the library, which no user should.
"""

from __future__ import annotations

import os

from stormhost import _outputs


def obey() -> None:
    """Call it at import, in a topology that knows both ways."""
    if os.environ.get("BENCH_SEND") != "1":
        return
    plain = _outputs.Output.__init__

    def listened(self, index, name, fields, direct, listeners):
        plain(self, index, name, fields, direct, True)

    _outputs.Output.__init__ = listened
