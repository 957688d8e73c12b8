"""Names in a page are text: no tag, attribute or address comes from data."""

from __future__ import annotations

import base64
import re
from dataclasses import replace
from hashlib import sha256
from html.parser import HTMLParser
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tfmoe.core.files import read_tsv, write_tsv
from tfmoe.report.blocks import (
    Answer,
    Bullets,
    Card,
    Cards,
    Cell,
    Code,
    Fold,
    Heading,
    Paragraph,
    Picture,
    Section,
    Table,
    text_cell,
)
from tfmoe.report.page import write_report
from tfmoe.report.render import TEMPLATES, Page, policy, render_page
from tfmoe.report.sections.statistics import statistics_section

if TYPE_CHECKING:
    from conftest import FakeRun

NAMES = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "' onmouseover='alert(1)",
    '" style="background:url(https://e.org/x)',
    "</style><script>alert(1)</script>",
    "--><svg onload=alert(1)>",
    "&lt;script&gt;&#x3c;b&#x3e;",
    "<iframe src=https://e.org></iframe>",
    "<meta http-equiv=refresh content=0;url=https://e.org>",
    "{{ 7 * 7 }}{% raw %}",
    "[a](javascript:alert(1)) ![b](https://e.org/x.png) <https://e.org>",
    "\u202e<b>",
)
ALLOWED = {
    "html", "head", "meta", "title", "style", "body", "header", "h1", "h2", "h3", "h4", "p",
    "strong", "nav", "a", "main", "section", "div", "table", "thead", "tbody", "tr", "th", "td",
    "ul", "li", "details", "summary", "pre", "figure", "figcaption", "img", "em", "code", "article",
    "dl", "dt", "dd", "script",
}  # fmt: skip
ATTRIBUTES = {
    "lang", "charset", "name", "content", "http-equiv", "href", "id", "class", "colspan", "src",
    "alt", "hidden", "tabindex", "role", "aria-label", "scope", "data-packed", "width", "height",
    "open",
}  # fmt: skip


class Elements(HTMLParser):
    """Collects tags with the names of their attributes, addresses, and text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, tuple[str, ...]]] = []
        self.addresses: list[str] = []
        self.text = ""
        self.policy = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        self.tags.append((tag, tuple(values)))
        keys = [key for key in ("href", "src", "xlink:href") if key in values]
        self.addresses += [values[key] or "" for key in keys]
        if values.get("http-equiv") == "Content-Security-Policy":
            self.policy = values["content"] or ""

    def handle_data(self, data: str) -> None:
        self.text += data


def page_of(name: str) -> str:
    """Return a page with a name in every place that shows data."""
    cells = [
        text_cell(name),
        Cell(name, link="factors/x.html"),
        Cell(name, image="data:image/png;"),
    ]
    table = Table(name, [name] * 3, [cells, [Cell(name, group=True)]])
    blocks = [Paragraph(name), Bullets([name]), Heading(name), Code(name, name), table]
    blocks += [replace(table, folded=True), Picture(name, "data:image/png;", name)]
    blocks += [Fold(name, [Paragraph(name)]), Answer(name, [name])]
    card = Card(name, name, "x.html", "../x.html", name, [(name, name)], "data:image/png;", name)
    blocks.append(Cards([card]))
    return render_page([Section("key", name, blocks)], Page(name, name, name, True))


@pytest.mark.parametrize("name", NAMES)
def test_a_name_is_text_wherever_it_is_shown(name: str) -> None:
    plain, hostile = Elements(page_of("a-word")), Elements(page_of(name))
    assert hostile.tags == plain.tags
    figures = [address for address in hostile.addresses if address.startswith("figures/")]
    assert [address for address in hostile.addresses if address not in figures] == [
        address for address in plain.addresses if address != "figures/a-word.svg"
    ]
    assert all(re.fullmatch(r"figures/[\w%./()~-]+\.svg", address) for address in figures)
    assert hostile.text.count(name) == plain.text.count("a-word")


@pytest.mark.parametrize("name", NAMES)
def test_a_name_in_the_statistics_is_text(name: str, tmp_path: Path, monkeypatch: Any) -> None:
    def section(text: str) -> Elements:
        (tmp_path / "report.md").write_text(f"# x\n\n## Part\n\nOf {text}.\n\n| {text} |\n|---|\n")
        found = statistics_section(tmp_path / "report.md", tmp_path)
        return Elements(render_page([found], Page("x", "x", "x", False)))

    plain, hostile = section("name"), section(name.replace("|", ""))
    assert {tag for tag, _ in hostile.tags} <= ALLOWED
    assert hostile.addresses == plain.addresses


def test_a_page_forbids_scripts_and_all_that_is_fetched(
    simulated_run: FakeRun, tmp_path: Path
) -> None:
    page, _ = write_report(simulated_run.files, simulated_run.run, tmp_path / "l", "report.html")
    found = Elements(page)
    script = (TEMPLATES / "page.js").read_text(encoding="utf-8")
    assert found.policy == policy(script)
    rules = dict(rule.strip().split(" ", 1) for rule in found.policy.split(";"))
    assert rules["default-src"] == "'none'"
    digest = base64.b64encode(sha256(script.encode()).digest()).decode()
    assert rules["script-src"] == f"'sha256-{digest}'"
    assert page.count("<script") == 1 and f"<script>{script}</script>" in page
    assert rules["img-src"] == "data:"
    assert page.index("Content-Security-Policy") < page.index("<style>"), "it applies from there on"
    assert {tag for tag, _ in found.tags} <= ALLOWED
    assert {key for _, keys in found.tags for key in keys} <= ATTRIBUTES
    starts = ("#", "data:image/", "factors/", "figures/")
    assert all(address.startswith(starts) for address in found.addresses)


def test_pictures_in_a_page_have_no_scripts_and_links(
    simulated_run: FakeRun, tmp_path: Path
) -> None:
    page, _ = write_report(simulated_run.files, simulated_run.run, tmp_path / "l", "report.html")
    found = re.findall(r"data:image/svg\+xml;base64,([A-Za-z0-9+/=]+)", page)
    assert found
    for content in found:
        tags = Elements(base64.b64decode(content).decode())
        assert not {tag for tag, _ in tags.tags} & {"script", "a", "foreignobject"}
        assert all(address.startswith(("#", "data:image/")) for address in tags.addresses)
        assert not [key for _, keys in tags.tags for key in keys if key.startswith("on")]


@pytest.mark.parametrize("name", NAMES[:4])
def test_a_run_whose_tables_have_hostile_text(
    name: str, simulated_run: FakeRun, tmp_path: Path
) -> None:
    """Notes, file names and decisions come from tables; names of sets are joined by them."""
    tables = dict(simulated_run.files.tables)
    changed = 0
    for key in tables:
        table = read_tsv(tables[key])
        texts = [column for column in table if column in ("note", "naming", "source", "decision")]
        for column in texts:
            table[column] = name
        changed += len(texts)
        tables[key] = tmp_path / f"{key}.tsv"
        write_tsv(table, tables[key])
    assert changed
    config = {**simulated_run.run.config, "genome": {"assembly": name, "fasta": name}}
    run = replace(simulated_run.run, name=name, config={**config, "simulation": None})
    files = replace(simulated_run.files, tables=tables)
    page, _ = write_report(files, run, tmp_path / "looks", "report.html")
    found = Elements(page)
    assert name in found.text
    assert {tag for tag, _ in found.tags} <= ALLOWED
    assert {key for _, keys in found.tags for key in keys} <= ATTRIBUTES
