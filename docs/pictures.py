"""Redraw the pictures of the documentation from finished runs: ``make pictures``.

    python docs/pictures.py results/yeast results/demo

Pictures are reduced to 128 colours, so that all of them together stay small.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from PIL import Image

from tfmoe.core.config import SCHEMAS, validate_config
from tfmoe.core.files import read_json
from tfmoe.figures.motif_files import MotifFiles, draw_all_motifs
from tfmoe.figures.motifs import Search

IMAGES = Path(__file__).parent / "images"
SHOWN = ("Reb1", "Fkh1", "Mcm1")
"""Yeast factors of the first picture: one whose matrix comes from ChIP-exo, two others."""
YEAST = {"audit_overlaps": "overlaps", "audit_detectability": "detectability"} | dict.fromkeys(
    ("auroc", "gate"), ""
)
DEMO = ("few_peaks", "training")
"""Figures that are copied, by run; with the name of the picture unless it is the figure's."""
_COLOURS = 128


def draw_pictures(yeast: Path, demo: Path) -> None:
    """Write all pictures that show results."""
    with TemporaryDirectory() as folder:
        draw_experts(yeast, Path(folder))
        reduce(Path(folder) / "motifs.png", "yeast_motifs")
    for figure, name in YEAST.items():
        reduce(yeast / f"figures/{figure}.png", f"yeast_{name or figure}")
    for figure in DEMO:
        reduce(demo / f"figures/{figure}.png", f"demo_{figure}")


def draw_experts(run: Path, folder: Path) -> None:
    """Draw attribution, motif and JASPAR match of some experts."""
    searches = []
    for factor in SHOWN:
        found, model = run / f"motifs/{factor}", f"expert_{factor}"
        maps = run / f"attribution/{factor}/{model}/shiftsmooth_n5_corrected.npz"
        tables = found / model / "patterns.tsv", found / model / "motifs.meme"
        searches.append(Search(factor, factor, model, *tables, maps))
    files = MotifFiles(
        {"motifs": searches},
        run / "motifs/jaspar.tsv",
        run / "jaspar/matrices.meme",
        run / "jaspar/matrices.tsv",
    )
    draw_all_motifs(files, fdr(run), folder, folder / "logos")


def fdr(run: Path) -> float:
    """Return the level of q-values of a run."""
    config = validate_config(
        read_json(run / "run.json")["config"], SCHEMAS / "config.schema.yaml", "run.json"
    )
    return float(config["motifs"]["fdr"])


def reduce(source: Path, name: str) -> None:
    """Write a PNG with few colours into the folder of pictures."""
    with Image.open(source) as picture:
        white = Image.new("RGB", picture.size, "white")
        white.paste(picture, mask=picture.split()[-1] if picture.mode == "RGBA" else None)
    white.quantize(_COLOURS).save(IMAGES / f"{name}.png", optimize=True)


def main(arguments: Sequence[str]) -> None:
    """Read the folders of both runs from the command line."""
    yeast, demo = map(Path, arguments)
    draw_pictures(yeast, demo)


if __name__ == "__main__":
    main(sys.argv[1:])
