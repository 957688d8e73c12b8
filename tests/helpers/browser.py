"""Chromium for the tests of pages, and what axe finds on a page.

The packages are optional: a test module skips itself where they are missing.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

WHY = "`make pages` installs it"
CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
MARKS = [
    pytest.mark.skipif(CHROMIUM is None, reason="Chromium is missing"),
    # the browser's driver leaves its pipes to the end of the process
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
]
WIDTHS = (1440, 390)


@contextmanager
def launched(playwright: Any) -> Iterator[Any]:
    """Start Chromium by the module ``playwright.sync_api``."""
    with playwright.sync_playwright() as started:
        browser = started.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


def new_page(browser: Any, width: int, **options: Any) -> Any:
    """Return an empty page of a width in pixels."""
    page = browser.new_page(viewport={"width": width, "height": 900}, **options)
    page.set_default_timeout(60_000)
    return page


def serious_findings(page: Any, axe: Any) -> list[tuple[str, int, str]]:
    """Return rule, number of places and first place of what axe calls serious or critical."""
    page.evaluate(Path(axe.__file__).with_name("axe.min.js").read_text(encoding="utf-8"))
    return [
        (rule["id"], len(rule["nodes"]), rule["nodes"][0]["html"][:200])
        for rule in page.evaluate("axe.run()")["violations"]
        if rule["impact"] in ("serious", "critical")
    ]
