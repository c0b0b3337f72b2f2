"""What a child has to say, collected until it is worth a frame: `PROTOCOL.md`, "R: results".

`emit` appends each value to the column that it will be sent in; `flush` turns the columns into one `R` frame, or
several when there is much. Rows would have to be kept as tuples, which the garbage collector walks over and `zip` takes
apart. All lists grow at the end only and are cut at the front only.

A signal handler of the user may raise in the middle of it. So a frame is made of what is there, which stays; then, in a
single call of C code, the frame is queued, what it holds is cut off, and what it says is noted. An exception strikes
before that, and nothing has happened, or after it, and the frame will be written.
"""

from __future__ import annotations

from _collections import deque  # the C part alone: `collections` takes 3 ms to import
from _operator import setitem
from _thread import RLock
from itertools import chain, repeat
from struct import Struct, pack
from sys import maxsize

from ._wire import RESULTS, frame

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
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
_END = slice(maxsize, maxsize)


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
        self.frames = 0  # since the start
        self.asked = 0  # of these, how many the host answers
        self._turn = RLock()  # or two threads would send the same rows
        self.limit = 256
        self.scopes: list[dict[str, Any]] = []

    def flush(self, loose: bool = False, ask: bool = False) -> None:
        """Writes everything collected. `loose`: the rows are tied to no input. `ask`: the host shall answer.

        Raises RuntimeError when a row is not whole.
        """
        with self._turn:
            if not self.whole():
                raise RuntimeError("an emit was broken off between two values of its row, perhaps by a signal handler")
            # In this order: what another thread emits and acks meanwhile has to wait for the next frame, both of it.
            verdicts = [len(self.marks), len(self.acks), len(self.fails)]
            rows = len(self.out)
            if self.anchors is not None:
                rows = min(rows, len(self.anchors))
            frames, most = self.frames, MAX_ROWS
            while True:
                count = min(rows, most)
                blocks, anchors, size = self._columns(count)
                if size > self._max_piece and count > 1:
                    most = count // 2
                    continue
                if count == 1 and size > self._max_frame - 4096:
                    raise row_too_large(size, self._max_frame)
                if count:
                    self._set_limit(min(MAX_ROWS, max(1, TARGET_BYTES * count // (size + 1)), 4 * self.limit))
                last = count == rows
                commit = self._frame(count, blocks, anchors, verdicts, last, loose, ask and last)
                if self.frames != frames:  # a signal handler has come in between, and sent some of this
                    return self.flush(loose, ask)
                deque(commit, 0)
                self._outlet.send()
                if last:
                    return None
                rows -= count
                frames += 1

    def whole(self) -> bool:
        """Whether every row has all its values. If not, an `emit` is going on in another thread, or was broken off."""
        total = len(self.out)
        for block, columns in enumerate(self.columns):
            rows = total if self.order is None else self.order.count(block, 0, total)
            for column in columns:
                if len(column) != rows:
                    return False
        return True

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

    def _frame(
        self,
        rows: int,
        blocks: list[tuple[int, list[bytes]]],
        anchors: bytes,
        verdicts: list[int],
        last: bool,
        loose: bool,
        ask: bool,
    ) -> Iterator[None]:
        """One frame, with so many rows. It is queued, and what is in it forgotten, by whoever goes through the result.

        `verdicts`: how many marks, acks and fails may go with it; less by those that do.
        """
        marked = done = verdicts[0]
        if not last:
            # Inputs whose last row lies beyond this frame are consumed in a later one.
            done = 0
            while done < marked and self.marks[done] <= rows:
                done += 1
        verdicts[0] -= done
        marks = self.marks[:done]
        consumed = self.consumed + done
        cut = slice(0, rows)
        targets: list[Any] = [column for block, _ in blocks for column in self.columns[block]]
        keys = [slice(0, self._rows_of(block, rows)) for block, _ in blocks for _ in self.columns[block]]
        values: list[Any] = [()] * len(targets)
        said = {"frames": self.frames + 1, "said": consumed}
        sections = []
        flags = 0
        if self.order is not None:
            if len(blocks) > 1:
                flags |= ORDER
                sections.append(self._renumbered(rows, blocks))
            targets.append(self.order)
            keys.append(cut)
            values.append(b"")
        if self._with_marks and rows and not loose:
            flags |= MARKS
            sections.append(pack(f"<I{done}I", done, *marks))
        if self.marks:
            targets.append(self.marks)
            keys.append(slice(0, len(self.marks)))
            values.append([mark - rows for mark in self.marks[done:]])
        if done:
            said["consumed"] = consumed  # of a spout's it is not for us to say: it may count at this very moment
        loose = loose and rows > 0
        if self.anchors is not None:
            if anchors:
                flags |= ANCHORS
                sections.append(anchors)
            else:
                loose = rows > 0
            targets.append(self.anchors)
            keys.append(cut)
            values.append(())
        if rows:
            said["sent"] = self.sent + rows
            if self.directs:
                directs = self.directs[:]
                flags |= self._direct_section(rows, directs, sections)
                targets.append(self.directs)
                keys.append(slice(0, len(directs)))
                values.append([direct for direct in directs if direct[0] >= self.sent + rows])
        if last and verdicts[1]:
            flags |= ACKS
            acks = self.acks[: verdicts[1]]
            sections.append(pack(f"<I{len(acks)}Q", len(acks), *acks))
            targets.append(self.acks)
            keys.append(slice(0, len(acks)))
            values.append(())
        if verdicts[2]:
            fails = self.fails[: verdicts[2]]
            due, kept = fails, []
            if not last or self._with_marks:  # where acks come by themselves, a fail goes with what consumes its input
                due = [fail for fail in fails if fail[0] < consumed]
                kept = [fail for fail in fails if fail[0] >= consumed]
            if due:
                flags |= FAILS
                sections.append(_fail_section(due))
                verdicts[2] = len(kept)
                targets.append(self.fails)
                keys.append(slice(0, len(fails)))
                values.append(kept)
        if ask:
            flags |= ASK
            said["asked"] = self.asked + 1
        flags |= LOOSE if loose else 0
        head = _HEAD.pack(consumed, flags, rows, len(blocks))
        made = frame(RESULTS, head, *chain.from_iterable(pieces for _, pieces in blocks), *sections)
        targets.append(self._outlet.queue)
        keys.append(_END)
        values.append([(made, [])])
        return chain(map(setitem, targets, keys, values), map(setattr, repeat(self), said, said.values()))

    def _set_limit(self, limit: int) -> None:
        self.limit = limit
        for scope in self.scopes:
            scope["limit"] = limit

    def _columns(self, rows: int) -> tuple[list[tuple[int, list[bytes]]], bytes, int]:
        """The blocks of the first `rows`, each as its number and its bytes; their anchors; and how long these are."""
        anchors = _anchors(self.anchors[:rows]) if self.anchors is not None else b""
        if not rows:
            return [], anchors, 0
        numbers = [0] if self.order is None else sorted(set(self.order[:rows]))
        blocks = []
        size = len(anchors)
        for block in numbers:
            output, tracked = self._blocks[block]
            count = self._rows_of(block, rows)
            pieces = [_BLOCK.pack(output.index, output.width, count, tracked)]
            for column in self.columns[block]:
                data = self._encode(column if count == len(column) else column[:count])
                size += len(data)
                pieces += _U32.pack(len(data)), data
            blocks.append((block, pieces))
        return blocks, anchors, size

    def _rows_of(self, block: int, rows: int) -> int:
        """How many of the first `rows` are of this block."""
        return rows if self.order is None else self.order.count(block, 0, rows)

    def _renumbered(self, rows: int, blocks: list[tuple[int, list[bytes]]]) -> bytes:
        assert self.order is not None
        table = bytearray(256)
        for position, (number, _) in enumerate(blocks):
            table[number] = position
        return bytes(self.order[:rows].translate(table))

    def _direct_section(self, rows: int, directs: list[tuple[int, int]], sections: list[bytes]) -> int:
        tasks = [0] * rows
        for number, task in directs:
            if 0 <= number - self.sent < rows:
                tasks[number - self.sent] = task
        if not any(tasks):
            return 0
        sections.append(pack(f"<{len(tasks)}I", *tasks))
        return DIRECT


def _fail_section(due: list[tuple[int, str]]) -> bytes:
    from ._jsontext import encode

    text = encode(due)
    return _U32.pack(len(text)) + text


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
