"""What a child has to say, collected until it is worth a frame: `PROTOCOL.md`, "R: results".

`emit` appends to plain lists; `flush` turns them into one `R` frame, or several when there is much. All lists grow at
the end only and are cut at the front only.
"""

from __future__ import annotations

from itertools import chain, compress
from struct import Struct, pack

from ._wire import RESULTS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from ._codec import Codec
    from ._outputs import Output
    from ._wire import Outlet

ORDER, MARKS, ANCHORS, DIRECT, ACKS, FAILS, LOOSE, ASK = 1, 2, 4, 8, 16, 32, 64, 128
MAX_ROWS = 4096
# What a frame should not much exceed, so that neither side holds more than this for a channel.
TARGET_BYTES = 1 << 20
_HEAD = Struct("<QIIH")
_BLOCK = Struct("<HHII")
_U32 = Struct("<I")


class Results:
    """Rows and verdicts of one child, on their way to the host.

    `out`: the rows, in order of emission: a bare value for a stream of one field, else a tuple or list.
    `order`: which block each row is of; None where there is only one block.
    `marks`: for each input consumed since the last frame, the length of `out` after it.
    `anchors`: for each row the ids it is anchored to; None for children that ack automatically, and for spouts.
    `limit`: how many rows may wait before they should be flushed; follows the size of the rows.
    """

    def __init__(
        self, outlet: Outlet, codec: Codec, blocks: Sequence[tuple[Output, int]], marks: bool, max_frame: int
    ) -> None:
        check_blocks(blocks)
        self._outlet = outlet
        self._encode = codec.encode
        self._blocks = blocks
        self._with_marks = marks
        self._max_frame = max_frame
        self._max_piece = min(4 * TARGET_BYTES, max_frame // 2)
        self.out: list[Any] = []
        self.order: bytearray | None = bytearray() if len(blocks) > 1 else None
        self.marks: list[int] = []
        self.anchors: list[tuple[int, ...]] | None = None
        self.directs: list[tuple[int, int]] = []  # (number of the row since the start, task)
        self.acks: list[int] = []
        self.fails: list[tuple[int, str]] = []
        self.consumed = 0  # a bolt: inputs, as said in the last frame; a spout: control frames taken
        self.said = 0  # `consumed` in the last frame
        self.sent = 0  # rows, since the start
        self.limit = 256

    def flush(self, loose: bool = False, ask: bool = False) -> None:
        """Writes everything collected. `loose`: the rows are tied to no input. `ask`: the host shall answer.

        May run beside an `emit` of another thread: what that has not finished yet is left for later.
        """
        total = len(self.out)
        if self.order is not None:
            total = min(total, len(self.order))
        if self.anchors is not None:
            total = min(total, len(self.anchors))
        begin = 0
        while total - begin > MAX_ROWS:
            begin = self._piece(begin, begin + MAX_ROWS, False, loose, False)
        self._piece(begin, total, True, loose, ask)
        self.said = self.consumed
        self.sent += total
        del self.out[:total]
        self.marks.clear()
        if self.order is not None:
            del self.order[:total]
        if self.anchors is not None:
            del self.anchors[:total]
        if self.directs:
            self.directs = [direct for direct in self.directs if direct[0] >= self.sent]

    @property
    def through(self) -> int:
        """How many inputs are through, whether the host has heard of it or not."""
        return self.consumed + len(self.marks)

    def has_ack(self, id: int) -> bool:
        """Whether this input is acked in what waits."""
        return id in self.acks

    def consume(self, count: int = 1) -> None:
        """Counts inputs that are not marked: a spout's control frames."""
        self.consumed += count

    def _piece(self, begin: int, end: int, last: bool, loose: bool, ask: bool) -> int:
        """Sends the rows from `begin` to `end` and what belongs with them; in halves when that is too much."""
        blocks, size = self._columns(begin, end)
        if self.anchors is not None:
            size += 8 * sum(map(len, self.anchors[begin:end]))
        if size > self._max_piece and end - begin > 1:
            middle = (begin + end) // 2
            self._piece(begin, middle, False, loose, False)
            return self._piece(middle, end, last, loose, ask)
        rows = end - begin
        if rows == 1 and size > self._max_frame - 4096:
            raise row_too_large(size, self._max_frame)
        if rows:
            self.limit = min(MAX_ROWS, max(1, TARGET_BYTES * rows // (size + 1)), 4 * self.limit)
        marks = self.marks
        if not last:
            # Inputs whose last row lies beyond this piece are consumed in a later one.
            done = 0
            while done < len(marks) and marks[done] <= end:
                done += 1
            marks = marks[:done]
            del self.marks[:done]
        self.consumed += len(marks)
        sections = []
        flags = 0
        if self.order is not None and len(blocks) > 1:
            flags |= ORDER
            sections.append(self._renumbered(begin, end, blocks))
        if self._with_marks and rows and not loose:
            flags |= MARKS
            relative = [mark - begin for mark in marks] if begin else marks
            sections.append(pack(f"<I{len(marks)}I", len(marks), *relative))
        loose = loose and rows > 0
        if self.anchors is not None and rows:
            anchors = self.anchors[begin:end]
            if any(anchors):
                flags |= ANCHORS
                sections.append(_anchors(anchors))
            else:
                loose = True
        flags |= self._direct_section(begin, end, sections)
        if last and self.acks:
            flags |= ACKS
            sections.append(pack(f"<I{len(self.acks)}Q", len(self.acks), *self.acks))
            self.acks.clear()
        flags |= self._fail_section(last, sections)
        flags |= (LOOSE if loose else 0) | (ASK if ask else 0)
        head = _HEAD.pack(self.consumed, flags, rows, len(blocks))
        self._outlet.frame(RESULTS, head, *chain.from_iterable(pieces for _, pieces in blocks), *sections)
        return end

    def _columns(self, begin: int, end: int) -> tuple[list[tuple[int, list[bytes]]], int]:
        """The blocks that have rows, each as its number and its bytes, and how many bytes these are together."""
        out = self.out if begin == 0 and end == len(self.out) else self.out[begin:end]
        if not out:
            return [], 0
        if self.order is None:
            groups = [(0, out)]
        else:
            order = self.order[begin:end]
            used = sorted(set(order))
            if len(used) == 1:
                groups = [(used[0], out)]
            else:
                groups = [(number, list(compress(out, [number == of for of in order]))) for number in used]
        blocks = []
        size = 0
        for number, rows in groups:
            output, tracked = self._blocks[number]
            width = output.width
            pieces = [_BLOCK.pack(output.index, width, len(rows), tracked)]
            for column in (rows,) if width == 1 else list(zip(*rows)):
                data = self._encode(column)
                size += len(data)
                pieces += _U32.pack(len(data)), data
            blocks.append((number, pieces))
        return blocks, size

    def _renumbered(self, begin: int, end: int, blocks: list[tuple[int, list[bytes]]]) -> bytes:
        assert self.order is not None
        table = bytearray(256)
        for position, (number, _) in enumerate(blocks):
            table[number] = position
        return bytes(self.order[begin:end].translate(table))

    def _direct_section(self, begin: int, end: int, sections: list[bytes]) -> int:
        if not self.directs:
            return 0
        tasks = [0] * (end - begin)
        for number, task in self.directs:
            row = number - self.sent
            if begin <= row < end:
                tasks[row - begin] = task
        if not any(tasks):
            return 0
        sections.append(pack(f"<{len(tasks)}I", *tasks))
        return DIRECT

    def _fail_section(self, last: bool, sections: list[bytes]) -> int:
        """The fails that may go: where acks come by themselves, a fail goes with the frame that consumes its input."""
        if not self.fails:
            return 0
        if last and not self._with_marks:
            due, self.fails = self.fails, []
        else:
            due = [fail for fail in self.fails if fail[0] < self.consumed]
            self.fails = [fail for fail in self.fails if fail[0] >= self.consumed]
        if not due:
            return 0
        from ._jsontext import encode

        text = encode(due)
        sections.append(_U32.pack(len(text)) + text)
        return FAILS


def check_blocks(blocks: Sequence[tuple[Output, int]]) -> None:
    """Raises RuntimeError where there are more than a byte a row can tell apart."""
    if len(blocks) > 255:
        raise RuntimeError(f"a component may have 255 streams at most (127 for a spout), not {len(blocks)}")


def row_too_large(size: int, max_frame: int) -> RuntimeError:
    """The complaint about a row that cannot be sent at all."""
    return RuntimeError(f"a row of {size} bytes does not fit into a frame of at most {max_frame} bytes")


def _anchors(anchors: Sequence[tuple[int, ...]]) -> bytes:
    ends = []
    end = 0
    for ids in anchors:
        end += len(ids)
        ends.append(end)
    return pack(f"<{len(ends)}I{end}Q", *ends, *chain.from_iterable(anchors))
