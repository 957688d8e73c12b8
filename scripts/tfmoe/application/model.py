"""A trained mixture, loaded from its folder: questions about factors and scores of windows."""

from __future__ import annotations

import difflib
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from torch import nn

from tfmoe.application import folder as layout
from tfmoe.application.folder import Manifest, open_folder
from tfmoe.application.modules import Answer, network_module
from tfmoe.application.thresholds import find_threshold, read_thresholds
from tfmoe.core.dna import Codes
from tfmoe.core.errors import InputError
from tfmoe.core.files import Pathlike
from tfmoe.core.sliding import Windows
from tfmoe.core.vocabulary import CONDITIONED, GKM, MIXTURE
from tfmoe.jaspar.factors import curated_rows, names_of, own_matrices, resolve_factor
from tfmoe.jaspar.matrices import Matrix
from tfmoe.jaspar.names import factor_key
from tfmoe.jaspar.tables import MatrixFiles
from tfmoe.jaspar.user_matrices import read_user_matrices
from tfmoe.models.conditioned.answer import factor_logits
from tfmoe.models.conditioned.columns import ConditionedFiles, ConditionedModels, Question
from tfmoe.models.conditioned.evidence import UNKNOWN, Evidence, evidence_of_matrices
from tfmoe.models.conditioned.library import kmer_logits
from tfmoe.models.conditioned.scores import Floats, Member
from tfmoe.models.device import prepare_torch, resolve_device
from tfmoe.models.prediction import Scores, predict_mixture
from tfmoe.models.seed_scores import (
    RecipeModels,
    ScoredRecipe,
    SeedCheckpoints,
    SeedModels,
    load_seed,
    score_seed,
)


@dataclass(frozen=True)
class Query:
    """A question to the mixture.

    Attributes
    ----------
    factor
        The factor that is asked about; `None` for the mixture that learns of no factor.
    own_expert
        The expert trained on it, or `None`.
    evidence
        What is known of it, or `None`.
    """

    factor: str | None = None
    own_expert: str | None = None
    evidence: Evidence | None = None

    @property
    def model(self) -> str:
        """The model that answers: ``moe_conditioned``, or ``moe`` without a factor."""
        return MIXTURE if self.evidence is None else CONDITIONED


@dataclass(frozen=True)
class WindowScores:
    """Scores of n windows.

    Attributes
    ----------
    logits
        Calibrated logits of the query's model, float32 (n, seeds).
    columns
        Logits, float32 (n,), by model and seed, named as in ``predictions/<x>.parquet``.
    members
        Standardised scores of the kinds of members, and logits of k-mer models; one row per window.
        Without columns for a query without a factor.
    kinds
        Standardised scores, float64 (n,), of each kind of member, by seed.
    gates
        Weights of the networks in the gate of the mixture, float32 (n, members), by seed.
    """

    logits: Scores
    columns: dict[str, Scores]
    members: pd.DataFrame
    kinds: dict[int, dict[Member, Floats]]
    gates: dict[int, pd.DataFrame]


@dataclass(frozen=True)
class Model:
    """A trained mixture.

    Attributes
    ----------
    folder
        Its folder.
    manifest
        The contents of the folder.
    device
        Device to compute on.
    batch_size
        Windows per batch.
    """

    folder: Path
    manifest: Manifest
    device: torch.device
    batch_size: int

    @property
    def window(self) -> int:
        """Length of the windows, in bases."""
        return self.manifest.window

    @property
    def seeds(self) -> tuple[int, ...]:
        """The training seeds."""
        return tuple(self.manifest.seeds)

    @property
    def factors(self) -> tuple[str, ...]:
        """The factors that have an expert of their own."""
        return tuple(dict.fromkeys(self.manifest.experts.values()))

    @property
    def models(self) -> RecipeModels:
        """Names of its models."""
        named = RecipeModels(**self.manifest.models)
        # JSON sorts names, and a mean of float32 numbers depends on their order
        experts = {name: named.experts[name] for name in named.members if name in named.experts}
        return replace(named, experts=experts)

    @property
    def conditioned_files(self) -> ConditionedFiles | None:
        """Files of the conditioned mixture, if there is one."""
        if not self.manifest.conditioned:
            return None
        kmers = self.folder / layout.KMERS if self.manifest.kmers else None
        pooled = self.folder / layout.POOLED_KMERS if self.manifest.kmers else None
        return ConditionedFiles(self.folder / layout.CONDITIONED, self.matrix_files, kmers, pooled)

    @property
    def matrix_files(self) -> MatrixFiles:
        """Files of matrices, factors and families."""
        return MatrixFiles(
            self.folder / layout.MATRICES,
            self.folder / layout.MATRIX_TABLE,
            self.folder / layout.FACTORS,
            self.folder / layout.FAMILIES,
            self.manifest.dependent_data_types,
        )

    def checkpoints(self, seed: int) -> SeedCheckpoints:
        """Return the folders of the networks of a training seed.

        Raises
        ------
        InputError
            If it is none of the model's seeds.
        """
        if seed not in self.seeds:
            known = ", ".join(map(str, self.seeds))
            raise InputError(f"{self.folder}: found no training seed {seed}, expected {known}")
        models = self.models
        pool = {
            member: self.folder / layout.network_folder(member, seed) for member in models.members
        }
        mixture = self.folder / layout.mixture_folder(seed)
        outside = [
            self.folder / layout.network_folder(name, seed) for name in self.manifest.outside_pool
        ]
        return SeedCheckpoints(seed, [ScoredRecipe(models, pool, mixture)], outside, None)

    @cached_property
    def conditioned(self) -> ConditionedModels | None:
        """The conditioned mixture with all that it reads except networks, if there is one."""
        files = self.conditioned_files
        return None if files is None else ConditionedModels.load(files)

    @cached_property
    def networks(self) -> list[SeedModels]:
        """The networks and the mixture of each seed."""
        return [load_seed(self.checkpoints(seed)) for seed in self.seeds]

    def module(self, name: str | Query, seed: int = 0) -> nn.Module:
        """Return a member or a mixture as a plain torch module.

        It maps one-hot sequences, float32 (B, 4, window), to logits (B, 1), as tangermeme, captum
        and tf-modisco expect them.

        Parameters
        ----------
        name
            ``moe``, a member of the mixture's pool such as ``pooled`` or ``expert_CTCF``; or a
            query, whose answer has no gradients.
        seed
            The training seed; the answer to a query is the mean over all of them.

        Raises
        ------
        InputError
            If there is no network of this name, or no such seed.
        """
        return Answer(self, name) if isinstance(name, Query) else network_module(self, name, seed)

    def query(
        self, factor: str | None = None, matrix: Pathlike | Sequence[Matrix] | None = None
    ) -> Query:
        """Gather what is known of a factor.

        Parameters
        ----------
        factor
            Name of the factor, or a synonym.
        matrix
            Matrices of its motif, or a file of them in MEME format; they replace its own ones.
            Without `factor`, the name of the first is the factor's.

        Returns
        -------
        Query
            Without arguments, a query that the mixture answers without knowledge of a factor.

        Raises
        ------
        InputError
            If the name is unknown or ambiguous, if a matrix cannot be used, or if the run fitted no
            conditioned mixture.
        """
        if factor is None and matrix is None:
            return Query()
        models = self.conditioned
        if models is None:
            raise InputError(
                f"{self.folder}: the run fitted no mixture that knows the factor "
                "(conditioned.fit: false), so it answers only without a factor and a matrix"
            )
        given = _given_matrices(matrix)
        name = given[0].name if factor is None else factor
        own = self._own_expert(name)
        if given:
            tables = models.tables
            evidence = evidence_of_matrices(
                name, own, given, self.manifest.experts, tables.matrices, tables.factors,
                self.window,
            )  # fmt: skip
        else:
            if own is None:
                self._check_known(name)
            evidence = models.evidence(Question(name, self._family(name), own))
        return Query(name, own, evidence)

    def score(self, codes: Codes, query: Query) -> WindowScores:
        """Score windows.

        Parameters
        ----------
        codes
            uint8 (n, window), as `tfmoe.core.dna.encode` returns them.
        query
            The question, from `Model.query`.

        Raises
        ------
        ValueError
            If the windows have another length.
        """
        if codes.ndim != 2 or codes.shape[1] != self.window:
            raise ValueError(f"codes have shape {codes.shape}, expected (n, {self.window})")
        codes = np.ascontiguousarray(codes)
        seeds = [score_seed(one, codes, self.batch_size, self.device) for one in self.networks]
        columns: dict[str, Scores] = {}
        for seed in seeds:
            columns |= seed.named_columns
        members, kinds = pd.DataFrame(index=range(len(codes))), {}
        if self.conditioned is not None and query.evidence is not None:
            kmers = kmer_logits(self.conditioned.kmers, codes)
            if self.conditioned.kmers is not None:
                columns[GKM] = self.conditioned.kmers.baseline(kmers, query.own_expert)
            found = self.conditioned.score(query.evidence, codes, seeds, kmers)
            columns |= found.columns
            members, kinds = found.members, found.kinds
        logits = np.stack([columns[f"{query.model}_seed{seed}"] for seed in self.seeds], axis=1)
        return WindowScores(logits, columns, members, kinds, {one.seed: one.gate for one in seeds})

    def logits(self, windows: Windows, query: Query) -> Scores:
        """Return `WindowScores.logits` alone, by the few networks that they need.

        Parameters
        ----------
        windows
            uint8 (n, window), or the windows of a long sequence, which share work.
        query
            The question, from `Model.query`.

        Returns
        -------
        ndarray
            float32 (n, seeds); equal to those of `Model.score` up to rounding.
        """
        compute = windows, self.batch_size, self.device
        if self.conditioned is None or query.evidence is None:
            scored = [predict_mixture(models.mixture, *compute) for models in self.networks]
            return np.stack([one.mixture for one in scored], axis=1)
        return factor_logits(self.conditioned, query.evidence, self.networks, *compute)

    def predict(
        self,
        sequences: Sequence[str] | pd.Series | Codes,
        factor: str | None = None,
        matrix: Pathlike | Sequence[Matrix] | None = None,
        *,
        stride: int | None = None,
        precision: float | None = None,
        every_column: bool = False,
    ) -> pd.DataFrame:
        """Score sequences of any length; the table is that of the command ``tfmoe predict``.

        Parameters
        ----------
        sequences
            Texts, a Series of texts with names in its index, or codes.
        factor, matrix
            As for `Model.query`.
        stride, precision, every_column
            As for `tfmoe.application.predict.PredictOptions`.

        Returns
        -------
        DataFrame
            As `tfmoe.application.predict.predict_table` describes it.

        Raises
        ------
        InputError
            As for `Model.query` and `tfmoe.application.predict.predict_table`.

        Examples
        --------
        >>> import tfmoe
        >>> model = tfmoe.load("results/demo/model")
        >>> table = model.predict(["ACGT" * 30], factor="CTCF")
        >>> bool(0 < table.loc[0, "probability"] < 1)
        True
        """
        from tfmoe.application.predict import PredictOptions, predict_table

        options = PredictOptions(stride, precision, every_column)
        return predict_table(self, self.query(factor, matrix), sequences, options)

    def threshold(self, query: Query, precision: float) -> float:
        """Return the logit from which windows are called bound at a precision on validation data.

        Parameters
        ----------
        query
            The question, from `Model.query`.
        precision
            One of `tfmoe.application.thresholds.PRECISIONS`.

        Raises
        ------
        InputError
            If the model has no threshold of this precision, or never reaches it.
        """
        table = read_thresholds(self.folder / layout.THRESHOLDS)
        matrix = query.evidence is not None and bool(query.evidence.matrices)
        factor = None if query.own_expert is None else self.manifest.experts[query.own_expert]
        return find_threshold(table, factor, precision, model=query.model, matrix=matrix)

    def _own_expert(self, name: str) -> str | None:
        """Return the first expert of a factor, whatever the synonym."""
        key = self._key(name)
        return next(
            (expert for expert, own in self.manifest.experts.items() if self._key(own) == key), None
        )

    def _key(self, name: str) -> str:
        assert self.conditioned is not None
        tables = self.conditioned.tables
        return factor_key(resolve_factor(name, tables.matrices, tables.factors).symbol)

    def _family(self, name: str) -> str:
        """Return the family that the run's experiment table gives a factor."""
        key = factor_key(name)
        families: Mapping[str, str] = self.manifest.families
        return next((own for one, own in families.items() if factor_key(one) == key), UNKNOWN)

    def _check_known(self, name: str) -> None:
        """Check that something is known of a factor without an expert.

        Raises
        ------
        InputError
            Naming the most similar names.
        """
        assert self.conditioned is not None
        tables = self.conditioned.tables
        release = (tables.matrices, tables.factors)
        resolved = resolve_factor(name, *release)
        if resolved.candidates:
            raise InputError(
                f"factor {name}: the name may mean {', '.join(resolved.candidates)}; use one of "
                "these names"
            )
        if own_matrices(name, *release) or curated_rows(resolved.symbol, *release):
            return
        if self._family(name) != UNKNOWN:
            return
        similar = names_of(*release).similar()
        similar |= {factor.upper(): factor for factor in self.factors}
        close = difflib.get_close_matches(name.upper(), similar, n=3)
        hint = f"; similar names: {', '.join(similar[found] for found in close)}" if close else ""
        raise InputError(
            f"factor {name}: found neither an expert nor a matrix of it{hint}. Give a matrix of "
            "its motif, or ask without a factor"
        )


def load(
    path: Pathlike,
    device: str = "auto",
    threads: int | None = None,
    batch_size: int | None = None,
) -> Model:
    """Load a trained mixture.

    Parameters
    ----------
    path
        The folder ``model`` of a run, or its zip file.
    device
        ``auto``, ``cpu`` or ``cuda``.
    threads
        Threads of torch; by default they are left as they are.
    batch_size
        Windows per batch; by default as in the run.

    Raises
    ------
    InputError
        If the model is missing, damaged, or written by a newer version.

    Examples
    --------
    >>> import tfmoe
    >>> model = tfmoe.load("results/demo/model")
    >>> model.window, model.factors
    (101, ('ARID3A', 'FOXM1', 'GATA3'))
    """
    folder, manifest = open_folder(path)
    prepare_torch(torch.get_num_threads() if threads is None else threads)
    return Model(folder, manifest, resolve_device(device), batch_size or manifest.batch_size)


def _given_matrices(matrix: Pathlike | Sequence[Matrix] | None) -> list[Matrix]:
    """Return the matrices that the user gives, from a file or as they are."""
    if matrix is None:
        return []
    if isinstance(matrix, str | os.PathLike):
        return read_user_matrices(matrix)
    return list(matrix)
