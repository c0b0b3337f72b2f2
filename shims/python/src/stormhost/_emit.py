"""The `emit` of a component that speaks frames. It runs once a tuple, so it is compiled to measure.

From one template come: `emit` for bolts and spouts, whose fast way is a row without extras for the stream `default`,
and an *adder* for each stream, which the slower ways end in. The checks of a row are written out field by field, since
a loop over two values costs more than everything else in here together.
"""

from __future__ import annotations

from ._values import INT_MAX, INT_MIN, SHORT_TEXT, check_count, clean_row

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from ._outputs import Output
    from ._results import Results

    Adder = Callable[[Any], None]

# Longer text goes to `clean`, which measures it: the length alone costs 8 ns here.
# Small integers first: comparing with a limit of one machine word is twice as fast.
_SMALL = 1 << 29
_FIT = (
    f"({{v}}.isascii() and len({{v}}) <= {SHORT_TEXT} if (kind := type({{v}})) is str else"
    f" kind is int and ({-_SMALL} < {{v}} < {_SMALL} or {INT_MIN} <= {{v}} <= {INT_MAX})"
    " or kind is float and {v} - {v} == 0.0 or {v} is None or kind is bool)"
)
BOLT = "stream=None, anchors=None, direct_task=None, need_task_ids=False"
SPOUT = "id=None, stream=None, direct_task=None, need_task_ids=False"


def adder(output: Output, results: Results, block: int, flush: Callable[[], None], always: bool = False) -> Adder:
    """A function that checks one row for this stream and appends it; `flush` is called when much has gathered.

    Rows of a stream without listeners are dropped unless `always`.
    """
    add: Adder = build(output, results, block, flush, always=always)
    return add


def build(
    output: Output,
    results: Results,
    block: int,
    flush: Callable[[], None],
    *,
    signature: str = "",
    special: Callable[..., Any] | None = None,
    first: str = "",
    before: str = "",
    always: bool = False,
    **names: Any,
) -> Any:
    """Compiles an `emit` for one stream, whose rows go to `block`.

    `signature`: what it takes beside the row; whatever is used of it, but for `id` and `anchors`, goes to `special`.
    `first`: a statement that runs before anything is checked; `before`: one that runs when the row has passed its
    checks. `names`: what these statements refer to.
    """
    width = output.width
    lines = [f"def emit(values, {signature}):"]
    if special is not None:
        arguments = ", ".join(part.split("=")[0] for part in signature.split(", "))
        lines += [
            "    if stream is not None or direct_task is not None or need_task_ids:",
            f"        return special(values, {arguments})",
        ]
    lines += [f"    {first}"] if first else []
    if output.listeners or always:
        lines += _checks(width)
        lines += [f"    {before}"] if before else []
        lines += [f"    column_{position}.append(v{position})" for position in range(width)]
        lines += [f"    order.append({block})"] if results.order is not None else []
        lines += ["    if len(out) >= limit:", "        flush()"]
    else:
        lines += [f"    if type(values) is not tuple or len(values) != {width}:", "        counted(values)"]

    def counted(values: Any) -> None:
        """Nobody listens: only the number of values is checked, and the row forgotten."""
        check_count(values, output.fields, output.name)

    scope = {
        **{f"column_{position}": column for position, column in enumerate(results.columns[block])},
        "clean": lambda values: clean_row(values, output.fields, output.name),
        "counted": counted,
        "flush": flush,
        "order": results.order,
        "out": results.out,
        "limit": results.limit,
        "special": special,
        **names,
    }
    exec(compile("\n".join(lines), __file__, "exec"), scope)
    results.scopes.append(scope)
    return scope["emit"]


def nothing() -> None:
    """In place of a flush that has to wait."""


def _checks(width: int) -> list[str]:
    """Lines that make `v0`, `v1` and so on of `values`, fit to be sent."""
    names = [f"v{position}" for position in range(width)]
    fit = " and ".join(_FIT.format(v=name) for name in names)
    if width == 0:
        return ["    clean(values)"]
    if width == 1:  # a bare value as a rule; a row with one value is taken apart
        return ["    v0 = values", f"    if not {fit}:", "        v0, = clean(values)"]
    row = ", ".join(names)
    return [
        "    if type(values) is tuple or type(values) is list:",
        "        try:",
        f"            {row} = values",
        "        except ValueError:",  # the wrong number of values: cheaper than to look before
        f"            {row} = clean(values)",
        f"        if not ({fit}):",
        f"            {row} = clean(values)",
        "    else:",
        f"        {row} = clean(values)",
    ]
