"""Columns of the conditioned mixture and of sums with equal weights, for one experiment."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd

from tfmoe.core.dna import Codes, encode
from tfmoe.core.files import Pathlike
from tfmoe.core.vocabulary import (
    CONDITIONED,
    ENSEMBLE_SUM,
    EQUAL_SUM,
    EXPERT,
    KMERS_MATRIX,
    MEAN_OF_POOL,
    MIXTURE,
    POOLED,
    POOLED_ENSEMBLE,
)
from tfmoe.jaspar.tables import MatrixFiles, MatrixTables
from tfmoe.models.conditioned.evidence import Evidence, find_evidence
from tfmoe.models.conditioned.gate import EQUAL, combine
from tfmoe.models.conditioned.library import (
    KmerLogits,
    KmerModels,
    kmer_logits,
    scored_members,
)
from tfmoe.models.conditioned.model import ConditionedMixture, load_conditioned
from tfmoe.models.conditioned.scores import Floats, Member, MemberScores, Scaled, kind_scores
from tfmoe.models.gkm import load_gkm
from tfmoe.models.prediction import Scores
from tfmoe.models.seed_scores import SeedScores

GENERALIST = "generalist"
"""Column of the mean logit of the pooled networks, by seed."""
KMERS_OF = "gkm_"
"""Prefix of the columns of each expert's gapped k-mer model; the expert's name follows."""
POOLED_KMERS = "pooled_gkm"
"""Column of the gapped k-mer model of all training factors."""


@dataclass(frozen=True)
class ConditionedFiles:
    """Files of the conditioned mixture.

    Attributes
    ----------
    folder
        The fitted mixture.
    matrices
        Files of the JASPAR release.
    gapped_kmers, pooled_kmers
        Folders of the gapped k-mer models, or `None`.
    """

    folder: Path
    matrices: MatrixFiles
    gapped_kmers: Path | None
    pooled_kmers: Path | None

    @classmethod
    def of_weights(
        cls,
        config: Pathlike,
        matrices: MatrixFiles,
        gapped_kmers: Sequence[Pathlike],
        pooled_kmers: Sequence[Pathlike],
    ) -> ConditionedFiles:
        """Return the folders of the given files: the mixture's ``config.json``, and weights."""
        kmers, pooled = (
            next((Path(path).parent for path in paths), None)
            for paths in (gapped_kmers, pooled_kmers)
        )
        return cls(Path(config).parent, matrices, kmers, pooled)

    def kmer_models(self) -> KmerModels | None:
        """Load the gapped k-mer models, if there are any."""
        if self.gapped_kmers is None or self.pooled_kmers is None:
            return None
        return KmerModels(load_gkm(self.gapped_kmers), load_gkm(self.pooled_kmers))


@dataclass(frozen=True)
class ConditionedScores:
    """Scores of one experiment.

    Attributes
    ----------
    columns
        float32 (n,) by column of the table of predictions.
    members
        The standardised scores that the gate weighs, ``networks_seed<k>``, ``kmers`` and
        ``matrix``, and the scores that they are made of, except the logits of the experts:
        ``generalist_seed<k>``, ``gkm_<expert>`` and ``pooled_gkm``.
    kinds
        The standardised scores (n,) of each kind of member, by training seed.
    """

    columns: dict[str, Scores]
    members: pd.DataFrame
    kinds: dict[int, dict[Member, Floats]]


@dataclass(frozen=True)
class Background:
    """The background windows of a run with their scores.

    Attributes
    ----------
    codes
        uint8 (m, L).
    table
        Logits of each model and seed.
    """

    codes: Codes
    table: pd.DataFrame

    def members(self, seed: int, kmers: KmerLogits) -> MemberScores:
        """Return the scores of all members for one training seed."""
        suffix = f"_seed{seed}"
        columns = {
            str(name).removesuffix(suffix): self.table[name].to_numpy()
            for name in self.table
            if str(name).startswith(EXPERT) and str(name).endswith(suffix)
        }
        return scored_members(
            self.codes, columns, self.table[GENERALIST + suffix].to_numpy(), kmers
        )


@dataclass(frozen=True)
class Question:
    """The factor that a mixture is asked about.

    Attributes
    ----------
    factor, family
        Its name and its family of DNA-binding domains, or ``-``.
    own_expert
        The expert trained on it, or `None`.
    """

    factor: str
    family: str = "-"
    own_expert: str | None = None


@dataclass(frozen=True)
class ConditionedModels:
    """The conditioned mixture with all that it reads except networks, loaded for use.

    Attributes
    ----------
    mixture
        Its gate and its calibration.
    background
        Its background windows.
    kmers
        The gapped k-mer models, if there are any.
    tables
        Matrices, factors and families.
    """

    mixture: ConditionedMixture
    background: Background
    kmers: KmerModels | None
    tables: MatrixTables

    @classmethod
    def load(cls, files: ConditionedFiles) -> ConditionedModels:
        """Load everything.

        Raises
        ------
        InputError
            If a file is missing or damaged.
        """
        mixture, table = load_conditioned(files.folder)
        background = Background(encode(table["sequence"].tolist()), table)
        return cls(mixture, background, files.kmer_models(), files.matrices.read())

    @property
    def window(self) -> int:
        """Length of the windows."""
        return int(self.background.codes.shape[1])

    @cached_property
    def background_kmers(self) -> KmerLogits:
        """Logits of the background windows by the gapped k-mer models."""
        return kmer_logits(self.kmers, self.background.codes)

    def reference(self, seed: int) -> MemberScores:
        """Return the scores of the background windows by all members, for one training seed."""
        return self.background.members(seed, self.background_kmers)

    def evidence(self, question: Question) -> Evidence:
        """Gather what is known of the factor of a question."""
        return find_evidence(
            question.factor,
            question.family,
            question.own_expert,
            self.mixture.experts,
            self.tables.matrices,
            self.tables.factors,
            self.window,
            self.tables.dependent_data_types,
        )

    def score(
        self, evidence: Evidence, codes: Codes, seeds: Sequence[SeedScores], kmers: KmerLogits
    ) -> ConditionedScores:
        """Score windows by the conditioned mixture.

        Parameters
        ----------
        evidence
            What is known of the factor that is asked about.
        codes
            The windows, uint8 (n, L).
        seeds
            Their scores by networks and mixtures, by training seed.
        kmers
            Their scores by the gapped k-mer models.
        """
        columns: dict[str, Floats] = {}
        members: dict[str, Floats] = {}
        by_seed: dict[int, dict[Member, Floats]] = {}
        for seed in seeds:
            scored = scored_members(codes, seed.columns, seed.generalist, kmers)
            kinds = by_seed[seed.seed] = kind_scores(scored, self.reference(seed.seed), evidence)
            members[f"{GENERALIST}_seed{seed.seed}"] = scored.generalist
            members |= {KMERS_OF + expert: logits for expert, logits in scored.kmers.items()}
            if scored.pooled_kmers is not None:
                members[POOLED_KMERS] = scored.pooled_kmers
            members[f"{Member.NETWORKS}_seed{seed.seed}"] = kinds[Member.NETWORKS]
            members |= {kind.value: kinds[kind] for kind in kinds if kind != Member.NETWORKS}
            columns[f"{CONDITIONED}_seed{seed.seed}"] = self.mixture.logits(kinds, evidence)
        return ConditionedScores(
            {name: values.astype(np.float32) for name, values in columns.items()},
            pd.DataFrame({name: values.astype(np.float32) for name, values in members.items()}),
            by_seed,
        )

    def sums(
        self,
        kinds: Mapping[int, Mapping[Member, Floats]],
        seeds: Sequence[SeedScores],
        gkm: Scores | None,
        own_expert: str | None,
    ) -> dict[str, Scores]:
        """Return sums of blind models and the matrix with equal weights, the mixture's rivals.

        Parameters
        ----------
        kinds
            Standardised scores of each kind of member, by training seed.
        seeds
            Scores of the windows by networks and mixtures, by training seed.
        gkm
            Their scores by the baseline ``gkm``, if the run fits it.
        own_expert
            The expert of the factor that is asked about, or `None`.
        """
        columns: dict[str, Floats] = {}
        for seed in seeds:
            rest: dict[Member, Floats] = {}
            if Member.MATRIX in kinds[seed.seed]:
                rest[Member.MATRIX] = kinds[seed.seed][Member.MATRIX]
            if gkm is not None and self.kmers is not None:
                reference = self.kmers.baseline(self.background_kmers, own_expert)
                rest[Member.KMERS] = _standardised(gkm, reference)
            for model, name in ((MIXTURE, EQUAL_SUM), (_ensemble(seed), ENSEMBLE_SUM)):
                reference = self.background.table[f"{model}_seed{seed.seed}"].to_numpy()
                blind = {Member.NETWORKS: _standardised(seed.columns[model], reference)}
                columns[f"{name}_seed{seed.seed}"] = combine(blind | rest, EQUAL)
            if rest:
                columns[KMERS_MATRIX] = combine(rest, EQUAL)
        return {name: values.astype(np.float32) for name, values in columns.items()}


def _standardised(windows: Scores, background: Scores) -> Floats:
    """Return scores standardised by those of the background windows."""
    scaled = Scaled(windows.astype(np.float64), background.astype(np.float64))
    return scaled.standardised().windows


def _ensemble(seed: SeedScores) -> str:
    """Return the pooled ensemble or, where none is trained, the model that replaces it."""
    for model in (POOLED_ENSEMBLE, MEAN_OF_POOL):
        if model in seed.columns:
            return model
    return POOLED
