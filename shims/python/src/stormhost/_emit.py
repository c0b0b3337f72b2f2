"""The `emit` of a component that speaks frames, made as a closure for speed: it runs once a tuple.

Each is built around one `Results`: it checks the row, then appends it. The default stream has its own short way in.
"""

from __future__ import annotations

from ._values import INT_MAX, INT_MIN, SHORT_TEXT, clean_row, wrong_count

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from ._outputs import Output
    from ._results import Results

    Adder = Callable[[Any], None]


def adder(output: Output, results: Results, block: int, flush: Callable[[], None], always: bool = False) -> Adder:
    """A function that checks one row for this stream and appends it; `flush` is called when much has gathered.

    Rows of a stream without listeners are dropped unless `always`.
    """
    if not output.listeners and not always:
        return _dropper(output)
    return _one_field(output, results, block, flush) if output.width == 1 else _fields(output, results, block, flush)


def _one_field(output: Output, results: Results, block: int, flush: Callable[[], None]) -> Adder:
    out = results.out
    append = out.append
    order = None if results.order is None else results.order.append
    fields, name = output.fields, output.name

    def add(values: Any) -> None:
        kind = type(values)
        if kind is str:
            if not values.isascii() or len(values) > SHORT_TEXT:
                values = clean_row(values, fields, name)[0]
        elif kind is not int or not INT_MIN <= values <= INT_MAX:
            values = clean_row(values, fields, name)[0]
        append(values)
        if order is not None:
            order(block)
        if len(out) >= results.limit:
            flush()

    return add


def _fields(output: Output, results: Results, block: int, flush: Callable[[], None]) -> Adder:
    out = results.out
    append = out.append
    order = None if results.order is None else results.order.append
    fields, name, width = output.fields, output.name, output.width

    def add(values: Any) -> None:
        kind = type(values)
        if (kind is not tuple and kind is not list) or len(values) != width:
            values = clean_row(values, fields, name)
        else:
            for value in values:
                kind = type(value)
                if kind is str:
                    if value.isascii() and len(value) <= SHORT_TEXT:
                        continue
                elif kind is int:
                    if INT_MIN <= value <= INT_MAX:
                        continue
                elif value is None or kind is bool:
                    continue
                values = clean_row(values, fields, name)
                break
            else:
                if kind is list:
                    values = tuple(values)  # the caller may go on changing its list
        append(values)
        if order is not None:
            order(block)
        if len(out) >= results.limit:
            flush()

    return add


def _dropper(output: Output) -> Adder:
    """Nobody listens: only the number of values is checked, and the row forgotten."""
    fields, name, width = output.fields, output.name, output.width

    def drop(values: Any) -> None:
        if len(values) != width if isinstance(values, (list, tuple)) else width != 1:
            raise wrong_count(values, fields, name)

    return drop
