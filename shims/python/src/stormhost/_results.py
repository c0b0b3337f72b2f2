"""What a child has to say, collected until it is worth a frame: `PROTOCOL.md`, "R: results".

`emit` appends each value to the column that it will be sent in; `flush` turns the columns into one `R` frame, or
several when there is much. Rows would have to be kept as tuples, which the garbage collector walks over and `zip` takes
apart. All lists grow at the end only and are cut at the front only.
"""

from __future__ import annotations

from itertools import chain
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

    `columns`: for each block one list a field, to which `emit` appends.
    `order`: which block each row is of; None where there is only one block, and that has fields.
    `out`: whichever of these grows last with a row, so that its length is the number of whole rows.
    `marks`: for each input consumed since the last frame, the length of `out` after it.
    `anchors`: for each row the id, or the ids, that it is anchored to; None for children that ack automatically, and
    for spouts.
    `limit`: how many rows may wait before they should be flushed; follows the size of the rows. It is also kept as
    `limit` in each of `scopes`, the globals of the functions that add rows, where it is quicker to find.
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
        self.columns: list[list[list[Any]]] = [[[] for _ in output.fields] for output, _ in blocks]
        self.order: bytearray | None = None if len(blocks) == 1 and self.columns[0] else bytearray()
        self.out: list[Any] | bytearray = self.columns[0][-1] if self.order is None else self.order
        self.marks: list[int] = []
        self.anchors: list[int | tuple[int, ...]] | None = None
        self.directs: list[tuple[int, int]] = []  # (number of the row since the start, task)
        self.acks: list[int] = []
        self.fails: list[tuple[int, str]] = []
        self.consumed = 0  # a bolt: inputs, as said in the last frame; a spout: control frames taken
        self.said = 0  # `consumed` in the last frame
        self.sent = 0  # rows, since the start
        self.limit = 256
        self.scopes: list[dict[str, Any]] = []

    def flush(self, loose: bool = False, ask: bool = False) -> None:
        """Writes everything collected. `loose`: the rows are tied to no input. `ask`: the host shall answer.

        Raises RuntimeError when a row is not whole.
        """
        if not self.whole():
            raise RuntimeError("an emit was broken off between two values of its row, perhaps by a signal handler")
        total = len(self.out)
        if self.anchors is not None:
            total = min(total, len(self.anchors))
        begin = 0
        while total - begin > MAX_ROWS:
            begin = self._piece(begin, begin + MAX_ROWS, False, loose, False)
        self._piece(begin, total, True, loose, ask)
        self.said = self.consumed
        self.sent += total
        self._forget(total)
        self.marks.clear()
        if self.directs:
            self.directs = [direct for direct in self.directs if direct[0] >= self.sent]

    def whole(self) -> bool:
        """Whether every row has all its values. If not, an `emit` is going on in another thread, or was broken off."""
        total = len(self.out)
        for block, columns in enumerate(self.columns):
            rows = total if self.order is None else self.order.count(block, 0, total)
            for column in columns:
                if len(column) != rows:
                    return False
        return True

    def _forget(self, total: int) -> None:
        """Cuts off the rows that have been sent. An `emit` of another thread may have added more meanwhile."""
        for block, columns in enumerate(self.columns):
            rows = total if self.order is None else self.order.count(block, 0, total)
            for column in columns:
                del column[:rows]
        if self.order is not None:
            del self.order[:total]
        if self.anchors is not None:
            del self.anchors[:total]

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
        anchors = _anchors(self.anchors[begin:end]) if self.anchors is not None else b""
        size += len(anchors)
        if size > self._max_piece and end - begin > 1:
            middle = (begin + end) // 2
            self._piece(begin, middle, False, loose, False)
            return self._piece(middle, end, last, loose, ask)
        rows = end - begin
        if rows == 1 and size > self._max_frame - 4096:
            raise row_too_large(size, self._max_frame)
        if rows:
            self._set_limit(min(MAX_ROWS, max(1, TARGET_BYTES * rows // (size + 1)), 4 * self.limit))
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
        if anchors:
            flags |= ANCHORS
            sections.append(anchors)
        elif self.anchors is not None:
            loose = rows > 0
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

    def _set_limit(self, limit: int) -> None:
        self.limit = limit
        for scope in self.scopes:
            scope["limit"] = limit

    def _columns(self, begin: int, end: int) -> tuple[list[tuple[int, list[bytes]]], int]:
        """The blocks that have rows, each as its number and its bytes, and how many bytes these are together."""
        if begin == end:
            return [], 0
        parts = [(0, begin, end)]
        order = self.order
        if order is not None:
            parts = [
                (block, order.count(block, 0, begin), order.count(block, 0, end))
                for block in sorted(set(order[begin:end]))
            ]
        blocks = []
        size = 0
        for block, first, last in parts:
            output, tracked = self._blocks[block]
            pieces = [_BLOCK.pack(output.index, output.width, last - first, tracked)]
            for column in self.columns[block]:
                data = self._encode(column if last - first == len(column) else column[first:last])
                size += len(data)
                pieces += _U32.pack(len(data)), data
            blocks.append((block, pieces))
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
    return RuntimeError(f"a row of {size} bytes does not fit into a frame of at most {max_frame} bytes [SH0605]")


def _anchors(anchors: Sequence[int | tuple[int, ...]]) -> bytes:
    """The section of that name; empty when no row has an anchor."""
    rows = len(anchors)
    if set(map(type, anchors)) == {int}:
        return pack(f"<{rows}I{rows}Q", *range(1, rows + 1), *anchors)
    ends = []
    flat: list[int] = []
    for ids in anchors:
        if isinstance(ids, int):
            flat.append(ids)
        else:
            flat += ids
        ends.append(len(flat))
    if not flat:
        return b""
    return pack(f"<{rows}I{len(flat)}Q", *ends, *flat)
