"""Redraw the pictures of the documentation from the run of its first tutorial: ``make pictures``.

    python docs/pictures.py results/tutorial

Pictures are reduced to 128 colours, so that all of them together stay small.
"""

from __future__ import annotations

import subprocess
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
"""Factors of the first picture: one whose matrix comes from ChIP-exo, two others."""
SITE, FACTOR = "IV:38310-38410", "Reb1"
"""A test window with a strong peak of this factor."""
COPIED = ("audit_overlaps", "audit_detectability", "auroc", "few_peaks", "gate")
"""Figures of the run that are shown as they are."""
_COLOURS = 128


def draw_pictures(run: Path) -> None:
    """Write all pictures that show results."""
    with TemporaryDirectory() as temporary:
        folder = Path(temporary)
        draw_experts(run, folder)
        draw_site(run, folder)
        for name in ("motifs", "site"):
            reduce(folder / f"{name}.png", name)
    for name in COPIED:
        reduce(run / f"figures/{name}.png", name.removeprefix("audit_"))


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


def draw_site(run: Path, folder: Path) -> None:
    """Explain the score of one site."""
    genome = ["--genome", str(run / "genome/genome.fa"), "--factor", FACTOR]
    output = ["--output", str(folder / "site")]
    main = [sys.executable, "-c", "from tfmoe.cli import main; main()"]
    subprocess.run([*main, "explain", str(run / "model"), SITE, *genome, *output], check=True)


def fdr(run: Path) -> float:
    """Return the level of q-values of a run."""
    config = validate_config(
        read_json(run / "run.json")["config"], SCHEMAS / "config.schema.yaml", "run.json"
    )
    return float(config["motifs"]["fdr"])


def reduce(source: Path, name: str) -> None:
    """Write a PNG with few colours as picture ``yeast_<name>``."""
    with Image.open(source) as picture:
        white = Image.new("RGB", picture.size, "white")
        white.paste(picture, mask=picture.split()[-1] if picture.mode == "RGBA" else None)
    white.quantize(_COLOURS).save(IMAGES / f"yeast_{name}.png", optimize=True)


def main(arguments: Sequence[str]) -> None:
    """Read the folder of the run from the command line."""
    (run,) = map(Path, arguments)
    draw_pictures(run)


if __name__ == "__main__":
    main(sys.argv[1:])
