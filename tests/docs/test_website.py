"""The website of the documentation is built without warnings and fetches nothing."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from html.parser import HTMLParser
from importlib.util import find_spec
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(
    any(find_spec(name) is None for name in ("mkdocs", "material", "latex2mathml")),
    reason="the packages of the group `docs` are not installed",
)
FETCHING = {"script": "src", "img": "src", "link": "href", "iframe": "src", "source": "src"}


class Fetched(HTMLParser):
    """Collects the addresses that a browser would fetch, and the texts of headings."""

    def __init__(self) -> None:
        super().__init__()
        self.addresses: list[str] = []

    def handle_starttag(self, tag, attrs):
        address = dict(attrs).get(FETCHING.get(tag, ""))
        if address and dict(attrs).get("rel") not in ("canonical", "prev", "next"):
            self.addresses.append(address)


@pytest.fixture(scope="module")
def website(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the website with all warnings as errors."""
    folder = tmp_path_factory.mktemp("website")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet"]
    command += ["--site-dir", str(folder)]
    environment = os.environ | {"NO_MKDOCS_2_WARNING": "1"}
    ended = subprocess.run(
        command, cwd=root, env=environment, capture_output=True, text=True, check=False
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return folder


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
