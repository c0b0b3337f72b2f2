"""The `emit` of a component that speaks frames. It runs once a tuple, so it is compiled to measure.

From one template come: `emit` for bolts and spouts, whose fast way is a row without extras for the stream `default`,
and an *adder* for each stream, which the slower ways end in. The checks of a row are written out field by field, since
a loop over two values costs more than everything else in here together.
"""

from __future__ import annotations

from ._values import INT_MAX, INT_MIN, check_count, clean_row

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from ._outputs import Output
    from ._results import Results

    Adder = Callable[[Any], None]

# Small integers first: comparing with a limit of one machine word is twice as fast.
_SMALL = 1 << 29
_FIT = (
    "({v}.isascii() if type({v}) is str else"
    f" type({{v}}) is int and ({-_SMALL} < {{v}} < {_SMALL} or {INT_MIN} <= {{v}} <= {INT_MAX})"
    " or type({v}) is float and {v} - {v} == 0.0 or {v} is None or type({v}) is bool)"
)
BOLT = "stream=None, anchors=None, direct_task=None, need_task_ids=False"
SPOUT = "id=None, stream=None, direct_task=None, need_task_ids=False"


def adder(output: Output, results: Results, block: int, flush: Callable[[], None], always: bool = False) -> Adder:
    """A function that checks one row for this stream and appends it; `flush` is called when much has gathered.

    Rows of a stream without listeners are dropped unless `always`.
    """
    add: Adder = build(output, results, f"order({block})", flush, always=always)
    return add


def build(
    output: Output,
    results: Results,
    order: str,
    flush: Callable[[], None],
    *,
    signature: str = "",
    special: Callable[..., Any] | None = None,
    before: str = "",
    always: bool = False,
    **names: Any,
) -> Any:
    """Compiles an `emit` for one stream.

    `order`: a statement that notes the block of the row; left out where there is only one. `signature`: what it takes
    beside the row; whatever is used of it, but for `id` and `anchors`, goes to `special`. `before`: a statement that
    runs when the row has passed its checks. `names`: what these statements refer to.
    """
    width = output.width
    lines = [f"def emit(values, {signature}):"]
    if special is not None:
        arguments = ", ".join(part.split("=")[0] for part in signature.split(", "))
        lines += [
            "    if stream is not None or direct_task is not None or need_task_ids:",
            f"        return special(values, {arguments})",
        ]
    if output.listeners or always:
        lines += _one_value() if width == 1 else _values(width)
        lines += [f"    {before}"] if before else []
        lines += ["    append(values)"]
        lines += [f"    {order}"] if results.order is not None else []
        lines += ["    if len(out) >= results.limit:", "        flush()"]
    else:
        lines += [f"    if type(values) is not tuple or len(values) != {width}:", "        counted(values)"]

    def clean(values: Any) -> Any:
        row = clean_row(values, output.fields, output.name)
        return row[0] if width == 1 else tuple(row)

    def counted(values: Any) -> None:
        """Nobody listens: only the number of values is checked, and the row forgotten."""
        check_count(values, output.fields, output.name)

    scope = {
        "append": results.out.append,
        "clean": clean,
        "counted": counted,
        "flush": flush,
        "order": None if results.order is None else results.order.append,
        "out": results.out,
        "results": results,
        "special": special,
        **names,
    }
    exec(compile("\n".join(lines), __file__, "exec"), scope)
    return scope["emit"]


def _one_value() -> list[str]:
    """A bare value as a rule; a row with one value is taken apart."""
    return [f"    if not {_FIT.format(v='values')}:", "        values = clean(values)"]


def _values(width: int) -> list[str]:
    if width == 0:
        return ["    values = clean(values)"]
    values = [f"v{position}" for position in range(width)]
    fit = " and ".join(_FIT.format(v=value) for value in values)
    return [
        f"    if type(values) is tuple and len(values) == {width}:",
        f"        {', '.join(values)} = values",
        f"        if not ({fit}):",
        "            values = clean(values)",
        "    else:",
        "        values = clean(values)",
    ]
