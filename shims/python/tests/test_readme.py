"""The README's examples work as they stand."""

from pathlib import Path

from stormhost._topology import declarations

README = Path(__file__).resolve().parents[1] / "README.md"


def test_the_examples_run():
    blocks = [part.split("```")[0] for part in README.read_text(encoding="utf-8").split("```python\n")[1:]]
    assert len(blocks) == 3
    scope = {"__name__": "readme"}
    for block in blocks:
        exec(compile(block, str(README), "exec"), scope)
    assert [declaration.name for declaration in declarations(scope["WordCount"])] == ["lines", "split", "count"]
