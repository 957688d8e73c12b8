"""A trained mixture, loaded from its folder: questions about factors and scores of windows."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
import torch
from torch import nn

from tfmoe.application.model import folder as layout
from tfmoe.application.model.files import ModelFiles
from tfmoe.application.model.folder import open_folder
from tfmoe.application.model.modules import Answer, network_module
from tfmoe.application.model.query import Query, WindowScores, given_matrices
from tfmoe.application.model.thresholds import find_threshold, read_thresholds
from tfmoe.core.dna import Codes
from tfmoe.core.errors import InputError
from tfmoe.core.files import Pathlike
from tfmoe.core.sliding import Windows, window_rows
from tfmoe.core.vocabulary import ADAPTED_MIXTURE, GKM
from tfmoe.data.adaptation.settings import MAX_PEAKS
from tfmoe.jaspar.matrices import Matrix
from tfmoe.models.conditioned.answer import factor_logits
from tfmoe.models.conditioned.columns import Question
from tfmoe.models.conditioned.evidence import evidence_of_matrices
from tfmoe.models.conditioned.library import KmerLogits, kmer_logits, scored_members
from tfmoe.models.conditioned.scores import MemberScores
from tfmoe.models.device import prepare_torch, resolve_device
from tfmoe.models.prediction import Scores, predict_mixture
from tfmoe.models.seed_scores import SeedScores, score_seed

__all__ = ["Model", "Query", "WindowScores", "load"]


class Model(ModelFiles):
    """A trained mixture: questions about factors, and the scores that answer them."""

    def module(self, name: str | Query, seed: int = 0) -> nn.Module:
        """Return a member or a mixture as a plain torch module.

        It maps one-hot sequences, float32 (B, 4, window), to logits (B, 1), as tangermeme, captum
        and tf-modisco expect them.

        Parameters
        ----------
        name
            ``moe``, a network such as ``pooled`` or ``expert_CTCF``, in the mixture's pool or
            outside of it; or a query, whose answer has no gradients.
        seed
            The training seed; the answer to a query is the mean over all of them.

        Raises
        ------
        InputError
            If there is no network of this name, or no such seed.
        """
        return Answer(self, name) if isinstance(name, Query) else network_module(self, name, seed)

    def query(
        self,
        factor: str | None = None,
        matrix: Pathlike | Sequence[Matrix] | None = None,
        *,
        known_only: bool = True,
    ) -> Query:
        """Gather what is known of a factor.

        Parameters
        ----------
        factor
            Name of the factor, or a synonym.
        matrix
            Matrices of its motif, or a file of them in MEME format; they replace its own ones.
            Without `factor`, the name of the first is the factor's.
        known_only
            Whether a factor has to have an expert, a matrix or a known family.

        Returns
        -------
        Query
            Without arguments, a query that the mixture answers without knowledge of a factor. An
            adapted model answers it, and one about its factor without a matrix, by the adapted
            mixture.

        Raises
        ------
        InputError
            If the name is empty, unknown or ambiguous, if a matrix cannot be used, or if the run
            fitted no conditioned mixture.
        """
        if factor is not None and not factor.strip():
            raise InputError(f"factor: found {factor!r}, expected the name of a factor")
        if matrix is None and (adapted := self._adapted_query(factor)) is not None:
            return adapted
        if factor is None and matrix is None:
            return Query()
        models = self.conditioned
        if models is None:
            raise InputError(
                f"{self.folder}: the run fitted no mixture that knows the factor "
                "(conditioned.fit: false), so it answers only without a factor and a matrix"
            )
        given = given_matrices(matrix)
        name = given[0].name if factor is None else factor
        names = self.names
        own = names.own_expert(name)
        if given:
            tables = models.tables
            evidence = evidence_of_matrices(
                name, own, given, self.manifest.experts, tables.matrices, tables.factors,
                self.window,
            )  # fmt: skip
        else:
            if own is None:
                names.check_known(name, known_only)
            evidence = models.evidence(Question(name, names.family(name), own))
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
        seeds = self._score_networks(codes)
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
            if query.adapted and self.adapted_mixtures is not None:
                scored = _members(codes, seeds, kmers)
                adapted = self.adapted_mixtures.logits(scored, self.conditioned)
                columns |= {
                    f"{ADAPTED_MIXTURE}_seed{seed}": logits.astype(np.float32)
                    for seed, logits in adapted.items()
                }
        logits = np.stack([columns[f"{query.model}_seed{seed}"] for seed in self.seeds], axis=1)
        return WindowScores(logits, columns, members, kinds, {one.seed: one.gate for one in seeds})

    def members(self, windows: Windows) -> dict[int, MemberScores]:
        """Return the scores of windows by all members, by training seed; see `Model.logits`."""
        models = None if self.conditioned is None else self.conditioned.kmers
        return _members(windows, self._score_networks(windows), kmer_logits(models, windows))

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

        Raises
        ------
        ValueError
            If the windows have another length.
        InputError
            If a logit is not finite.
        """
        rows = window_rows(windows)
        if rows.ndim != 2 or rows.shape[1] != self.window:
            raise ValueError(f"windows have shape {rows.shape}, expected (n, {self.window})")
        found = self._logits(windows, query)
        if not np.isfinite(found).all():
            raise InputError(f"{self.folder}: found logits that are not finite; {layout.REMEDY}")
        return found

    def _logits(self, windows: Windows, query: Query) -> Scores:
        compute = windows, self.batch_size, self.device
        if self.conditioned is None or query.evidence is None:
            scored = [predict_mixture(models.mixture, *compute) for models in self.networks]
            return np.stack([one.mixture for one in scored], axis=1)
        if query.adapted and self.adapted_mixtures is not None:
            adapted = self.adapted_mixtures.logits(self.members(windows), self.conditioned)
            return np.stack(list(adapted.values()), axis=1).astype(np.float32)
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
            As for `tfmoe.application.predict.run.PredictOptions`.

        Returns
        -------
        DataFrame
            As `tfmoe.application.predict.run.predict_table` describes it.

        Raises
        ------
        InputError
            As for `Model.query` and `tfmoe.application.predict.run.predict_table`.

        Examples
        --------
        >>> import tfmoe
        >>> model = tfmoe.load("results/demo/model")
        >>> table = model.predict(["ACGT" * 30], factor="CTCF")
        >>> bool(0 < table.loc[0, "probability"] < 1)
        True
        """
        from tfmoe.application.predict.run import PredictOptions, predict_table

        options = PredictOptions(stride, precision, every_column)
        return predict_table(self, self.query(factor, matrix), sequences, options)

    def threshold(self, query: Query, precision: float) -> float:
        """Return the logit from which windows are called bound at a precision on validation data.

        Parameters
        ----------
        query
            The question, from `Model.query`.
        precision
            One of `tfmoe.application.model.thresholds.PRECISIONS`.

        Raises
        ------
        InputError
            If the model has no threshold of this precision, or never reaches it.
        """
        table = read_thresholds(self.folder / layout.THRESHOLDS)
        matrix = query.evidence is not None and bool(query.evidence.matrices)
        factor = query.factor if query.adapted else None
        if factor is None and query.own_expert is not None:
            factor = self.manifest.experts[query.own_expert]
        return find_threshold(table, factor, precision, model=query.model, matrix=matrix)

    def adapt(
        self,
        peaks: Pathlike,
        genome: Pathlike,
        factor: str,
        *,
        matrix: Pathlike | Sequence[Matrix] | None = None,
        blacklist: Pathlike | None = None,
        exclude: Sequence[str] = (),
        max_peaks: int = MAX_PEAKS,
        output: Pathlike | None = None,
    ) -> Model:
        """Adapt the model to a factor by its peaks; the model itself stays as it is.

        Parameters
        ----------
        peaks
            The peak file: narrowPeak, BED or another format that the pipeline reads.
        genome
            The genome, FASTA.
        factor
            Name of the factor.
        matrix
            Matrices of its motif, as for `Model.query`.
        blacklist
            Regions that no window may overlap.
        exclude
            Chromosomes, and files of regions, to leave out, such as those to evaluate on.
        max_peaks
            Number of peaks to use, the strongest.
        output
            Folder to write the adapted model to; by default a temporary one, which ends with the
            adapted model.

        Returns
        -------
        Model
            The adapted model; its `adapted` has the expected AUROC.

        Raises
        ------
        InputError
            As for `tfmoe.application.adapt.run.adapt_model`.

        Examples
        --------
        >>> model = tfmoe.load("results/demo/model")  # doctest: +SKIP
        >>> adapted = model.adapt("yy1.narrowPeak", "hg38.fa", "YY1")  # doctest: +SKIP
        >>> adapted.adapted.auroc  # doctest: +SKIP
        0.93
        """
        # reading of peaks and genomes takes time to import, and only this needs it
        from tfmoe.application.adapt.run import adapt_model
        from tfmoe.data.adaptation.peak_file import PeakSource

        source = PeakSource(factor, peaks, genome, blacklist, exclude)
        return adapt_model(self, source, matrix, max_peaks, output)

    def _score_networks(self, codes: Windows) -> list[SeedScores]:
        return [score_seed(one, codes, self.batch_size, self.device) for one in self.networks]

    def _adapted_query(self, factor: str | None) -> Query | None:
        """Return the query about the factor that the model was adapted to, if it is asked about."""
        adapted, mixtures = self.adapted, self.adapted_mixtures
        if adapted is None or mixtures is None:
            return None
        if factor is not None and not self.names.same(factor, adapted.factor):
            return None
        return Query(adapted.factor, adapted.own_expert, mixtures.evidence, adapted=True)


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
    model = Model(folder, manifest, resolve_device(device), batch_size or manifest.batch_size)
    model.check_listed()
    return model


def _members(
    codes: Windows, seeds: Sequence[SeedScores], kmers: KmerLogits
) -> dict[int, MemberScores]:
    return {one.seed: scored_members(codes, one.columns, one.generalist, kmers) for one in seeds}
