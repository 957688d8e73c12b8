"""Convert the filters of a network's first convolution to motifs, as a cross-check of patterns.

A filter's motif is the base composition of the subsequences that activate it (Alipanahi et al.
2015, Nat. Biotechnol. 33:831; Kelley et al. 2016, Genome Research 26:990). Here each sequence
contributes the subsequence with the highest activation, if this exceeds half of the filter's
maximum.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from tfmoe.core.dna import Codes
from tfmoe.core.errors import InputError
from tfmoe.core.files import Pathlike, write_tsv
from tfmoe.core.vocabulary import Split
from tfmoe.data.datasets import SequenceSet
from tfmoe.jaspar.scanning import base_composition
from tfmoe.models.checkpoints import read_expert
from tfmoe.models.encoding import both_strands, one_hot
from tfmoe.models.expert import StrandAveraged
from tfmoe.motifs.confirmation import confirm
from tfmoe.motifs.discovery import MIN_SEQLETS
from tfmoe.motifs.filter_table import FILTER_COLUMNS
from tfmoe.motifs.patterns import (
    Matrix4,
    Pattern,
    Seqlets,
    information,
    informative_span,
    write_meme,
)
from tfmoe.motifs.settings import MotifSettings

ACTIVATION_SHARE = 0.5
"""A site's activation exceeds this share of the filter's maximum."""

logger = logging.getLogger(__name__)

Floats = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Activity:
    """Highest activations of F filters on N sequences.

    Attributes
    ----------
    best
        Float32 of shape (N, F): highest activation over all positions, and over both strands if the
        network reads both.
    start
        Int64 of shape (N, F): its position, 0-based, on the forward strand.
    strand
        Int8 of shape (N, F): 1, or -1 if it is on the reverse strand.
    width
        Width of the filters.
    """

    best: Floats
    start: NDArray[np.int64]
    strand: NDArray[np.int8]
    width: int


def first_convolution(network: nn.Module) -> nn.Module:
    """Return the first module of a network with filters (F, 4, W) over bases.

    Raises
    ------
    InputError
        If the network has no such module.
    """
    for module in network.modules():
        weight = getattr(module, "weight", None)
        if isinstance(weight, Tensor) and weight.ndim == 3 and weight.shape[1] == len("ACGT"):
            return module
    raise InputError("the network has no convolution over the four bases to read filters from")


def filter_activity(
    network: nn.Module, codes: Codes, both: bool, batch_size: int, device: torch.device
) -> Activity:
    """Apply the filters of a network's first convolution to sequences, without padding.

    Parameters
    ----------
    network
        The network.
    codes
        Uint8 of shape (N, L); L is at least the width of the filters.
    both
        Whether to scan both strands, for networks that average over strands.
    batch_size
        Sequences per batch.
    device
        Device for the computation.
    """
    convolution = first_convolution(network).to(device)
    width = convolution.get_parameter("weight").shape[2]
    last = codes.shape[1] - width
    if last < 0:
        raise InputError(f"sequences of {codes.shape[1]} bases are shorter than filters of {width}")
    values, starts, strands = [], [], []
    with torch.inference_mode():
        for first in range(0, len(codes), batch_size):
            batch = one_hot(torch.from_numpy(codes[first : first + batch_size]).to(device))
            scores = _best_activation(
                convolution, both_strands(batch) if both else batch, len(batch)
            )
            best, side = scores.values.max(dim=0)
            position = scores.indices.gather(0, side.unsqueeze(0)).squeeze(0)
            values.append(best.cpu().numpy())
            # on the reverse strand, positions count from the other end
            starts.append(torch.where(side > 0, last - position, position).cpu().numpy())
            strands.append((1 - 2 * side).to(torch.int8).cpu().numpy())
    return Activity(
        np.concatenate(values).astype(np.float32),
        np.concatenate(starts),
        np.concatenate(strands),
        width,
    )


def filter_motifs(activity: Activity, codes: Codes, share: float) -> list[Pattern]:
    """Build a motif from the subsequences that activate each filter.

    Parameters
    ----------
    activity
        Activations of the filters on the sequences.
    codes
        Uint8 of shape (N, L): the sequences.
    share
        Ends are trimmed to positions with at least this share of the best position's information.

    Returns
    -------
    list of Pattern
        ``filter_<k>``, in the order of the filters, with the activation as the contribution of a
        site. Filters that fewer than `MIN_SEQLETS` sequences activate are omitted.
    """
    background = base_composition(codes)
    found = []
    for index in range(activity.best.shape[1]):
        best = activity.best[:, index]
        rows = np.flatnonzero((best > 0) & (best > ACTIVATION_SHARE * best.max(initial=0)))
        if len(rows) < MIN_SEQLETS:
            continue
        start, strand = activity.start[rows, index], activity.strand[rows, index]
        counts = _count_bases(codes[rows], start, strand, activity.width)
        probabilities = (counts + background[:, None]) / (counts.sum(axis=0) + 1)
        first, end = informative_span(information(probabilities, background), share)
        site = np.where(strand > 0, start + first, start + activity.width - end)
        sites = Seqlets(rows, site, strand, best[rows].astype(np.float64), np.inf)
        found.append(Pattern(f"filter_{index}", probabilities[:, first:end], sites))
    return found


def read_network_filters(
    folder: Pathlike,
    positives: SequenceSet,
    negatives: SequenceSet,
    settings: MotifSettings,
    rng: np.random.Generator,
    batch_size: int,
    device: torch.device,
) -> tuple[list[Pattern], list[dict[str, object]], Matrix4]:
    """Convert the filters of one network to motifs, and confirm them on the test split.

    Parameters
    ----------
    folder
        Checkpoint folder of the network.
    positives
        Positives of the experiment, all splits.
    negatives
        Test negatives of the experiment.
    settings
        Section `motifs` of the config.
    rng
        Samples `max_sequences` positives if there are more.
    batch_size, device
        Sequences per batch, and device for the computation.

    Returns
    -------
    list of Pattern, list of dict, ndarray
        The motifs, their rows of `FILTER_COLUMNS`, and the base composition of the positives.
        ``correlation`` is Spearman's correlation of the filter's highest activation with the
        network's logit over the test sequences.
    """
    expert, config = read_expert(folder)
    both = config.averages_strands
    codes = positives.windows[rng.permutation(len(positives))[: settings.max_sequences]]
    activity = filter_activity(expert, codes, both, batch_size, device)
    motifs = filter_motifs(activity, codes, settings.trim_information)
    in_test = positives.select((positives.table["split"] == Split.TEST).to_numpy())
    test = np.concatenate([in_test.windows, negatives.windows])
    network = StrandAveraged(expert) if both else expert
    correlations = _correlations(expert, network.eval(), test, both, batch_size, device)
    background = base_composition(codes)
    rows = []
    for motif in motifs:
        confirmation = confirm(
            motif.probabilities, in_test.windows, negatives.windows, settings.hit_p_value
        )
        rows.append(
            {
                "filter": motif.name,
                "n_sites": motif.n_seqlets,
                "consensus": motif.consensus,
                "width": motif.width,
                "information": information(motif.probabilities, background).sum(),
                "correlation": correlations[int(motif.name.removeprefix("filter_"))],
                **asdict(confirmation),
            }
        )
    logger.info("%d of %d filters have a motif", len(motifs), activity.best.shape[1])
    return motifs, rows, background


def write_filters(
    motifs: Sequence[Pattern],
    rows: Sequence[dict[str, object]],
    background: Matrix4,
    label: str,
    meme: Pathlike,
    table: Pathlike,
) -> None:
    """Write the motifs as MEME, and their table of `FILTER_COLUMNS`."""
    import pandas as pd

    write_meme(motifs, background, label, meme)
    write_tsv(pd.DataFrame(list(rows), columns=list(FILTER_COLUMNS)), table)


def _best_activation(convolution: nn.Module, batch: Tensor, number: int) -> torch.return_types.max:
    """Return the highest activation over positions, and its position: (strands, number, F)."""
    scores: Tensor = convolution(batch)
    return scores.reshape(-1, number, *scores.shape[1:]).max(dim=3)


def _count_bases(
    codes: Codes, start: NDArray[np.int64], strand: NDArray[np.int8], width: int
) -> Matrix4:
    positions = start[:, None] + np.arange(width)
    words = np.take_along_axis(codes, positions, axis=1)
    turned = np.where(words < 4, 3 - words, words)[:, ::-1]
    words = np.where(strand[:, None] > 0, words, turned)
    return np.stack([(words == code).sum(axis=0) for code in range(4)]).astype(np.float64)


def _correlations(
    expert: nn.Module,
    network: nn.Module,
    codes: Codes,
    both: bool,
    batch_size: int,
    device: torch.device,
) -> NDArray[np.float64]:
    """Correlate each filter's highest activation with the logit; NaN without sequences."""
    from scipy.stats import rankdata

    if len(codes) == 0:
        number = first_convolution(expert).get_parameter("weight").shape[0]
        return np.full(number, np.nan)
    network = network.to(device)
    logits = []
    with torch.inference_mode():
        for first in range(0, len(codes), batch_size):
            batch = one_hot(torch.from_numpy(codes[first : first + batch_size]).to(device))
            logits.append(network(batch).float().cpu().numpy())
    best = filter_activity(expert, codes, both, batch_size, device).best
    ranks = rankdata(np.column_stack([np.concatenate(logits), best]), axis=0)
    centred = ranks - ranks.mean(axis=0)
    spread = np.sqrt((centred**2).sum(axis=0))
    with np.errstate(invalid="ignore", divide="ignore"):
        result: NDArray[np.float64] = (centred[:, :1] * centred).sum(axis=0) / (spread[0] * spread)
    return result[1:]
