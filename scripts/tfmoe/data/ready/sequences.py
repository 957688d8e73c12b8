"""Ready sequences of one experiment: cut to windows, filtered, counted, and dealt to the splits.

They have no coordinates: chromosome ``.``, start and end -1, as in BED for no interval.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from tfmoe.core.dna import UNKNOWN, encode, encode_text, reverse_complement
from tfmoe.core.errors import InputError
from tfmoe.core.files import Pathlike
from tfmoe.data.datasets import COLUMNS, SequenceSet, read_sequences
from tfmoe.data.kmers import KmerIndex, index_kmers
from tfmoe.data.reading.sequence_files import read_experiment
from tfmoe.data.windows.select import WindowSettings
from tfmoe.data.windows.splits import SPLITS, SplitSettings, split_of_ranks

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class ImportedSequences:
    """The ready sequences of one experiment.

    Attributes
    ----------
    sequences
        Positives (kind ``peak``), then negatives (kind ``file``), each in the order of their ranks.
    counts
        How many positives there were, how many each filter dropped in turn, and how many were kept;
        and how many negatives there were and were kept.
    """

    sequences: SequenceSet
    counts: dict[str, int]

    def filters(self, experiment: str) -> pd.DataFrame:
        """Return the counts as a table of one row."""
        return pd.DataFrame([{"experiment": experiment, **self.counts}])


def import_sequences(
    experiment: str,
    paths: Sequence[Pathlike],
    negatives: Pathlike | None,
    settings: WindowSettings,
    splits: SplitSettings,
    seed: int,
) -> ImportedSequences:
    """Read the ready sequences of an experiment.

    Of a sequence longer than a window, the window is its middle, and what lies beside becomes the
    flanks. The filters, in this order: sequences shorter than a window, the share of unknown bases,
    duplicates (of equal windows, on either strand, the one of the lowest rank stays), and the
    number of positives (those of the lowest ranks stay).

    Parameters
    ----------
    experiment
        Its name; sequences are called ``<experiment>:<kind>:<name in the file>``.
    paths, negatives
        As for `tfmoe.data.reading.sequence_files.read_experiment`.
    settings
        The section `windows` of the config.
    splits
        The section `splits` of the config.
    seed
        The run's.

    Raises
    ------
    InputError
        If a file is at fault, or if no positive is left.
    """
    table = read_experiment(paths, negatives)
    table = table.sort_values("rank", kind="stable")
    positives, counts = _filter(table[table["label"] == 1], settings)
    positives = _limit(positives, settings, counts)
    supplied, dropped = _filter(table[table["label"] == 0], settings)
    if not len(positives):
        found = ", ".join(f"{name} {count}" for name, count in counts.items() if name != "kept")
        raise InputError(
            f"experiment {experiment}: no positive is left of {', '.join(map(str, paths))} "
            f"({found}); windows.length is {settings.length}: shorter sequences are dropped"
        )
    if dropped["sequences"] > len(supplied):
        why = ", ".join(f"{name} {count}" for name, count in dropped.items() if count)
        logger.warning("%s: of the negatives, %d are kept (%s)", experiment, len(supplied), why)
    parts = [_named(positives, experiment, "peak"), _named(supplied, experiment, "file")]
    whole = pd.concat([part for part in parts if len(part)], ignore_index=True)
    whole["rank"] = ranks = whole["rank"].to_numpy(dtype=np.int64)
    whole["split"] = split_of_ranks(ranks, splits, seed, experiment)
    counts |= {"negatives": dropped["sequences"], "negatives_kept": len(supplied)}
    codes = encode(whole["text"].tolist())
    return ImportedSequences(SequenceSet(whole[list(COLUMNS)], codes, settings.flank), counts)


def index_training(paths: Mapping[str, Pathlike], factors: Mapping[str, str]) -> KmerIndex:
    """Index the 31-mers of what training experiments are trained, fitted or chosen on.

    Parameters
    ----------
    paths
        For each training experiment its sequences, as `import_sequences` made them.
    factors
        For each its factor.

    Returns
    -------
    KmerIndex
        Of the positives outside the split test.
    """
    seen = [split for split in SPLITS if split != "test"]
    windows = {
        name: read_sequences(path, splits=seen, kinds=["peak"]).windows
        for name, path in paths.items()
    }
    return index_kmers(windows, factors)


def _filter(table: pd.DataFrame, settings: WindowSettings) -> tuple[pd.DataFrame, dict[str, int]]:
    """Cut sequences to windows and drop what is none; count what each filter drops."""
    counts = {"sequences": len(table)}
    long_enough = table["sequence"].str.len() >= settings.length
    counts["short"] = int((~long_enough).sum())
    table = table[long_enough].reset_index(drop=True)
    cut = [_cut(text, settings.length, settings.flank) for text in table["sequence"]]
    inner = slice(settings.flank, settings.flank + settings.length)
    text = "".join(whole[inner] for whole in cut)
    codes = encode_text(text).reshape(len(table), settings.length)
    few = (codes == UNKNOWN).sum(axis=1) <= settings.max_n_share * settings.length
    counts["unknown_bases"] = int((~few).sum())
    strands = zip(codes, reverse_complement(codes), strict=True)
    either = pd.Series([min(row.tobytes(), other.tobytes()) for row, other in strands])
    first = few.copy()
    first[few] = ~either[few].duplicated().to_numpy(dtype=np.bool_)
    counts["duplicate"] = int((few & ~first).sum())
    # the letters of lower case are those of upper case with one bit more
    lower = np.frombuffer(text.encode("ascii"), dtype=np.uint8).reshape(codes.shape) & 32 > 0
    repeats = np.where(table["soft_masked"], lower.mean(axis=1), np.nan).astype(np.float32)
    return table.assign(text=cut, repeat_share=repeats)[first].reset_index(drop=True), counts


def _limit(
    positives: pd.DataFrame, settings: WindowSettings, counts: dict[str, int]
) -> pd.DataFrame:
    """Keep the first positives, which have the lowest ranks."""
    kept = positives if settings.max_peaks is None else positives.head(settings.max_peaks)
    counts["max_peaks"] = len(positives) - len(kept)
    counts["kept"] = len(kept)
    return kept


def _cut(text: str, length: int, flank: int) -> str:
    """Return the window in the middle of a sequence between its flanks, N where there is none."""
    start = (len(text) - length) // 2 - flank
    end = start + length + 2 * flank
    return "N" * -min(start, 0) + text[max(start, 0) : end] + "N" * max(end - len(text), 0)


def _named(table: pd.DataFrame, experiment: str, kind: str) -> pd.DataFrame:
    """Bring sequences into the columns of a sequence set, and text."""
    return pd.DataFrame(
        {
            "name": f"{experiment}:{kind}:" + table["name"],
            "chrom": pd.Series(".", index=table.index, dtype="str"),
            "start": np.int64(-1),
            "end": np.int64(-1),
            "strand": ".",
            "label": table["label"].astype("int8"),
            "kind": kind,
            "parent": pd.Series(None, index=table.index, dtype="str"),
            "repeat_share": table["repeat_share"],
            "rank": table["rank"],
            "text": table["text"],
        }
    )
