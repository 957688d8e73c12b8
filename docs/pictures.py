"""Redraw the pictures of the documentation from finished runs: ``make pictures``.

    python docs/pictures.py results/yeast results/demo

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
from tfmoe.core.files import read_json, read_tsv
from tfmoe.core.vocabulary import Role, Stratum
from tfmoe.evaluation.sets import evaluation_sets, primary_kind, unadapted
from tfmoe.figures.auroc import COLUMNS, auroc_table, draw_auroc
from tfmoe.figures.motif_files import MotifFiles, draw_all_motifs
from tfmoe.figures.motifs import Search
from tfmoe.figures.save import save_drawing
from tfmoe.figures.style import figure_style

IMAGES = Path(__file__).parent / "images"
SHOWN = ("Reb1", "Fkh1", "Mcm1")
"""Yeast factors of the first picture: one whose matrix comes from ChIP-exo, two others."""
TRAINED = ("Reb1", "Abf1", "Mcm1", "Fkh1")
UNSEEN = {
    "Yap1": Stratum.WITHIN_FAMILY,
    "Swi4": Stratum.CROSS_FAMILY,
    "Hsf1": Stratum.CROSS_FAMILY,
}
"""Factors of the tutorial, and the strata of `config/yeast`."""
SITE = "sim4:389325-389425"
"""A test window of the demo with a strong peak of GATA3."""
COPIED = {
    "yeast": {"audit_overlaps": "overlaps", "audit_detectability": "detectability", "gate": "gate"},
    "demo": {"few_peaks": "few_peaks"},
}
"""Figures that are copied, by run, and the name of the picture."""
_COLOURS = 128


def draw_pictures(yeast: Path, demo: Path) -> None:
    """Write all pictures that show results."""
    with TemporaryDirectory() as folder:
        draw_experts(yeast, Path(folder))
        draw_aurocs(yeast, Path(folder))
        reduce(Path(folder) / "motifs.png", "yeast_motifs")
        reduce(Path(folder) / "auroc.png", "yeast_auroc")
        draw_site(demo, Path(folder))
        reduce(Path(folder) / "site.png", "demo_explain")
    for name, run in (("yeast", yeast), ("demo", demo)):
        for figure, picture in COPIED[name].items():
            reduce(run / f"figures/{figure}.png", f"{name}_{picture}")


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


def draw_aurocs(run: Path, folder: Path) -> None:
    """Draw the AUROC of each model on the factors of the tutorial."""
    metrics = unadapted(read_tsv(run / "evaluation/metrics.tsv", [*COLUMNS, "subset"]))
    strata = dict.fromkeys(TRAINED, "") | UNSEEN
    experiments = {
        name: {"factor": name, "role": Role.OOD if stratum else Role.TRAIN, "stratum": stratum}
        for name, stratum in strata.items()
    }
    sets = evaluation_sets(experiments, {name: [name] for name in TRAINED})
    drawn = metrics[metrics["experiment"].isin(list(experiments))]
    with figure_style():
        table = auroc_table(drawn, sets, primary_kind(drawn))
        save_drawing(draw_auroc(table, sets), folder, "auroc")


def draw_site(run: Path, folder: Path) -> None:
    """Explain the score of one site of the demo."""
    genome = ["--genome", str(run / "genome/genome.fa"), "--factor", "GATA3"]
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
