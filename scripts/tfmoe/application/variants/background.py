"""Scores of background variants in the model's folder, and empirical p values from them.

The stored scores do not depend on the factor that is asked about, so that the effects for any
factor, also for a user's own matrix, follow from them without a network.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from tfmoe.application.variants.drawing import DrawnVariants
from tfmoe.application.variants.effects import AlleleEffects
from tfmoe.application.variants.windows import gc_content
from tfmoe.core.dna import Codes, decode, encode
from tfmoe.core.files import Pathlike, read_parquet, write_parquet
from tfmoe.core.vocabulary import EXPERT, MIXTURE
from tfmoe.models.conditioned.columns import GENERALIST, KMERS_OF, POOLED_KMERS, ConditionedModels
from tfmoe.models.conditioned.evidence import Evidence
from tfmoe.models.conditioned.library import KmerLogits, KmerModels, kmer_logits, scored_members
from tfmoe.models.conditioned.scores import kind_scores
from tfmoe.models.prediction import Scores
from tfmoe.models.seed_scores import SeedModels, score_seed

FILE = "background_variants.parquet"
"""Name of the file in the model's folder."""
REF, ALT = "ref_", "alt_"
"""Prefixes of the columns of each allele."""
NEIGHBOURS = 1000
"""Most background variants with which a variant is compared."""
_SHARE, _FEWEST = 0.25, 100
# variants whose neighbours are searched at once; bounds the memory to tens of megabytes
_PIECE = 4096

Floats = NDArray[np.float64]
Columns = Mapping[str, Scores]


def member_columns(
    seeds: Iterable[SeedModels],
    kmers: KmerModels | None,
    codes: Codes,
    batch_size: int,
    device: torch.device,
) -> dict[str, Scores]:
    """Score windows by all models that do not depend on the factor asked about.

    Returns
    -------
    dict
        float32 (n,) by column: ``moe_seed<k>``, ``expert_<x>_seed<k>``, ``generalist_seed<k>``,
        ``gkm_<x>`` and ``pooled_gkm``.
    """
    columns: dict[str, Scores] = {}
    for models in seeds:
        scored = score_seed(models, codes, batch_size, device)
        columns |= {
            f"{name}_seed{scored.seed}": values
            for name, values in scored.columns.items()
            if name == MIXTURE or name.startswith(EXPERT)
        }
        columns[f"{GENERALIST}_seed{scored.seed}"] = scored.generalist
    found = kmer_logits(kmers, codes)
    columns |= {KMERS_OF + name: values.astype(np.float32) for name, values in found.each.items()}
    if found.pooled is not None:
        columns[POOLED_KMERS] = found.pooled.astype(np.float32)
    return columns


def write_background_variants(
    variants: DrawnVariants, score: Callable[[Codes], Columns], path: Pathlike
) -> None:
    """Score background variants and write them.

    Parameters
    ----------
    variants
        The variants.
    score
        Maps windows, uint8 (n, L), to columns; `member_columns` with its other arguments bound.
    path
        Output: kind, gc (share of G and C in the window of the reference allele), and for each
        allele with the prefix ``ref_`` or ``alt_`` its ``sequence`` and the columns.
    """
    columns: dict[str, object] = {
        "kind": [kind.value for kind in variants.kinds],
        "gc": gc_content(variants.ref).astype(np.float32),
    }
    for prefix, codes in ((REF, variants.ref), (ALT, variants.alt)):
        columns[f"{prefix}sequence"] = decode(codes)
        columns |= {prefix + name: values for name, values in score(codes).items()}
    write_parquet(pd.DataFrame(columns), path)


@dataclass(frozen=True)
class BackgroundVariants:
    """Background variants with the scores of their alleles.

    Attributes
    ----------
    table
        As `write_background_variants` writes it.
    """

    table: pd.DataFrame

    def effects(
        self, seeds: Sequence[int], models: ConditionedModels | None, evidence: Evidence | None
    ) -> AlleleEffects:
        """Return the effects of the variants for one question.

        Parameters
        ----------
        seeds
            The training seeds.
        models
            The conditioned mixture.
        evidence
            What is known of the factor that is asked about; `None` for the mixture that does not
            know which factor it is asked about.
        """
        ref, alt = (self._logits(prefix, seeds, models, evidence) for prefix in (REF, ALT))
        return AlleleEffects(ref, alt)

    def _logits(
        self,
        prefix: str,
        seeds: Sequence[int],
        models: ConditionedModels | None,
        evidence: Evidence | None,
    ) -> Scores:
        """Return the logits of one allele, float32 (n, seeds)."""
        own = [str(name) for name in self.table if str(name).startswith(prefix)]
        columns = {name.removeprefix(prefix): self.table[name] for name in own}
        if models is None or evidence is None:
            each = [columns[f"{MIXTURE}_seed{seed}"].to_numpy(np.float32) for seed in seeds]
            return np.stack(each, axis=1)
        codes = encode(columns.pop("sequence").tolist())
        scores = {name: values.to_numpy(np.float32) for name, values in columns.items()}
        kmers = KmerLogits(
            {
                name.removeprefix(KMERS_OF): values.astype(np.float64)
                for name, values in scores.items()
                if name.startswith(KMERS_OF)
            },
            scores[POOLED_KMERS].astype(np.float64) if POOLED_KMERS in scores else None,
        )
        logits = []
        for seed in seeds:
            suffix = f"_seed{seed}"
            networks = {
                name.removesuffix(suffix): values
                for name, values in scores.items()
                if name.startswith(EXPERT) and name.endswith(suffix)
            }
            members = scored_members(codes, networks, scores[GENERALIST + suffix], kmers)
            kinds = kind_scores(members, models.reference(seed), evidence)
            logits.append(models.mixture.logits(kinds, evidence).astype(np.float32))
        return np.stack(logits, axis=1)


def read_background_variants(path: Path) -> BackgroundVariants:
    """Read the background variants of a model.

    Raises
    ------
    InputError
        If the file is missing or damaged, or lacks a column.
    """
    required = ("kind", "gc", f"{REF}sequence", f"{ALT}sequence")
    read_parquet(path, required)
    return BackgroundVariants(read_parquet(path))


@dataclass(frozen=True)
class EmpiricalP:
    """Empirical p values from background variants.

    A variant is compared with the nearest background variants of its kind: those with the most
    similar GC content and logit of the reference allele, both in standard deviations. They are
    1,000, but at most a quarter of the kind. If n of them are compared and m have an absolute
    effect at least as large, p is (1 + m) / (1 + n).

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
