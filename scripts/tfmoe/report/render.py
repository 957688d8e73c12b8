"""Rendering of sections as a self-contained HTML page."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path, PurePosixPath
from urllib.parse import quote

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from tfmoe.core.files import Pathlike
from tfmoe.report.blocks import Section

TEMPLATES = Path(__file__).parent / "templates"
_PACKED_DIGITS = 16


@dataclass(frozen=True)
class Page:
    """Head of a page.

    Attributes
    ----------
    title, subtitle
        What was studied, and how.
    path
        Path of the page, for readers of a copy.
    simulated
        Whether the data is simulated.
    back, back_packed
        Address of the report, relative to the page of a factor, see `tfmoe.report.blocks.Cell`;
        empty in the report itself.
    """

    title: str
    subtitle: str
    path: str
    simulated: bool
    back: str = ""
    back_packed: str = ""


def render_page(sections: Sequence[Section], page: Page) -> str:
    """Render sections as one HTML page without external files."""
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["kind"] = lambda block: type(block).__name__
    template = environment.get_template("report.html.j2")
    style, script = (
        (TEMPLATES / name).read_text(encoding="utf-8") for name in ("style.css", "page.js")
    )
    return template.render(
        sections=sections, page=page, style=style, script=script, policy=policy(script)
    )


def policy(script: str) -> str:
    """Return the content security policy of a page with one script.

    A browser may show the pictures of the page by the styles in it and run this script, which is
    known by its hash. No other script runs and nothing is fetched, whatever a name in the page
    contains. Styles are allowed as a whole because some browsers apply the policy of a page to the
    styles in its SVG pictures too.
    """
    digest = base64.b64encode(sha256(script.encode()).digest()).decode("ascii")
    return (
        f"default-src 'none'; script-src 'sha256-{digest}'; img-src data:; "
        "style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
    )


def packed(path: Pathlike) -> str:
    """Return the address of a page from another one in the zip file of ``snakemake --report``.

    Parameters
    ----------
    path
        Path of the page as an output of its rule, from which Snakemake derives its folder.
    """
    folder = sha256(str(path).encode()).hexdigest()[:_PACKED_DIGITS]
    return f"../{folder}/{quote(PurePosixPath(path).name)}"
