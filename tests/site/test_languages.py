"""The site in Chinese: the words of the interface, the pages, and the link from each page to itself in English."""

from __future__ import annotations

import io
import pickle
import re
from collections.abc import Callable
from gettext import translation
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import sphinx
from babel.messages.pofile import read_po
from bs4 import BeautifulSoup, Tag

from gradatlas.formulas import ledger
from gradatlas.sphinx_ext.languages import TEMPLATES, interface_words, merged, placeholders, read

if TYPE_CHECKING:
    from conftest import Project

DOCS = Path(__file__).parents[2] / "docs"
TOOL = DOCS.parent / "tools" / "build_site.py"
LANGUAGE = "zh_CN"
PAGE = """# A heading

A paragraph with $x$ and {formula}`a link <softmax.vjp>`.

- {formula}`softmax.vjp`
- `code alone`
- An item

$$ x = 1 $$

| Column |
|--------|
| A cell |

```{note}
A note
```

```{toctree}
:caption: A caption
formulas/index
reference
```

```{atlas-toctree}
```

```{atlas-statement} softmax.vjp
```
"""
SAID = {
    "A heading": "标题",
    "A paragraph with $x$ and {formula}`a link <softmax.vjp>`.": "一段，含 $x$ 与{formula}`链接 <softmax.vjp>`。",
    "An item": "一项",
    "Column": "列",
    "A cell": "单元格",
    "A note": "注",
    "A caption": "题",
}
PAGES = ("index", "formulas/softmax.vjp", "chapters/activations", "ledger/M6", "search", "formula-index")


@pytest.fixture(scope="module")
def site(make_project: Callable[[], Project], once: Callable[..., Project]) -> Path:
    """The sample project in both languages, as `make site` builds it: the Chinese pages below the English ones."""

    def make() -> Project:
        project = make_project()
        run = project.run(TOOL, project.source, project.out, project.root / "doctrees")
        assert run.returncode == 0, run.stdout + run.stderr
        return project

    return once("languages", make).out


def soup(path: Path) -> BeautifulSoup:
    return BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")


def words(path: Path) -> str:
    article = soup(path).find("article")
    assert isinstance(article, Tag)
    return re.sub(r"\s+", " ", article.get_text(" "))


def test_every_string_of_the_interface_is_translated_and_none_is_left_over() -> None:
    catalogue = {str(m.id): str(m.string) for m in read("gradatlas", LANGUAGE) if m.id}
    known = set(interface_words())
    assert {word for word in known if not catalogue.get(word)} == set(), "not in gradatlas.po"
    assert set(catalogue) - known == set(), "in gradatlas.po, and said nowhere"


def test_the_words_of_the_interface_include_those_of_code_tables_and_templates() -> None:
    known = set(interface_words())
    assert {"Statement", "In the proof of one formula", "Linear algebra", "proven, any size", "refuted"} <= known
    said = {
        found
        for path in (DOCS / "_templates").rglob("*.html")
        for found in re.findall(r"""_\((?:"([^"]+)"|'([^']+)')\)""", path.read_text(encoding="utf-8"))
    }
    own = translation("sphinx", Path(sphinx.__file__).parent / "locale", [LANGUAGE])
    for double, single in said:
        word = double or single
        assert word in TEMPLATES or own.gettext(word) != word


@pytest.mark.parametrize("name", ["gradatlas", "gradatlas-documents"])
def test_translations_keep_names_mathematics_and_code(name: str) -> None:
    for message in read(name, LANGUAGE):
        if message.id and message.string:
            assert placeholders(str(message.string)) == placeholders(str(message.id)), message.id


def test_the_pages_written_by_hand_that_are_translated_are_so_whole() -> None:
    folder = DOCS / "locale" / LANGUAGE / "LC_MESSAGES"
    sources = {path.relative_to(DOCS).with_suffix("").as_posix() for path in DOCS.rglob("*.md")}
    for path in folder.rglob("*.po"):
        name = path.relative_to(folder).with_suffix("").as_posix()
        assert name in sources, f"{path} is of no page"
        text = re.sub(r"\s+", " ", (DOCS / f"{name}.md").read_text(encoding="utf-8"))
        for message in read_po(io.BytesIO(path.read_bytes())):
            if message.id:
                assert message.string, f"{path}: {message.id}"
                assert re.sub(r"\s+", " ", str(message.id)) in text, f"{path}: said nowhere: {message.id}"
                assert placeholders(str(message.string)) == placeholders(str(message.id)), message.id


def test_what_a_page_says_and_its_catalogue_lacks_fails_a_strict_build(make_project: Callable[[], Project]) -> None:
    project = make_project()
    (project.source / "index.md").write_text(PAGE, encoding="utf-8")
    catalogue = project.source / "locale" / LANGUAGE / "LC_MESSAGES" / "index.po"
    catalogue.parent.mkdir(parents=True)
    head = 'msgid ""\nmsgstr "Content-Type: text/plain; charset=utf-8"\n'
    for translated in (SAID, {}):
        lines = [f'\nmsgid "{english}"\nmsgstr "{chinese}"\n' for english, chinese in translated.items()]
        catalogue.write_text(head + "".join(lines), encoding="utf-8")
        status, said = project.build("-E", "-D", f"language={LANGUAGE}")
        warned = re.findall(r"/index\.md:\d+: .* not translated into zh_CN, in this page's catalogue: '(.*)' \[", said)
        of_index = [message for message in warned if message != "All formulas"]  # what formulas/index.md says
        assert sorted(of_index) == sorted(SAID.keys() - translated.keys())
        assert status == 1, "the other pages have no catalogue"
        page = pickle.loads((project.root / "doctrees" / "index.doctree").read_bytes())
        assert {id(node.document) for node in page.findall()} == {id(page)}, "a translation is no page of its own"


def test_the_documents_own_words_are_looked_up(site: Path) -> None:
    """What the second catalogue has is shown, and what it lacks stays English."""
    found = {str(m.id): str(m.string) for m in merged(LANGUAGE) if m.id}
    shown = words(site / "zh" / "ledger" / "M6.html")
    assert found.get("self-attention", "self-attention") in shown
    assert "A layer attends to its own inputs." in shown


def test_a_page_in_chinese_has_its_interface_in_chinese(site: Path) -> None:
    page = site / "zh" / "formulas" / "softmax.vjp.html"
    html = soup(page).find("html")
    assert isinstance(html, Tag)
    assert html["lang"] == "zh-CN"
    shown = words(page)
    for part in ("命题", "推导", "证据", "已证明，任意尺寸", "由一条命令生成，用时 0.42 秒", "文档条目 L4"):
        assert part in shown
    headings = [heading.get_text() for heading in soup(page).select("article h2, article h3, article summary")]
    assert len(headings) > 10
    assert all(re.search(r"[\u4e00-\u9fff]", heading) for heading in headings), headings
    for part in ("Statement", "Derivation", "proven, any size"):
        assert part in words(site / "formulas" / "softmax.vjp.html")
    assert "层与层之间的函数" in words(site / "zh" / "chapters" / "activations.html")
    assert "公式索引" in words(site / "zh" / "formula-index.html")


def test_what_the_theme_says_is_in_chinese_too(site: Path) -> None:
    for page in PAGES:
        html = soup(site / "zh" / f"{page}.html")
        said = [str(tag["aria-label"]) for tag in html.select("[aria-label]")]
        said += [title.get_text() for title in html.select("symbol > title")]
        assert len(said) > 10
        assert [
            words for words in said if re.search("[a-z]{3}", words) and not re.search("[\u4e00-\u9fff]", words)
        ] == []
        footer = html.select_one(".bottom-of-page")
        assert footer is not None
        assert "版权所有 © the gradatlas authors" in footer.get_text()
    assert "Copyright" in soup(site / "index.html").get_text()


def test_a_page_that_is_not_translated_says_so(site: Path) -> None:
    assert "本页暂时只有英文。" in words(site / "zh" / "index.html")
    assert "本页暂时只有英文。" not in words(site / "zh" / "formulas" / "softmax.vjp.html")
    assert "This page is in English so far." not in words(site / "index.html")


@pytest.mark.parametrize("page", PAGES)
def test_the_switch_leads_to_the_same_page_and_back(site: Path, page: str) -> None:
    english, chinese = site / f"{page}.html", site / "zh" / f"{page}.html"
    for here, there, tag, name in ((english, chinese, "zh-CN", "中文"), (chinese, english, "en", "English")):
        (switch,) = soup(here).select(".language-switch a")
        assert (switch.get_text(), switch["hreflang"], switch["lang"]) == (name, tag, tag)
        assert (here.parent / str(switch["href"])).resolve() == there.resolve()
        alternates = {str(link["hreflang"]): str(link["href"]) for link in soup(here).select("link[hreflang]")}
        assert {t: (here.parent / href).resolve() for t, href in alternates.items()} == {
            "en": english.resolve(),
            "zh-CN": chinese.resolve(),
        }


def test_one_index_for_search_holds_both_languages(site: Path) -> None:
    entry = (site / "pagefind" / "pagefind-entry.json").read_text(encoding="utf-8")
    assert '"en"' in entry
    assert '"zh-cn"' in entry
    assert not (site / "zh" / "pagefind").exists()
    for page in PAGES:
        meta = soup(site / "zh" / f"{page}.html").select_one('meta[name="search-bundle"]')
        assert meta is not None
        bundle = site / "zh" / f"{page}.html"
        assert (bundle.parent / str(meta["content"])).resolve() == (site / "pagefind").resolve()


def test_a_changed_catalogue_has_every_page_read_again(make_project: Callable[[], Project]) -> None:
    project = make_project()
    assert "updating environment: [new config]" in project.build("-D", f"language={LANGUAGE}")[1]
    assert "updating environment: 0 added, 0 changed, 0 removed" in project.build("-D", f"language={LANGUAGE}")[1]
    said = project.build("-D", f"language={LANGUAGE}", "-D", "gradatlas_words=those of another catalogue")[1]
    assert "[config changed ('gradatlas_words')]" in said


def test_a_page_that_fails_in_one_language_fails_the_site(make_project: Callable[[], Project]) -> None:
    project = make_project()
    (project.source / "index.md").write_text("# Fails\n\n{formula}`no.such`\n", encoding="utf-8")
    run = project.run(TOOL, project.source, project.out, project.root / "doctrees")
    assert run.returncode == 1
    assert "The pages in zh_CN could not be built" in run.stderr
    assert not (project.out / "pagefind").exists()


def test_the_sentences_of_the_ledger_are_one_message_each() -> None:
    sentences = list(ledger.sentences())
    assert len(sentences) == len(set(sentences))
