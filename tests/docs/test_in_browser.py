"""Pages of the website in Chromium: width, accessibility, search, and no request elsewhere."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is missing")
axe = pytest.importorskip("axe_playwright_python", reason="axe is missing")
CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
pytestmark = [
    pytest.mark.skipif(CHROMIUM is None, reason="Chromium is missing"),
    # the browser's driver leaves its pipes to the end of the process
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
]
WIDTHS = (1440, 390)
PAGES = (
    "index.html",
    "tutorials/own-peaks.html",
    "methods.html",
    "results.html",
    "reference/commands.html",
)


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with playwright.sync_playwright() as started:
        launched = started.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield launched
        launched.close()


def open_page(browser: Any, path: Path, width: int, **options: Any) -> tuple[Any, list[str]]:
    """Open a page from the file system, and note the addresses that it fetches."""
    page = browser.new_page(viewport={"width": width, "height": 900}, **options)
    page.set_default_timeout(60_000)
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
    page.evaluate(Path(axe.__file__).with_name("axe.min.js").read_text(encoding="utf-8"))
    serious = [
        (rule["id"], len(rule["nodes"]), rule["nodes"][0]["html"][:200])
        for rule in page.evaluate("axe.run()")["violations"]
        if rule["impact"] in ("serious", "critical")
    ]
    assert serious == []
    page.close()


def test_the_search_works_without_a_server(browser: Any, website: Path) -> None:
    page, _ = open_page(browser, website / "index.html", WIDTHS[0])
    page.locator(".md-search__input").fill("arborescence")
    found = page.locator(".md-search-result__link").first
    found.wait_for()
    assert "methods.html" in found.get_attribute("href")
    page.close()
