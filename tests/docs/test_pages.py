"""What the documentation shows does what it says: every block of every page is run. See tests/pages.py for how blocks are marked."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness import REPOSITORY
from pages import PROGRAMS, Page, blocks

PAGES = [
    *sorted((REPOSITORY / "docs").glob("*.md")),
    REPOSITORY / "README.md",
    *sorted((REPOSITORY / "shims").glob("*/README.md")),
]


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(REPOSITORY)))
def test_every_block_does_as_the_page_says(path: Path, tmp_path: Path) -> None:
    page = Page(path)
    if path.parent.name == "docs":
        shown = [block.line for block in page.blocks if "form" in block.marks and block.language in PROGRAMS]
        assert not shown, f"{path.name}, line {shown[0]}: what is shown in docs/ is run"
    page.run(tmp_path)


@pytest.mark.parametrize(
    ("page", "said"),
    [
        ("```python\n1/0\n```\n", "line 1: python ended with status 1, not 0"),
        ("text\n\n```sh status=3\nexit 4\n```\n", "line 3: sh ended with status 4, not 3"),
        ("```sh\necho a\n```\n```output\nb\n```\n", "line 4: it wrote\na"),
        ("```sh\necho a >&2\n```\n```output part\nb\n```\n", "line 4: nothing like 'b' was written"),
        ("```cobol\nSTOP RUN.\n```\n", "nobody knows how to run 'cobol'"),
        ("```output\na\n```\n", "no program came before"),
    ],
)
def test_what_does_not_is_told_with_its_line(page: str, said: str, tmp_path: Path) -> None:
    path = tmp_path / "page.md"
    path.write_text(page)
    folder = tmp_path / "folder"
    folder.mkdir()
    with pytest.raises(AssertionError, match=said):
        Page(path).run(folder)


def test_marks_do_as_they_say(tmp_path: Path) -> None:
    path = tmp_path / "page.md"
    path.write_text(
        "```python file=told.py\nprint('from the file')\n```\n- in a list\n  ```sh\n  python told.py; echo 'b'; echo 'a'\n  ```\n"
        "```output sorted\na\nb\nfrom the file\n```\n```output part\nfrom …\n```\n```ruby\nx = 1\n```\n```ruby more\nputs x + 1\n```\n"
        "```output\n2\n```\n```sh in=tests/wire\ntest -f README.md && touch new\n```\n```json form\n{…}\n```\n"
    )
    folder = tmp_path / "folder"
    folder.mkdir()
    Page(path).run(folder)
    assert not (REPOSITORY / "tests" / "wire" / "new").exists()
    assert [block.line for block in blocks(path.read_text())][:3] == [1, 5, 8]
