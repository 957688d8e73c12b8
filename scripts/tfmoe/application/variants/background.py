"""Scores of background variants in the model's folder, and empirical p values from them.

The stored scores do not depend on the factor that is asked about, so that the effects for any
factor, also for a user's own matrix, follow from them without a network.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from tfmoe.application.model.folder import BACKGROUND_VARIANTS
from tfmoe.application.model.model import Model, Query
from tfmoe.application.variants.drawing import NUMBERS, draw_background_variants
from tfmoe.application.variants.effects import AlleleEffects
from tfmoe.application.variants.windows import Kind, gc_content
from tfmoe.core.dna import Codes, decode, encode
from tfmoe.core.files import Pathlike, read_parquet, write_parquet
from tfmoe.core.vocabulary import EXPERT, MIXTURE
from tfmoe.models.conditioned.columns import GENERALIST, KMERS_OF, POOLED_KMERS, Background
from tfmoe.models.conditioned.library import KmerLogits, kmer_logits
from tfmoe.models.conditioned.scores import kind_scores
from tfmoe.models.prediction import Scores
from tfmoe.models.seed_scores import score_seed

REF, ALT = "ref_", "alt_"
"""Prefixes of the columns of each allele."""
NEIGHBOURS = 500
"""Most background variants with which a variant is compared."""
_SHARE, _FEWEST = 0.1, 100
# variants whose neighbours are searched at once; bounds the memory to tens of megabytes
_PIECE = 4096

Floats = NDArray[np.float64]


def write_background_variants(
    model: Model, sequences: Sequence[Pathlike], numbers: Mapping[Kind, int] = NUMBERS
) -> Path:
    """Draw and score the background variants of a model, and write them into its folder.

    The table has the columns kind and gc (share of G and C in the window of the reference allele),
    and for each allele, with the prefix ``ref_`` or ``alt_``, ``sequence`` (the window) and the
    logits ``moe_seed<k>``, ``expert_<x>_seed<k>``, ``generalist_seed<k>``, ``gkm_<x>`` and
    ``pooled_gkm``.

    Parameters
    ----------
    model
        The model; its folder's manifest has to be written again afterwards.
    sequences, numbers
        As for `tfmoe.application.variants.drawing.draw_background_variants`; the random numbers
        derive from the seed of the model's run.

    Returns
    -------
    Path
        The file, `tfmoe.application.model.folder.BACKGROUND_VARIANTS`.
    """
    drawn = draw_background_variants(sequences, model.manifest.seed, numbers)
    columns: dict[str, object] = {
        "kind": [kind.value for kind in drawn.kinds],
        "gc": gc_content(drawn.ref).astype(np.float32),
    }
    for prefix, codes in ((REF, drawn.ref), (ALT, drawn.alt)):
        columns[f"{prefix}sequence"] = decode(codes)
        columns |= {prefix + name: values for name, values in _member_columns(model, codes).items()}
    path = model.folder / BACKGROUND_VARIANTS
    write_parquet(pd.DataFrame(columns), path)
    return path


def _member_columns(model: Model, codes: Codes) -> dict[str, Scores]:
    """Score windows by all models that do not depend on the factor that is asked about."""
    columns: dict[str, Scores] = {}
    for models in model.networks:
        scored = score_seed(models, codes, model.batch_size, model.device)
        suffix = f"_seed{scored.seed}"
        columns |= {
            name + suffix: values
            for name, values in scored.columns.items()
            if name == MIXTURE or name.startswith(EXPERT)
        }
        columns[GENERALIST + suffix] = scored.generalist
    kmers = model.conditioned.kmers if model.conditioned is not None else None
    found = kmer_logits(kmers, codes)
    columns |= {KMERS_OF + name: values.astype(np.float32) for name, values in found.each.items()}
    if found.pooled is not None:
        columns[POOLED_KMERS] = found.pooled.astype(np.float32)
    return columns


@dataclass(frozen=True)
class BackgroundVariants:
    """Background variants with the scores of their alleles.

    Attributes
    ----------
    table
        As `write_background_variants` writes it.
    """

    table: pd.DataFrame

    def effects(self, model: Model, query: Query) -> AlleleEffects:
        """Return the effects of the variants for one question, without running a network."""
        ref, alt = (_stored_logits(self._allele(prefix), model, query) for prefix in (REF, ALT))
        return AlleleEffects(ref, alt)

    def _allele(self, prefix: str) -> pd.DataFrame:
        names = [str(name) for name in self.table if str(name).startswith(prefix)]
        return self.table[names].rename(columns=lambda name: name.removeprefix(prefix))


def _stored_logits(allele: pd.DataFrame, model: Model, query: Query) -> Scores:
    """Return the logits of a query's model, float32 (n, seeds), from the scores of all members."""
    mixture = model.conditioned
    if query.evidence is None or mixture is None:
        names = [f"{MIXTURE}_seed{seed}" for seed in model.seeds]
        return allele[names].to_numpy(np.float32)
    scores = Background(encode(allele["sequence"].tolist()), allele)
    each = {
        str(name).removeprefix(KMERS_OF): allele[name].to_numpy(np.float64)
        for name in allele
        if str(name).startswith(KMERS_OF)
    }
    pooled = allele[POOLED_KMERS].to_numpy(np.float64) if POOLED_KMERS in allele else None
    kmers = KmerLogits(each, pooled)
    if query.adapted and model.adapted_mixtures is not None:
        every = {seed: scores.members(seed, kmers) for seed in model.seeds}
        adapted = model.adapted_mixtures.logits(every, mixture)
        return np.stack(list(adapted.values()), axis=1).astype(np.float32)
    logits = []
    for seed in model.seeds:
        members = scores.members(seed, kmers)
        kinds = kind_scores(members, mixture.reference(seed), query.evidence)
        logits.append(mixture.mixture.logits(kinds, query.evidence).astype(np.float32))
    return np.stack(logits, axis=1)


def read_background_variants(model: Model) -> BackgroundVariants | None:
    """Read the background variants of a model, if it has some.

    Raises
    ------
    InputError
        If the file is damaged, or lacks a column or the logits of a member.
    """
    path = model.folder / BACKGROUND_VARIANTS
    if not path.exists():
        return None
    each = ["sequence", *_member_names(model)]
    names = ["kind", "gc", *(prefix + name for prefix in (REF, ALT) for name in each)]
    return BackgroundVariants(read_parquet(path, names))


def _member_names(model: Model) -> list[str]:
    """Return the names of the columns of `_member_columns`."""
    scored = [MIXTURE, GENERALIST, *model.models.experts.values()]
    names = [f"{name}_seed{seed}" for seed in model.seeds for name in scored]
    kmers = model.conditioned.kmers if model.conditioned is not None else None
    if kmers is None:
        return names
    return [*names, *(KMERS_OF + name for name in kmers.specialists.experts), POOLED_KMERS]


@dataclass(frozen=True)
class EmpiricalP:
    """Empirical p values from background variants.

    A variant is compared with the nearest background variants of its kind: those with the most
    similar GC content and logit of the reference allele, both in standard deviations. They are a
    tenth of the kind, from 100 to 500. If n of them are compared and m have an absolute effect at
    least as large, p is (1 + m) / (1 + n).

    Attributes
    ----------
    kinds
        Kind of each of N background variants.
    gc, ref_logit, effect
        Their GC content, mean logit of the reference allele and mean effect, (N,).
    """

    kinds: NDArray[np.str_]
    gc: Floats
    ref_logit: Floats
    effect: Floats

    @classmethod
    def of_model(cls, model: Model, query: Query) -> EmpiricalP | None:
        """Return the p values for one question, if the model has background variants."""
        background = read_background_variants(model)
        if background is None:
            return None
        effects = background.effects(model, query)
        return cls(
            background.table["kind"].to_numpy(np.str_),
            background.table["gc"].to_numpy(np.float64),
            effects.ref_logit,
            effects.effect,
        )

    def p_values(
        self, kinds: Sequence[str], gc: Floats, ref_logit: Floats, effect: Floats
    ) -> Floats:
        """Return the p values (n,) of variants; NaN for kinds without background variants."""
        found = np.full(len(kinds), np.nan)
        wanted = np.array([str(kind) for kind in kinds])
        for kind in np.unique(wanted):
            rows, own = np.flatnonzero(wanted == kind), np.flatnonzero(self.kinds == kind)
            if len(own):
                places = np.stack([gc[rows], ref_logit[rows]], axis=1)
                found[rows] = self._of_kind(own, places, np.abs(effect[rows]))
        return found

    def _of_kind(self, own: NDArray[np.int64], places: Floats, sizes: Floats) -> Floats:
        """Return the p values of variants of one kind, whose background variants are `own`."""
        known = np.stack([self.gc[own], self.ref_logit[own]], axis=1)
        spread = known.std(axis=0)
        spread[spread == 0] = 1.0
        number = min(len(own), max(_FEWEST, min(NEIGHBOURS, int(_SHARE * len(own)))))
        tree = cKDTree(known / spread)
        background = np.abs(self.effect[own])
        parts = []
        for first in range(0, len(places), _PIECE):
            rows = slice(first, first + _PIECE)
            _, nearest = tree.query(places[rows] / spread, k=np.arange(1, number + 1))
            larger = (background[nearest] >= sizes[rows, None]).sum(axis=1)
            parts.append((1 + larger) / (1 + number))
        return np.concatenate(parts)
