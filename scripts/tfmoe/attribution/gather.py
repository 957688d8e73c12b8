"""Collect the attribution tables of a run, and measure the localisation of its maps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd

from tfmoe.attribution.localisation import localisation_table
from tfmoe.attribution.maps import AttributionMaps, read_maps
from tfmoe.attribution.sites import Sites, SiteSource
from tfmoe.core.errors import InputError
from tfmoe.core.files import Pathlike, read_parquet, read_tsv


def gather_tables(paths: Sequence[Pathlike]) -> pd.DataFrame:
    """Concatenate tables with equal columns in the given order."""
    return pd.concat([read_tsv(path) for path in paths], ignore_index=True)


def localise_run(
    paths: Sequence[Pathlike],
    sequences: Mapping[str, Pathlike],
    factors: Mapping[str, str],
    source: SiteSource,
    resamples: int,
    seed: int,
) -> pd.DataFrame:
    """Measure the localisation of every map of a run.

    Parameters
    ----------
    paths
        Paths of the maps, ``.../<experiment>/<model>/<method>.npz``.
    sequences
        Paths of the sequences by experiment, which contain the coordinates of the windows.
    factors
        Factor by experiment.
    source
        Source of motif sites.
    resamples, seed
        Number of resamples and seed of the bootstrap over sequences.

    Returns
    -------
    pandas.DataFrame
        One row per path, in the given order: ``experiment``, ``factor``, ``model``, the columns of
        `localisation_table`, and ``truth`` and ``note`` of `tfmoe.attribution.sites.Sites`. If no
        window has a site, the values are empty and the note gives the reason.

    Raises
    ------
    InputError
        If a map contains a sequence that is missing from the sequences.
    """
    labelled: dict[str, tuple[list[str], Sites]] = {}
    tables = []
    for (experiment, model), found in _by_model(paths).items():
        maps = {name: read_maps(path) for name, path in found.items()}
        factor = factors[experiment]
        first = next(iter(maps.values()))
        names = first.name.tolist()
        # all models of an experiment are attributed on the same sequences
        if experiment not in labelled or labelled[experiment][0] != names:
            windows = _windows(sequences[experiment], first)
            labelled[experiment] = names, source.label(windows, first.sequences, factor)
        sites = labelled[experiment][1]
        columns = {"experiment": experiment, "factor": factor, "model": model}
        observed = {name: one.observed for name, one in maps.items()}
        top = source.settings.top
        table = localisation_table(observed, sites.labels, columns, top, resamples, seed)
        tables.append(table.assign(truth=sites.truth, note=sites.note))
    return pd.concat(tables, ignore_index=True)


def _by_model(paths: Sequence[Pathlike]) -> dict[tuple[str, str], dict[str, Path]]:
    """Group the paths of maps by (experiment, model) and method."""
    groups: dict[tuple[str, str], dict[str, Path]] = {}
    for path in map(Path, paths):
        key = (path.parents[1].name, path.parent.name)
        groups.setdefault(key, {})[path.stem] = path
    return groups


def _windows(path: Pathlike, maps: AttributionMaps) -> pd.DataFrame:
    """Return ``chrom`` and ``start`` of the attributed windows."""
    table = read_parquet(path, columns=("name", "chrom", "start")).set_index("name")
    unknown = sorted(set(maps.name.tolist()) - set(table.index))
    if unknown:
        raise InputError(
            f"{path}: sequence {unknown[0]} is missing although it has an attribution map, so the "
            "maps belong to other sequences; remove the run's folder `attribution` and run again"
        )
    windows: pd.DataFrame = table.loc[maps.name.tolist()].reset_index(drop=True)
    return windows
