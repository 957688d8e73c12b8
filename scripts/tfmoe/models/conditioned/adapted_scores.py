"""Scores of an unseen factor's test windows by models that learned from a few of its peaks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import torch

from tfmoe.core.dna import Codes
from tfmoe.core.errors import InputError
from tfmoe.core.files import Pathlike, read_parquet, write_parquet, write_tsv
from tfmoe.core.seeds import derive_seed, generator
from tfmoe.core.vocabulary import (
    ADAPTED,
    ALL_PEAKS,
    CONDITIONED,
    FINE_TUNED,
    GKM,
    PWM,
    SCRATCH,
    Split,
)
from tfmoe.data.adaptation.stored_sets import AdaptationSet, read_sets
from tfmoe.data.datasets import read_sequences
from tfmoe.models.conditioned.adaptation import adapt, held_out_logits, prior_covariance
from tfmoe.models.conditioned.columns import (
    ConditionedFiles,
    ConditionedModels,
    Question,
)
from tfmoe.models.conditioned.evidence import Evidence
from tfmoe.models.conditioned.folds import overlap_groups
from tfmoe.models.conditioned.library import kmer_logits, network_logits, scored_members
from tfmoe.models.conditioned.scored_library import MatrixBank, build_library
from tfmoe.models.conditioned.scores import Floats, MemberScores
from tfmoe.models.device import Compute, prepare_torch, resolve_device
from tfmoe.models.few_peaks import FineTuneSettings, fine_tune_pooled, fit_gkm_from_scratch
from tfmoe.models.prediction import Scores, predict
from tfmoe.models.seed_scores import SeedCheckpoints

HEAD = ("name", "chrom", "start", "end", "label", "kind", "split", "overlaps_training_peak")
HELD_OUT_COLUMNS = ("experiment", "draw", "peaks", "name", "label", "logit")


@dataclass(frozen=True)
class FewPeaksSettings:
    """Settings of the models that learn from few peaks.

    Attributes
    ----------
    draws
        Number of draws.
    length, informative
        As for `tfmoe.models.gkm_features`.
    strengths
        Candidate strengths of the gapped k-mer models from scratch.
    fine_tune
        Settings of the pooled network that trains on.
    """

    draws: int
    length: int
    informative: int
    strengths: Sequence[float]
    fine_tune: FineTuneSettings


@dataclass(frozen=True)
class AdaptedFiles:
    """Input and output files of one experiment.

    Attributes
    ----------
    sequences
        ``sequences/<x>.parquet``, whose split test is scored.
    sets
        ``sequences/adaptation/<x>.parquet``.
    predictions
        ``predictions/<x>.parquet``, from which the rows and the reference models are copied.
    output
        One row per test window: the first columns of `predictions`, ``moe_adapted_<k>_seed<d>``,
        ``gkm_from_scratch_<k>_seed<d>`` and ``fine_tuned_<k>_seed<d>`` for each number of peaks k
        (or ``all``) and draw d, and ``moe_conditioned_seed<d>``, ``gkm`` and ``pwm``.
    held_out
        `HELD_OUT_COLUMNS`: for each set the logit of each of its windows, by a mixture that was
        adapted without it and the windows that overlap it.
    """

    sequences: Pathlike
    sets: Pathlike
    predictions: Pathlike
    output: Pathlike
    held_out: Pathlike


def score_adapted(
    experiment: str,
    files: AdaptedFiles,
    question: Question,
    checkpoints: Sequence[SeedCheckpoints],
    conditioned: ConditionedFiles,
    settings: FewPeaksSettings,
    compute: Compute,
    run_seed: int,
) -> None:
    """Adapt the mixture and its rivals to each set of peaks, and score the test windows.

    Draw d uses the networks of training seed d modulo the number of seeds. Models of all peaks are
    fitted once, with those of the first seed, and have the same scores in each draw.

    Parameters
    ----------
    experiment
        Name of the experiment.
    files
        Its files.
    question
        Its factor.
    checkpoints
        Networks of all training seeds.
    conditioned
        Files of the conditioned mixture.
    settings
        Number of draws, and settings of the rivals.
    compute
        Device, threads, batch size.
    run_seed
        The run's seed.
    """
    prepare_torch(compute.threads)
    sets = read_sets(files.sets)
    test = read_sequences(files.sequences, splits=[Split.TEST])
    table = read_parquet(files.predictions)
    table = table[table["split"] == Split.TEST].reset_index(drop=True)
    if table["name"].tolist() != test.table["name"].tolist():
        raise InputError(
            f"{files.predictions}: found other test windows than in {files.sequences}; remove it "
            "and run again"
        )
    models = ConditionedModels.load(conditioned)
    codes = np.ascontiguousarray(test.windows)
    evidence = models.evidence(question)
    adapter = _Adapter(
        experiment, codes, models, evidence,
        MatrixBank.without(evidence, models.tables.matrices, models.background.codes),
        settings, compute, resolve_device(compute.device), run_seed,
    )  # fmt: skip
    columns: dict[str, Scores] = {}
    held_out = []
    whole: dict[str, Scores] = {}
    for draw in range(settings.draws if sets else 0):
        found = checkpoints[draw % len(checkpoints)]
        scores, tables = adapter.score_draw(draw, [one for one in sets if one.draw == draw], found)
        # the set of all peaks belongs to the first draw; its scores are repeated for the others
        columns |= {f"{model}_seed{draw}": values for model, values in whole.items()} | scores
        if draw == 0:
            whole = {
                name.removesuffix("_seed0"): values
                for name, values in scores.items()
                if name.endswith(f"{ALL_PEAKS}_seed0")
            }
        columns[f"{CONDITIONED}_seed{draw}"] = table[f"{CONDITIONED}_seed{found.seed}"].to_numpy()
        held_out += tables
    references = [name for name in (GKM, PWM) if name in table]
    written = [table[[*HEAD, *references]], pd.DataFrame(columns)]
    write_parquet(pd.concat(written, axis=1), files.output)
    empty = pd.DataFrame(columns=list(HELD_OUT_COLUMNS))
    write_tsv(pd.concat(held_out, ignore_index=True) if held_out else empty, files.held_out)


@dataclass(frozen=True)
class _Adapter:
    """The library of one experiment's factor, and its test windows."""

    experiment: str
    codes: Codes
    models: ConditionedModels
    evidence: Evidence
    bank: MatrixBank
    settings: FewPeaksSettings
    compute: Compute
    device: torch.device
    run_seed: int

    def score_draw(
        self, draw: int, sets: Sequence[AdaptationSet], checkpoints: SeedCheckpoints
    ) -> tuple[dict[str, Scores], list[pd.DataFrame]]:
        """Score the test windows by the models of all sets of a draw."""
        parts = [self.codes, *(one.sequences.windows for one in sets)]
        bounds = np.cumsum([0, *map(len, parts)])
        library = build_library(
            self._members(np.ascontiguousarray(np.concatenate(parts)), checkpoints),
            self.models.reference(checkpoints.seed),
            self.models.mixture,
            self.evidence,
            self.bank,
            (self.settings.length, self.settings.informative),
        )
        test = library.select(np.arange(len(self.codes)))
        columns: dict[str, Scores] = {}
        held_out = []
        for one, start, end in zip(sets, bounds[1:], bounds[2:], strict=False):
            label = ALL_PEAKS if one.all_peaks else str(one.peaks)
            own, labels = library.select(np.arange(start, end)), one.sequences.labels > 0.5
            suffix = f"{label}_seed{draw}"
            kernel = prior_covariance(own)
            adapted = adapt(own, labels, kernel)
            columns[ADAPTED + suffix] = adapted.logits(test).astype(np.float32)
            rng = generator(self.run_seed, "adaptation", "folds", self.experiment, draw, label)
            groups = overlap_groups(one.sequences.table, one.sequences.windows.shape[1])
            logits = held_out_logits(own, labels, groups, rng, kernel)
            held_out.append(self._held_out(draw, label, one, logits))
            columns |= self._rivals(draw, label, one, checkpoints)
        return columns, held_out

    def _rivals(
        self, draw: int, label: str, one: AdaptationSet, checkpoints: SeedCheckpoints
    ) -> dict[str, Scores]:
        """Score by gapped k-mers from scratch and by a pooled network that trains on."""
        codes, labels = np.ascontiguousarray(one.sequences.windows), one.sequences.labels
        suffix = f"{label}_seed{draw}"
        rng = generator(self.run_seed, "adaptation", "from_scratch", self.experiment, draw, label)
        kmer = (self.settings.length, self.settings.informative)
        scratch = fit_gkm_from_scratch(codes, labels, *kmer, self.settings.strengths, rng)
        columns = {SCRATCH + suffix: scratch.score(self.codes)}
        if checkpoints.pooled:
            seed = derive_seed(
                self.run_seed, "adaptation", "fine_tune", self.experiment, draw, label
            )
            sequences = one.sequences
            network = fine_tune_pooled(
                checkpoints.pooled[0], sequences.codes, labels, self.settings.fine_tune, seed,
                self.compute, sequences.flank,
            )  # fmt: skip
            columns[FINE_TUNED + suffix] = predict(
                network, self.codes, self.compute.batch_size, self.device
            )
        return columns

    def _members(self, codes: Codes, checkpoints: SeedCheckpoints) -> MemberScores:
        recipe = checkpoints.recipes[0]

        def score(path: Path) -> Scores:
            found = network_logits(path, codes, self.compute.batch_size, self.device)
            return found.astype(np.float32)

        logits = {name: score(path) for name, path in recipe.pool.items()}
        experts = recipe.models.experts
        pooled = [logits[name] for name in recipe.pool if name not in experts]
        pooled = pooled or [score(path) for path in checkpoints.pooled[:1]]
        columns = {model: logits[name] for name, model in experts.items()}
        generalist = np.mean(pooled or list(columns.values()), axis=0)
        kmers = kmer_logits(self.models.kmers, codes)
        return scored_members(codes, columns, generalist, kmers)

    def _held_out(self, draw: int, label: str, one: AdaptationSet, logits: Floats) -> pd.DataFrame:
        found = one.sequences.table[["name", "label"]].copy()
        found.insert(0, "experiment", self.experiment)
        found.insert(1, "draw", draw)
        found.insert(2, "peaks", label)
        return found.assign(logit=logits)
