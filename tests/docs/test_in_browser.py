"""Pages of the website in Chromium: width, accessibility, search, and no request elsewhere."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from browser import MARKS, WHY, WIDTHS, launched, new_page, serious_findings

playwright = pytest.importorskip("playwright.sync_api", reason=f"playwright is missing; {WHY}")
axe = pytest.importorskip("axe_playwright_python", reason=f"axe is missing; {WHY}")
pytestmark = MARKS
PAGES = (
    "index.html",
    "tutorials/own-peaks.html",
    "methods.html",
    "results.html",
    "reference/commands.html",
)


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with launched(playwright) as chromium:
        yield chromium


def open_page(browser: Any, path: Path, width: int, **options: Any) -> tuple[Any, list[str]]:
    """Open a page from the file system, and note the addresses that it fetches."""
    page = new_page(browser, width, **options)
    fetched: list[str] = []
    page.on("request", lambda request: fetched.append(request.url))
    page.goto(path.as_uri())
    page.wait_for_timeout(1000)  # the theme wraps tables
    return page, fetched


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_accessible_and_not_too_wide(
    browser: Any, website: Path, name: str, width: int
) -> None:
    scheme = "dark" if width == WIDTHS[0] else "light"
    page, fetched = open_page(browser, website / name, width, color_scheme=scheme)
    assert all(address.startswith(("file:", "data:", "about:", "blob:")) for address in fetched)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert serious_findings(page, axe) == []
    page.close()


def test_the_search_works_without_a_server(browser: Any, website: Path) -> None:
    page, _ = open_page(browser, website / "index.html", WIDTHS[0])
    page.locator(".md-search__input").fill("arborescence")
    found = page.locator(".md-search-result__link").first
    found.wait_for()
    assert "methods.html" in found.get_attribute("href")
    page.close()
