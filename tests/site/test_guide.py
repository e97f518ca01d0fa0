"""What the hand-written pages say in code or in numbers is run."""

from __future__ import annotations

import doctest
import re
from pathlib import Path

import pytest

from gradatlas.errors import VerificationError

DOCS = Path(__file__).resolve().parents[2] / "docs"


PAGES = sorted(p.relative_to(DOCS).as_posix() for folder in ("guide", "primer") for p in DOCS.glob(f"{folder}/*.md"))


@pytest.mark.parametrize("page", PAGES)
def test_sessions_on_a_page_run_as_printed(page: str) -> None:
    blocks = re.findall(r"^```pycon\n(.*?)^```", (DOCS / page).read_text(), flags=re.M | re.S)
    session = doctest.DocTestParser().get_doctest("\n".join(blocks), {}, page, str(DOCS / page), 0)
    assert session.examples or page != "guide/start.md"
    said: list[str] = []
    result = doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE).run(session, out=said.append)
    assert result.failed == 0, "".join(said)


def test_the_mistake_that_a_page_shows_is_found_as_printed() -> None:
    page = (DOCS / "guide/verify.md").read_text()
    (program,) = re.findall(r"^```python\n(.*?)^```", page, flags=re.M | re.S)
    (report,) = re.findall(r"^```text\n(.*?)^```", page, flags=re.M | re.S)
    with pytest.raises(VerificationError) as caught:
        exec(compile(program, "verify.md", "exec"), {})
    assert report in str(caught.value)
