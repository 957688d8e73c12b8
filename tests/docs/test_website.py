"""The website of the documentation is built without warnings and fetches nothing."""

from __future__ import annotations

import re
from html.parser import HTMLParser

FETCHING = {"script": "src", "img": "src", "link": "href", "iframe": "src", "source": "src"}


class Fetched(HTMLParser):
    """Collects the addresses that a browser would fetch."""

    def __init__(self) -> None:
        super().__init__()
        self.addresses: list[str] = []

    def handle_starttag(self, tag, attrs):
        address = dict(attrs).get(FETCHING.get(tag, ""))
        if address and dict(attrs).get("rel") not in ("canonical", "prev", "next"):
            self.addresses.append(address)


def test_each_document_is_a_page(website, root):
    for path in (root / "docs").rglob("*.md"):
        assert (website / path.relative_to(root / "docs").with_suffix(".html")).is_file()
    for name in ("index", "reference/config", "project/benchmarks", "project/contributing"):
        assert (website / f"{name}.html").is_file(), "made of a file outside docs/"


def test_pages_fetch_nothing_from_elsewhere(website):
    for path in website.rglob("*.html"):
        if path.is_relative_to(website / "report"):
            continue
        parser = Fetched()
        parser.feed(path.read_text())
        assert parser.addresses, "the parser finds scripts and style sheets"
        outside = [address for address in parser.addresses if re.match(r"(https?:)?//", address)]
        assert not outside, path


def test_equations_are_typeset(website):
    text = (website / "methods.html").read_text()
    assert text.count("<math") > 20
    assert "$$" not in text
    assert "<msub><mi>W</mi><mi>g</mi></msub>" in text.replace(' stretchy="false"', "")


def test_links_to_files_of_the_repository_lead_to_pages(website):
    text = (website / "how-to/install.html").read_text()
    assert 'href="prepare-peaks.html"' in text
    assert 'href="reference/config.html"' in (website / "index.html").read_text()
    assert (
        'href="../reference/config.html#the-experiment-table"'
        in (website / "how-to/prepare-peaks.html").read_text()
    )


def test_the_search_finds_pages(website):
    index = (website / "search/search_index.json").read_text()
    assert "dinucleotide" in index
    assert (website / "javascripts/iframe-worker.js").is_file()
