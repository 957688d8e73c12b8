"""Pictures as data URIs, which keep the page self-contained."""

from __future__ import annotations

import base64
from pathlib import Path

from tfmoe.core.errors import InputError
from tfmoe.report.blocks import Picture

LARGEST_SVG = 1_500_000
"""Size in bytes above which the PNG of a figure is used, to keep the page small."""

_TYPES = {".svg": "image/svg+xml", ".png": "image/png"}


def data_uri(path: Path) -> str:
    """Return a picture's bytes as a data URI.

    Raises
    ------
    InputError
        If the file is missing.
    """
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        raise InputError(f"{path}: the figure does not exist; run the figures again") from None
    return f"data:{_TYPES[path.suffix]};base64,{base64.b64encode(content).decode('ascii')}"


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
    return Picture(name, data_uri(path), caption)
