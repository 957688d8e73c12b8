"""Predictions for sequences of any length: read, tiled, scored and written in parts."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, repeat
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import expit

from tfmoe.application.model.query import seed_mean, seed_spread
from tfmoe.application.predict.summary import PredictSummary
from tfmoe.application.predict.table_output import check_suffix, write_parts
from tfmoe.application.reading.sequence_input import open_stretches
from tfmoe.application.reading.standard import is_standard
from tfmoe.application.reading.tiling import (
    Stretches,
    Tiles,
    default_stride,
    iterate_tiles,
    least_length,
    pad_records,
    tile_counts,
)
from tfmoe.core.dna import UNKNOWN, Codes, decode
from tfmoe.core.errors import InputError
from tfmoe.core.files import Pathlike
from tfmoe.data.reading.fasta_stream import as_records, record_table
from tfmoe.models.conditioned.scores import Floats, Member

if TYPE_CHECKING:
    from tfmoe.application.model.model import Model, Query

TILES = 8192
"""Windows that are scored at once, at most. The first time it is a single batch, so that the first
rows come early. Both are whole batches of the model, which thus scores the batches of the
pipeline."""
PRECISION = 0.9
"""Default precision of the threshold, on validation data."""

Advance = Callable[[int], None]


@dataclass(frozen=True)
class PredictOptions:
    """Options of predictions.

    Attributes
    ----------
    stride
        Bases between the starts of the tiles of a sequence that is longer than the window; `None`
        is a quarter of the window.
    precision
        Precision of the threshold, on validation data. `None` is `PRECISION` if the model reaches
        it; otherwise there is no threshold, and a note has the reason.
    every_column
        Whether the table also has all of the pipeline's columns, the gate's weights, and the
        headers' descriptions.
    """

    stride: int | None = None
    precision: float | None = None
    every_column: bool = False


def predict_file(
    model: Model,
    query: Query,
    path: Pathlike,
    output: Pathlike,
    genome: Pathlike | None = None,
    options: PredictOptions | None = None,
    advance: Advance | None = None,
) -> PredictSummary:
    """Score the sequences of a FASTA, or the intervals of a BED file, and write a table.

    Parameters
    ----------
    model, query
        The model, and the factor that it is asked about.
    path, genome
        As for `tfmoe.application.reading.sequence_input.open_stretches`.
    output
        As for `tfmoe.application.predict.table_output.write_parts`; the columns are those of
        `predict_table`. Intervals also have ``chrom``, ``start`` and ``end``, and the coordinates
        of their tiles are the genome's.
    options
        Options; by default those of `PredictOptions`.
    advance
        Called with the number of records of each part that is written.

    Raises
    ------
    InputError
        If the input is faulty, if none of its sequences is long enough, if the format of the output
        is unknown, or if the model does not reach the requested precision.
    """
    options = options or PredictOptions()
    check_suffix(output)
    stride = _checked_stride(options.stride, model.window)
    summary = PredictSummary(model.window)
    with (
        open_stretches(path, genome, model.window, options.every_column) as stretches,
        write_parts(output) as write,
    ):
        for part in _predictions(model, query, stretches, stride, options, summary):
            write(part)
            if advance is not None:
                advance(len(part))
        _require_scores(summary, "standard input" if is_standard(path) else str(path))
    return summary


def predict_table(
    model: Model,
    query: Query,
    sequences: Sequence[str] | pd.Series | Codes,
    options: PredictOptions | None = None,
) -> pd.DataFrame:
    """Score sequences in memory.

    Parameters
    ----------
    model, query
        The model, and the factor that it is asked about.
    sequences
        Texts of any length over A, C, G, T and other IUPAC codes, in either case; as a Series, its
        index has the names. Or codes, uint8 (n, L), as `tfmoe.core.dna` encodes them.
    options
        Options; by default those of `PredictOptions`.

    Returns
    -------
    DataFrame
        One row per sequence, in the given order. Missing values mark sequences that are too short.

        - ``name``: from the index of a Series, or the number of the sequence, from 1.
        - ``tiles``: number of windows that were scored; 0 if the sequence is too short. All other
          columns are about the tile with the highest logit, the first of them if there are several.
        - ``tile_start``, ``tile_end``: its place in the sequence, 0-based and half-open.
        - ``padded``: number of unknown bases that were added to a sequence shorter than the window,
          as many on either side.
        - ``probability``: of binding, among sequences with as many positives and negatives as
          those that the model was fitted on. In a genome, bound sites are far less common.
        - ``logit``: its log odds (natural logarithm), the mean over the training seeds.
        - ``logit_sd``: standard deviation over the training seeds; missing for a single seed.
        - ``threshold``: the logit from which predictions have the requested precision on validation
          data; missing where the model does not reach the default precision.
        - ``above_threshold``: 1 if the logit is at least the threshold, otherwise 0.
        - ``networks``, ``kmers``, ``matrix``: if the query is about a factor, the scores of the
          kinds of members, the mean over the training seeds, in standard deviations of background
          windows.

        With `every_column` also ``gate_<member>``, the gate's weights (mean over the training
        seeds); the logits of all models by seed, named as in
        ``predictions/<x>.parquet`` of the pipeline; and the scores of the
        members of the conditioned mixture by seed.

    Raises
    ------
    InputError
        If there are no sequences, if one is no DNA, if none is long enough, or if the model does
        not reach the requested precision.
    """
    options = options or PredictOptions()
    if isinstance(sequences, np.ndarray):
        sequences = decode(sequences)
    names = [str(number) for number in range(1, len(sequences) + 1)]
    if isinstance(sequences, pd.Series):
        names = [str(name) for name in sequences.index]
    records = as_records(names, list(sequences))
    summary = PredictSummary(model.window)
    blocks = iter([pad_records(records, model.window, record_table(records, False))])
    stride = _checked_stride(options.stride, model.window)
    parts = list(_predictions(model, query, blocks, stride, options, summary))
    _require_scores(summary, "sequences")
    return pd.concat(parts, ignore_index=True)


def _predictions(
    model: Model,
    query: Query,
    blocks: Iterable[Stretches],
    stride: int,
    options: PredictOptions,
    summary: PredictSummary,
) -> Iterator[pd.DataFrame]:
    """Yield the table in parts, in the order of the records."""
    threshold = _threshold(model, query, options, summary)
    waiting: list[pd.DataFrame] = []

    def noted() -> Iterator[Stretches]:
        for block in blocks:
            tiles = tile_counts(block.lengths, model.window, stride)
            summary.count(block, tiles)
            waiting.append(block.table.assign(tiles=tiles))
            yield block

    batch = min(model.batch_size, TILES)
    sizes = chain([batch], repeat(TILES // batch * batch))
    best = pd.DataFrame()
    written = 0
    for tiles in iterate_tiles(noted(), model.window, stride, sizes):
        rows = _score_tiles(model, query, tiles, threshold, options.every_column)
        best = _best_tiles(rows if best.empty else pd.concat([best, rows]))
        # the record of the last tile may have further ones
        complete = int(best.index[-1])
        if complete > written:
            yield _take(waiting, best.iloc[:-1], written, complete, summary)
            best, written = best.iloc[-1:], complete
    if not best.empty:
        yield _take(waiting, best, written, summary.records, summary)


def _threshold(
    model: Model, query: Query, options: PredictOptions, summary: PredictSummary
) -> float:
    """Return the threshold; NaN, and a note, if the model does not reach the default precision."""
    if options.precision is not None:
        return float(model.threshold(query, options.precision))
    try:
        return float(model.threshold(query, PRECISION))
    except InputError as error:
        summary.no_threshold = str(error)
        return np.nan


def _score_tiles(
    model: Model, query: Query, tiles: Tiles, threshold: float, every_column: bool
) -> pd.DataFrame:
    """Score windows; the index of the table has the numbers of their records."""
    scores = model.score(tiles.codes, query)
    known = (tiles.codes != UNKNOWN).sum(axis=1)
    start, end = tiles.places.T
    logit = seed_mean(scores.logits)
    columns: dict[str, NDArray[np.generic]] = {
        "known": known,
        "tile_start": start,
        "tile_end": end,
        "padded": model.window - (end - start),
        "probability": expit(logit),
        "logit": logit,
        "logit_sd": seed_spread(scores.logits),
        "threshold": np.full(len(logit), threshold, dtype=np.float32),
        "above_threshold": np.where(np.isnan(threshold), np.nan, logit >= threshold),
        **_kinds(scores.kinds),
    }
    if every_column:
        columns |= _gate_weights(scores.gates)
        columns |= scores.columns
        members = {str(name): scores.members[name].to_numpy() for name in scores.members}
        columns |= {name: values for name, values in members.items() if name not in columns}
    return pd.DataFrame(columns, index=tiles.records)


def _kinds(kinds: Mapping[int, Mapping[Member, Floats]]) -> dict[str, NDArray[np.float32]]:
    """Return the score of each kind of member, the mean over the training seeds."""
    names = next(iter(kinds.values()), {})
    return {
        name.value: np.mean([kinds[seed][name] for seed in kinds], axis=0).astype(np.float32)
        for name in names
    }


def _gate_weights(gates: dict[int, pd.DataFrame]) -> dict[str, NDArray[np.float32]]:
    """Return the gate's weight of each member, the mean over the training seeds."""
    tables = list(gates.values())
    mean = np.stack([table.to_numpy(np.float32) for table in tables]).mean(axis=0)
    return {f"gate_{member}": mean[:, at] for at, member in enumerate(tables[0].columns)}


def _best_tiles(rows: pd.DataFrame) -> pd.DataFrame:
    """Keep the tile with the highest logit of each record; rows are in the order of the records."""
    records = rows.index.to_numpy()
    starts = np.flatnonzero(np.append(True, records[1:] != records[:-1]))
    if len(starts) == len(rows):
        return rows
    logit = rows["logit"].to_numpy()
    group = np.repeat(np.arange(len(starts)), np.diff(np.append(starts, len(rows))))
    highest = np.flatnonzero(logit == np.maximum.reduceat(logit, starts)[group])
    _, first = np.unique(group[highest], return_index=True)
    return rows.iloc[highest[first]]


def _take(
    waiting: list[pd.DataFrame],
    best: pd.DataFrame,
    start: int,
    end: int,
    summary: PredictSummary,
) -> pd.DataFrame:
    """Return the finished rows of the records from `start` to `end`, and remove these records."""
    table = waiting[0] if len(waiting) == 1 else pd.concat(waiting, ignore_index=True)
    waiting[:] = [table.iloc[end - start :].reset_index(drop=True)]
    table = table.iloc[: end - start].reset_index(drop=True)
    summary.count_known(best["known"].to_numpy())
    whole = ("tile_start", "tile_end", "padded", "above_threshold")
    best = best.drop(columns="known").astype(dict.fromkeys(whole, "Int64"))
    scored = best.reindex(np.arange(start, end)).reset_index(drop=True)
    return pd.concat([table, scored], axis=1)


def _checked_stride(stride: int | None, window: int) -> int:
    if stride is None:
        return default_stride(window)
    if not 1 <= stride <= window:
        raise InputError(f"--stride: found {stride}, expected from 1 to the window, {window}")
    return stride


def _require_scores(summary: PredictSummary, source: str) -> None:
    if summary.records == summary.short:
        raise InputError(
            f"{source}: none of the {summary.records:,} sequences has at least "
            f"{least_length(summary.window)} bases, a third of the window of {summary.window}"
        )
