"""Pictures as data URIs, which keep the page self-contained."""

from __future__ import annotations

import base64
import io
import re
import struct
from pathlib import Path

from matplotlib.figure import Figure

from tfmoe.core.errors import InputError
from tfmoe.figures.logos import draw_comparison
from tfmoe.motifs.shown_match import MatchedPattern
from tfmoe.report.blocks import Picture

LARGEST_SVG = 1_500_000
"""Size in bytes above which the PNG of a figure is used, to keep the page small."""
DPI = 110
"""Resolution of figures that are drawn for a page only."""

_TYPES = {".svg": "image/svg+xml", ".png": "image/png"}
_PIXELS_PER_INCH = 96
_POINTS_PER_INCH = 72
_METRES_PER_INCH = 0.0254
_SVG_SIZE = re.compile(rb'<svg[^>]*? width="([\d.]+)pt" height="([\d.]+)pt"')


def data_uri(path: Path) -> str:
    """Return a picture's bytes as a data URI.

    Raises
    ------
    InputError
        If the file is missing.
    """
    return _encode(_read(path), path.suffix)


def picture(folder: Path, name: str, caption: str) -> Picture:
    """Return the figure `name` of a folder as SVG, or as PNG if the SVG is large.

    Raises
    ------
    InputError
        If the figure is missing.
    """
    path = folder / f"{name}.svg"
    if path.is_file() and path.stat().st_size > LARGEST_SVG:
        path = folder / f"{name}.png"
    content = _read(path)
    return Picture(name, _encode(content, path.suffix), caption, *_size(content))


def drawn(figure: Figure, caption: str) -> Picture:
    """Return a figure that is not among the run's files as PNG; equal figures have equal bytes."""
    content = io.BytesIO()
    figure.savefig(content, format="png", dpi=DPI, metadata={"Software": None})
    return Picture("", _encode(content.getvalue(), ".png"), caption, *_size(content.getvalue()))


def comparison(found: MatchedPattern, logo: Path, caption: str) -> Picture:
    """Return a pattern above its match, from the file of its logo or, without one, drawn."""
    if not logo.is_file():
        return drawn(draw_comparison(found), caption)
    content = _read(logo)
    return Picture("", _encode(content, logo.suffix), caption, *_size(content))


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise InputError(f"{path}: the figure does not exist; run the figures again") from None


def _encode(content: bytes, suffix: str) -> str:
    return f"data:{_TYPES[suffix]};base64,{base64.b64encode(content).decode('ascii')}"


def _size(content: bytes) -> tuple[int, int]:
    """Return width and height in CSS pixels, from the sizes that matplotlib writes; or zeros."""
    if found := _SVG_SIZE.search(content[:4000]):
        inches = [float(length) / _POINTS_PER_INCH for length in found.groups()]
        return round(inches[0] * _PIXELS_PER_INCH), round(inches[1] * _PIXELS_PER_INCH)
    place = content.find(b"pHYs", 0, 4000)
    if not content.startswith(b"\x89PNG") or place < 0:
        return 0, 0
    width, height = struct.unpack(">II", content[16:24])
    density = struct.unpack(">I", content[place + 4 : place + 8])[0] * _METRES_PER_INCH
    return round(width * _PIXELS_PER_INCH / density), round(height * _PIXELS_PER_INCH / density)
