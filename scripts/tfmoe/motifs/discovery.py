"""Discover motifs in attribution maps with TF-MoDISco, as implemented by modisco-lite.

Source: Shrikumar et al. 2018 (arXiv 1811.00416); modisco-lite 3.0.0. The library's defaults suit
maps of thousands of positions. Here seqlets are narrower, to fit windows of about 100 bp:
TF-MoDISco drops a seqlet if its pattern would extend beyond the sequence.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tfmoe.core.dna import Codes
from tfmoe.core.errors import InputError
from tfmoe.core.files import Pathlike, atomic_path
from tfmoe.motifs.settings import MotifSettings

MIN_SEQLETS = 10  # a cluster of fewer seqlets is not a motif, however few sequences there are
# bounds on the share of windows that become seqlets; quantile of the score that sets their sign
_MIN_PASSING = 0.03
_MAX_PASSING = 0.2
_WEAK_THRESHOLD = 0.8
_BASES = np.vstack([np.eye(4), np.full(4, 0.25)]).astype(np.float32)

logger = logging.getLogger(__name__)

Floats = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Discovery:
    """Result of TF-MoDISco on one set of maps.

    Attributes
    ----------
    positive, negative
        modisco-lite's patterns (``SeqletSet``), most seqlets first. Positive patterns raise the
        prediction: they are the binding motifs.
    names
        Names of the sequences in the order of the search, which the seqlets' ``example_idx``
        refers to.
    crop
        First position of the searched window in each sequence, 0-based.
    window
        Length of the searched window; 0 if no window fits.
    n_seqlets
        Number of seqlets of both signs.
    min_seqlets
        Minimum number of seqlets per pattern.
    note
        Reason why no positive pattern was found; empty otherwise.
    """

    positive: list[Any]
    negative: list[Any]
    names: list[str]
    crop: int
    window: int
    n_seqlets: int
    min_seqlets: int
    note: str


def discover(
    attributions: Floats,
    codes: Codes,
    names: Sequence[str],
    settings: MotifSettings,
    rng: np.random.Generator,
) -> Discovery:
    """Find recurring patterns in attribution maps.

    Parameters
    ----------
    attributions
        Hypothetical contributions, float32 of shape (N, 4, L): corrected, and not multiplied by
        the sequence.
    codes
        Uint8 of shape (N, L).
    names
        Names of the N sequences.
    settings
        Section `motifs` of the config.
    rng
        Shuffles the sequences, and samples `max_sequences` of them if there are more.

    Returns
    -------
    Discovery
        If no pattern was found, the note gives the reason.

    Raises
    ------
    InputError
        If the shapes are inconsistent or an attribution is not finite.
    """
    _check(attributions, codes, names)
    order = rng.permutation(len(codes))[: settings.max_sequences]
    chosen = [names[index] for index in order]
    window, crop = _window(codes.shape[1], settings)
    min_seqlets = smallest_pattern(len(order), settings)

    def nothing(note: str, n_seqlets: int = 0) -> Discovery:
        logger.info("no pattern found: %s", note)
        return Discovery([], [], chosen, crop, max(window, 0), n_seqlets, min_seqlets, note)

    if len(order) < min_seqlets:
        return nothing(f"{len(order)} sequences, at least {min_seqlets} are needed")
    needed = settings.sliding_window + 2 * settings.flank
    if not needed <= window <= codes.shape[1]:
        return nothing(
            f"sequences of {codes.shape[1]} bases, the window needs {max(needed, window)}"
        )
    columns = slice(crop, crop + window)
    hypothetical = np.ascontiguousarray(np.swapaxes(attributions[order][:, :, columns], 1, 2))
    one_hot = _BASES[codes[order][:, columns]]
    if not hypothetical.any():
        return nothing("all attributions are zero")
    n_seqlets = _count_seqlets(one_hot, hypothetical, settings)
    if n_seqlets is None:
        return nothing("the scores have no spread from which a threshold for seqlets can be drawn")
    logger.info("%d sequences, window of %d bp, %d seqlets", len(order), window, n_seqlets)
    if n_seqlets < min_seqlets:
        return nothing(f"{n_seqlets} seqlets, at least {min_seqlets} are needed", n_seqlets)
    try:
        positive, negative = _search(one_hot, hypothetical, min_seqlets, settings)
    except (IndexError, ValueError) as error:
        # modisco-lite trims a pattern to a window that all its aligned seqlets cover; a few seqlets
        # may have no such window
        logger.info("modisco-lite could not build a pattern: %s", error)
        return nothing(
            f"some of {n_seqlets} seqlets share fewer bases than motifs.trim_window "
            f"({settings.trim_window}); lower it",
            n_seqlets,
        )
    if not positive:
        return nothing(
            f"no group of at least {min_seqlets} similar seqlets among {n_seqlets}", n_seqlets
        )
    return Discovery(positive, negative, chosen, crop, window, n_seqlets, min_seqlets, "")


def smallest_pattern(n_sequences: int, settings: MotifSettings) -> int:
    """Return the minimum number of seqlets per pattern: `min_seqlets`, or fewer for small sets.

    For small sets it is `min_seqlet_share` times the number of sequences, but at least ten.
    """
    by_share = round(settings.min_seqlet_share * n_sequences)
    return max(MIN_SEQLETS, min(settings.min_seqlets, by_share))


def save(discovery: Discovery, path: Pathlike) -> None:
    """Write modisco-lite's HDF5 file and add the names of the sequences as ``regions/name``.

    Without any pattern, too, the file is valid and readable by modisco-lite's own commands.
    """
    import h5py
    import modiscolite.io

    # in memory, because HDF5 ends the process with a segmentation fault when the disk is full
    content = BytesIO()
    modiscolite.io.save_hdf5(content, discovery.positive, discovery.negative, discovery.window)
    with h5py.File(content, "a") as file:
        file.attrs["crop"] = discovery.crop
        text = h5py.string_dtype(encoding="utf-8")
        file.create_dataset("regions/name", data=discovery.names, dtype=text)
    with atomic_path(path) as temporary:
        temporary.write_bytes(content.getbuffer())


def _check(attributions: Floats, codes: Codes, names: Sequence[str]) -> None:
    expected = (len(codes), 4, codes.shape[1] if codes.ndim == 2 else -1)
    if attributions.shape != expected or len(names) != len(codes):
        raise InputError(
            f"attributions: found shape {attributions.shape} for codes of shape {codes.shape} and "
            f"{len(names)} names, expected (N, 4, L), (N, L) and N"
        )
    if not np.isfinite(attributions).all():
        raise InputError(
            "attributions: found values that are not finite; the model's weights or gradients have "
            "overflowed: train the model again with a lower learning rate"
        )


def _window(length: int, settings: MotifSettings) -> tuple[int, int]:
    """Return the length and first position of the window, which is even and centred."""
    window = length - length % 2 if settings.window is None else settings.window
    return window, max(length - window, 0) // 2


def _count_seqlets(one_hot: Floats, hypothetical: Floats, settings: MotifSettings) -> int | None:
    """Count the seqlets that TFMoDISco will find; return None if it would raise an error.

    Its null model is a two-sided Laplace distribution. If all scores have one sign or are tied, one
    side is empty, and the fit raises an arithmetic error.
    """
    from modiscolite import precompile
    from modiscolite.extract_seqlets import extract_seqlets

    # enable numba's cache on disk, which must precede numba's first parallel call; without it every
    # run compiles for about 20 seconds
    precompile.start()
    try:
        with np.errstate(divide="ignore", invalid="ignore"):
            seqlets, _ = extract_seqlets(
                attribution_scores=(one_hot * hypothetical).sum(axis=2),
                window_size=settings.sliding_window,
                flank=settings.flank,
                suppress=int(0.5 * settings.sliding_window) + settings.flank,
                target_fdr=settings.seqlet_fdr,
                min_passing_windows_frac=_MIN_PASSING,
                max_passing_windows_frac=_MAX_PASSING,
                weak_threshold_for_counting_sign=_WEAK_THRESHOLD,
            )
    except (ZeroDivisionError, IndexError, ValueError) as error:
        logger.info("modisco-lite could not set a threshold for seqlets: %s", error)
        return None
    return len(seqlets)


def _search(
    one_hot: Floats, hypothetical: Floats, min_seqlets: int, settings: MotifSettings
) -> tuple[list[Any], list[Any]]:
    from modiscolite.tfmodisco import TFMoDISco

    positive, negative = TFMoDISco(
        one_hot=one_hot,
        hypothetical_contribs=hypothetical,
        sliding_window_size=settings.sliding_window,
        flank_size=settings.flank,
        min_metacluster_size=min_seqlets - 1,  # the library's bound is exclusive
        weak_threshold_for_counting_sign=_WEAK_THRESHOLD,
        max_seqlets_per_metacluster=settings.max_seqlets,
        target_seqlet_fdr=settings.seqlet_fdr,
        min_passing_windows_frac=_MIN_PASSING,
        max_passing_windows_frac=_MAX_PASSING,
        n_leiden_runs=settings.leiden_runs,
        n_leiden_iterations=-1,
        nearest_neighbors_to_compute=settings.neighbours,
        trim_to_window_size=settings.trim_window,
        initial_flank_to_add=settings.initial_flank,
        final_flank_to_add=settings.final_flank,
        # do not split groups that are already as small as the smallest pattern
        subcluster_perplexity=min_seqlets,
        final_min_cluster_size=min_seqlets,
    )
    return list(positive or []), list(negative or [])
