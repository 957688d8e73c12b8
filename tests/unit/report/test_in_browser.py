"""Report and factor pages in Chromium: width, accessibility, keyboard and print.

`make pages` installs the packages. Without them or without Chromium, these tests are skipped.
"""

from __future__ import annotations

import base64
import io
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from PIL import Image
from tests.unit.report.test_factor_page import SETS, make

from browser import MARKS, WHY, WIDTHS, launched, new_page, serious_findings
from tfmoe.figures.style import figure_style
from tfmoe.motifs.patterns import Pattern, Seqlets
from tfmoe.report.factor_page import factor_head, factor_sections
from tfmoe.report.page import write_report
from tfmoe.report.render import packed, render_page

if TYPE_CHECKING:
    from conftest import FakeRun

playwright = pytest.importorskip("playwright.sync_api", reason=f"playwright is missing; {WHY}")
axe = pytest.importorskip("axe_playwright_python", reason=f"axe is missing; {WHY}")
pdfium = pytest.importorskip("pypdfium2", reason=f"pypdfium2 is missing; {WHY}")
pytestmark = MARKS
PAGES = ("report.html", "factors/Abf1.html", "factors/Tbf1.html")
HALF = 0.5
LIGHTEST = 245
"""Grey level from which a row of pixels is empty paper."""
SMALLEST = 8
"""Height of letters in pixels from which they can be read."""
TABLET = 768
CSS_DPI = 96
POINT = CSS_DPI / 72
LETTERS = """picture => {
  const style = getComputedStyle(picture);
  const width = picture.getBoundingClientRect().width
    - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight);
  const found = { width, letters: 0, focusable: false, name: "", wide: false };
  const box = picture.closest(".scroll");
  if (box) {
    found.focusable = box.tabIndex === 0;
    found.name = box.getAttribute("aria-label");
    found.wide = box.scrollWidth > box.clientWidth;
  }
  if (picture.src.startsWith("data:image/svg+xml")) {
    const holder = document.createElement("div");
    holder.innerHTML = atob(picture.src.split(",")[1]);
    document.body.append(holder);
    const figure = holder.querySelector("svg");
    figure.style.width = `${width}px`;
    figure.style.height = "auto";
    const heights = [...figure.querySelectorAll("text")].map((text) => {
      const matrix = text.getScreenCTM();
      return parseFloat(getComputedStyle(text).fontSize) * Math.hypot(matrix.a, matrix.b);
    });
    found.letters = Math.min(...heights);
    holder.remove();
  }
  return found;
}"""
"""Shown width of a picture, height of the smallest letters of an SVG, and its scrolling box."""


@pytest.fixture(scope="module")
def folder(simulated_run: FakeRun, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write the report, the page of a factor with a motif, and that of an unseen factor."""
    target = tmp_path_factory.mktemp("pages")
    (target / "factors").mkdir()
    html, _ = write_report(
        simulated_run.files, simulated_run.run, target / "looks.tsv", "results/x/report.html"
    )
    (target / "report.html").write_text(html, encoding="utf-8")
    rows, start = np.arange(8), np.full(8, 12)
    motif = np.full((4, 7), 0.02) + 0.92 * np.eye(4)[:, [0, 1, 2, 3, 0, 1, 2]]
    seqlets = Seqlets(rows, start, np.ones(8, dtype=np.int8), rows + 1.0, 10.0)
    search, files = make(target, [Pattern("pattern_0", motif, seqlets)])
    with figure_style():
        for place, found in enumerate(SETS):
            sections = factor_sections([found], [search], files, 0.05)
            path = PAGES[place + 1]
            head = factor_head(found.factor, [found], "x", f"results/x/{path}", True)
            (target / path).write_text(render_page(sections, head), encoding="utf-8")
    return target


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with launched(playwright) as chromium:
        yield chromium


def open_page(browser: Any, path: Path, width: int, **options: Any) -> Any:
    """Open a page; errors of its script and requests for other files fail the test."""
    page = new_page(browser, width, **options)
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("console", lambda message: problems.append(message.text))
    page.on("request", lambda request: problems.append(request.url[:80]))
    page.goto(path.as_uri())
    address = path.as_uri()
    kept = [text for text in problems if text != address and not text.startswith("data:image/")]
    assert kept == []
    return page


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_accessible_and_not_too_wide(
    browser: Any, folder: Path, name: str, width: int
) -> None:
    scheme = "dark" if width == WIDTHS[0] else "light"
    page = open_page(browser, folder / name, width, color_scheme=scheme)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    for details in page.query_selector_all("main details"):
        details.evaluate("element => { element.open = true; }")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert serious_findings(page, axe) == []
    page.close()


@pytest.mark.parametrize("width", [*WIDTHS, TABLET])
@pytest.mark.parametrize("name", PAGES[:2])
def test_letters_in_pictures_can_be_read(browser: Any, folder: Path, name: str, width: int) -> None:
    page = open_page(browser, folder / name, width)
    for details in page.query_selector_all("main details"):
        details.evaluate("element => { element.open = true; }")
    pictures = page.query_selector_all("main img")
    assert len(pictures) >= 2
    wide = 0
    for picture in pictures:
        found = picture.evaluate(LETTERS)
        letters = found["letters"] or _letters(picture.get_attribute("src"), found["width"])
        assert letters >= SMALLEST - 0.01, picture.get_attribute("alt")
        if found["wide"]:
            wide += 1
            assert found["focusable"] and len(found["name"]) > len("Figure: ")
    assert (wide > 0) == (width < max(WIDTHS))
    page.close()


def _letters(source: str, width: float) -> float:
    """Return the height in pixels of a PNG's smallest letters, which have 6 points, at a width."""
    with Image.open(io.BytesIO(base64.b64decode(source.split(",")[1]))) as picture:
        natural = picture.width * CSS_DPI / float(picture.info["dpi"][0])
    return 6 * POINT * width / natural


def test_a_wide_figure_scrolls_by_keyboard(browser: Any, folder: Path) -> None:
    page = open_page(browser, folder / "report.html", WIDTHS[1])
    box = page.locator("figure .scroll:has(a.figure)").first
    box.focus()
    assert page.evaluate("document.activeElement.className") == "scroll"
    hint = page.locator("figure .sideways").first
    assert hint.is_visible() and "Scroll the figure sideways" in hint.text_content()
    for _ in range(5):
        page.keyboard.press("ArrowRight")
    page.wait_for_function("box => box.scrollLeft > 0", arg=box.element_handle())
    page.set_viewport_size({"width": WIDTHS[0], "height": 900})
    assert not hint.is_visible()
    page.close()


@pytest.mark.parametrize("width", WIDTHS)
def test_contents_work_by_keyboard(browser: Any, folder: Path, width: int) -> None:
    page = open_page(browser, folder / "report.html", width)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.tagName") == "SUMMARY"
    closed = width == WIDTHS[1]
    assert page.evaluate("document.querySelector('nav details').open") != closed
    if closed:
        page.keyboard.press("Enter")
    for _ in range(3):
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert page.evaluate("location.hash") == "#motifs"
    if closed:
        assert not page.evaluate("document.querySelector('nav details').open")
    top = page.evaluate("document.querySelector('#motifs').getBoundingClientRect().top")
    assert -5 < top < 450
    # in view wherever the reader is
    page.evaluate("window.scrollTo(0, document.body.scrollHeight)")
    assert page.locator("nav summary").bounding_box()["y"] >= 0
    page.close()


def test_tables_are_sorted_by_keyboard_within_their_groups(browser: Any, folder: Path) -> None:
    page = open_page(browser, folder / "report.html", WIDTHS[1])
    table = page.locator("#evaluation table").first
    column = table.locator("thead th").nth(1)
    read = "rows => rows.map(row => row.cells[1].textContent.trim())"
    values = table.locator("tbody tr").evaluate_all(read)
    numbers = [float(value) for value in values]
    assert len(set(numbers)) > 2
    for order, reverse in (("descending", True), ("ascending", False)):
        column.locator("button").focus()
        page.keyboard.press("Enter")
        assert column.get_attribute("aria-sort") == order
        sorted_values = table.locator("tbody tr").evaluate_all(read)
        assert [float(value) for value in sorted_values] == sorted(numbers, reverse=reverse)
    # groups keep their place
    grouped = page.locator("#evaluation table:has(td.group)").first
    heads = grouped.locator("td.group").all_text_contents()
    grouped.locator("thead th button").nth(3).focus()
    page.keyboard.press("Enter")
    assert grouped.locator("td.group").all_text_contents() == heads
    # a table that is too wide scrolls by the arrow keys
    box = grouped.locator("xpath=..")
    box.focus()
    page.keyboard.press("End")
    for _ in range(5):
        page.keyboard.press("ArrowRight")
    page.wait_for_function("box => box.scrollLeft > 0", arg=box.element_handle())
    page.close()


def test_a_figure_opens_as_svg(browser: Any, folder: Path) -> None:
    page = open_page(browser, folder / "report.html", WIDTHS[0])
    link = page.locator("a.figure").first
    with page.context.expect_page() as opened:
        link.click()
    opened.value.wait_for_load_state()
    assert opened.value.url.startswith("blob:")
    assert opened.value.evaluate("document.documentElement.tagName") == "svg"
    opened.value.close()
    page.close()


@pytest.mark.parametrize("name", PAGES)
def test_a_page_prints_without_half_empty_sheets(browser: Any, folder: Path, name: str) -> None:
    page = open_page(browser, folder / name, WIDTHS[0])
    content = page.pdf(format="A4", margin=dict.fromkeys(("top", "bottom"), "1cm"))
    page.close()
    document = pdfium.PdfDocument(content)
    filled = [_filled(document[number]) for number in range(len(document))]
    document.close()
    assert [share for share in filled[:-1] if share < HALF] == []


def test_in_print_pictures_keep_their_size_and_no_link_leads_back(
    browser: Any, folder: Path
) -> None:
    page = open_page(browser, folder / "factors/Abf1.html", WIDTHS[0])
    page.emulate_media(media="print")
    sizes = page.locator("figure img").evaluate_all(
        "images => images.map(image => [image.clientWidth, Number(image.getAttribute('width'))])"
    )
    assert len(sizes) >= 3
    assert [(shown, own) for shown, own in sizes if shown > own] == []
    assert not page.locator(".back").is_visible()
    page.close()


def _filled(sheet: Any) -> float:
    """Return the share of a sheet's height down to its last printed row."""
    pixels = sheet.render(scale=0.5, grayscale=True).to_numpy()
    printed = np.flatnonzero((pixels.reshape(pixels.shape[0], -1) < LIGHTEST).any(axis=1))
    return float((printed.max() + 1) / pixels.shape[0]) if len(printed) else 0.0


def test_links_lead_to_the_factor_and_back(browser: Any, folder: Path) -> None:
    page = open_page(browser, folder / "report.html", WIDTHS[0])
    page.locator(".card a").first.click()
    assert page.url == (folder / "factors/Abf1.html").as_uri()
    page.locator(".back a").click()
    assert page.url == (folder / "report.html").as_uri()
    page.close()


def test_links_work_in_the_zip_file_of_a_snakemake_report(
    browser: Any, folder: Path, tmp_path: Path
) -> None:
    places = {}
    for name in PAGES:
        places[name] = tmp_path / "report/data/raw/x" / packed(f"results/x/{name}")
        places[name] = Path(os.path.normpath(places[name]))
        places[name].parent.mkdir(parents=True)
        shutil.copy(folder / name, places[name])
    page = new_page(browser, WIDTHS[0])
    page.goto(places["report.html"].as_uri())
    page.locator(".card a").first.click()
    assert page.url == places["factors/Abf1.html"].as_uri()
    page.locator(".back a").click()
    assert page.url == places["report.html"].as_uri()
    assert not page.locator(".embedded").is_visible()
    page.close()


@pytest.mark.parametrize("name", PAGES)
def test_a_page_inside_a_file_has_no_dead_links(
    browser: Any, folder: Path, tmp_path: Path, name: str
) -> None:
    content = base64.b64encode((folder / name).read_bytes()).decode()
    address = f"data:text/html;charset=utf8;filename={name};base64,{content}"  # as Snakemake does
    outer = tmp_path / "single.html"
    outer.write_text(f'<iframe src="{address}" width="1300" height="800"></iframe>')
    page = new_page(browser, WIDTHS[0])
    page.goto(outer.as_uri())
    frame = page.frames[1]
    notice = frame.locator(".embedded")
    notice.wait_for(state="visible")
    assert '"Factors"' in notice.text_content()
    assert frame.locator("a[data-packed]").count() > 0
    assert frame.locator("a[data-packed][href]").count() == 0
    assert frame.locator(".back:visible").count() == 0
    # the contents of the page itself work
    frame.locator("nav a").last.click()
    assert frame.evaluate("location.hash") == frame.locator("nav a").last.get_attribute("href")
    page.close()
