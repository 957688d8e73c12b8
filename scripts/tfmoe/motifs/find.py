"""Discover, confirm and write the motifs of one experiment and one model."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from typing import TYPE_CHECKING

from tfmoe.attribution.maps import AttributionMaps
from tfmoe.core.dna import Codes
from tfmoe.core.files import Pathlike, write_json, write_tsv
from tfmoe.core.seeds import generator
from tfmoe.jaspar.scanning import base_composition
from tfmoe.motifs.confirmation import Confirmation, confirm
from tfmoe.motifs.discovery import Discovery, discover, save
from tfmoe.motifs.logo_files import write_logos
from tfmoe.motifs.patterns import Matrix4, Pattern, information, read_patterns, write_meme
from tfmoe.motifs.seqlets import Centrality, centrality, seqlet_table, write_bed
from tfmoe.motifs.settings import MotifSettings

if TYPE_CHECKING:
    import pandas as pd

PATTERN_COLUMNS = (
    "pattern",
    "n_seqlets",
    "n_sequences",
    "consensus",
    "width",
    "information",
    *(field.name for field in fields(Centrality)),
    *(field.name for field in fields(Confirmation)),
)

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class MotifFiles:
    """Output paths of one experiment and model; `logos` is a folder."""

    h5: Pathlike
    meme: Pathlike
    patterns: Pathlike
    discovery: Pathlike
    seqlets: Pathlike
    logos: Pathlike


def find_motifs(
    maps: AttributionMaps,
    windows: pd.DataFrame,
    test_positives: Codes,
    test_negatives: Codes,
    settings: MotifSettings,
    seed: int,
    labels: Sequence[str],
    files: MotifFiles,
) -> list[Pattern]:
    """Discover motifs in the maps of one experiment, confirm them on the test split, and write all.

    Parameters
    ----------
    maps
        Hypothetical contributions for the positives of all splits.
    windows
        Genome coordinates of the positives: see `tfmoe.motifs.seqlets.seqlet_table`.
    test_positives, test_negatives
        Uint8 of shape (N, L) and (M, L): windows of the test split, for confirmation.
    settings
        Section `motifs` of the config.
    seed
        Seed of the run.
    labels
        Experiment and model. They are the alternate name of the motifs, and the order of the
        sequences is derived from them and the seed.
    files
        Output paths; `PATTERN_COLUMNS` lists the columns of ``patterns``.
    """
    order = generator(seed, "motifs", *labels)
    names = [str(name) for name in maps.name]
    found = discover(maps.attributions, maps.sequences, names, settings, order)
    save(found, files.h5)
    background = base_composition(maps.sequences)
    length = maps.sequences.shape[1]
    patterns = read_patterns(files.h5, background, settings.trim_information)
    rows = []
    for pattern in patterns:
        confirmation = confirm(
            pattern.probabilities, test_positives, test_negatives, settings.hit_p_value
        )
        rows.append(_pattern_row(pattern, length, background, confirmation))
        logger.info("%s: %s, %d seqlets", pattern.name, pattern.consensus, pattern.n_seqlets)
    _write_tables(found, rows, labels, files)
    write_bed(seqlet_table(patterns, found.names, windows), files.seqlets)
    write_meme(patterns, background, ".".join(labels), files.meme)
    write_logos(patterns, background, files.logos)
    return patterns


def _pattern_row(
    pattern: Pattern, length: int, background: Matrix4, confirmation: Confirmation
) -> dict[str, object]:
    return {
        "pattern": pattern.name,
        "n_seqlets": pattern.n_seqlets,
        "n_sequences": pattern.n_sequences,
        "consensus": pattern.consensus,
        "width": pattern.width,
        "information": information(pattern.probabilities, background).sum(),
        **asdict(centrality(pattern, length)),
        **asdict(confirmation),
    }


def _write_tables(
    found: Discovery, rows: list[dict[str, object]], labels: Sequence[str], files: MotifFiles
) -> None:
    import pandas as pd

    write_tsv(pd.DataFrame(rows, columns=list(PATTERN_COLUMNS)), files.patterns)
    write_json(
        {
            "experiment": labels[0],
            "model": labels[1],
            "n_sequences": len(found.names),
            "window": found.window,
            "n_seqlets": found.n_seqlets,
            "min_seqlets": found.min_seqlets,
            "n_patterns": len(rows),
            "n_negative_patterns": len(found.negative),
            "note": found.note,
        },
        files.discovery,
    )
