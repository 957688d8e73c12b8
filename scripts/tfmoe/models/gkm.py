"""The baseline ``gkm``: one logistic regression on gapped k-mers per expert.

It represents the gapped k-mer support vector machine (Ghandi et al. 2014, PLoS Comput. Biol.
10:e1003711), and differs from it in the loss. Each regression is fitted on its expert's positives
and stored negatives, and on one draw of shuffles instead of fresh ones in each epoch.

The penalties of the models differ, and with them the spread of their logits. Where logits of
several models are combined, they are standardised by each model's mean and standard deviation on
negatives of the gate split, on which no model is fitted.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load_file, save_file
from scipy.sparse import csr_matrix

from tfmoe.core.dna import Codes
from tfmoe.core.errors import InputError, TrainingError
from tfmoe.core.files import Pathlike, atomic_path, read_json, write_json, write_tsv
from tfmoe.core.seeds import generator
from tfmoe.core.sliding import Windows
from tfmoe.core.vocabulary import Kind, Split
from tfmoe.data.datasets import SequenceSet, concatenate
from tfmoe.data.negatives.dinucleotide_shuffle import dinucleotide_shuffle
from tfmoe.data.negatives.shuffled_positives import draw_turns
from tfmoe.models.augmentation import Examples
from tfmoe.models.gkm_features import count_gapped_kmers, feature_number, score_gapped_kmers
from tfmoe.models.prediction import Scores
from tfmoe.models.training_data import Member, read_member
from tfmoe.models.training_loop import auroc

if TYPE_CHECKING:
    from sklearn.linear_model import LogisticRegression

WEIGHTS = "model.safetensors"
CONFIG = "config.json"
VALIDATION = "validation.tsv"
_TENSORS = ("weights", "intercepts", "location", "scale")
_MOST_ITERATIONS = 1000

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class GkmSettings:
    """The config's section ``gkm``.

    Attributes
    ----------
    fit
        Whether to fit these models.
    length, informative
        As for `tfmoe.models.gkm_features`.
    strengths
        Candidate inverse strengths of the L2 penalty; the one with the highest AUROC on the
        validation split is used.
    pooled_strength
        The strength of models that are trained on several factors.
    most_examples
        Subsample the training examples above this number.
    """

    fit: bool
    length: int
    informative: int
    strengths: Sequence[float]
    pooled_strength: float
    most_examples: int


@dataclass(frozen=True)
class GappedKmerModel:
    """Fitted models, one per expert.

    Attributes
    ----------
    experts
        The names of the n experts.
    length, informative
        Word length and number of informative positions of the features.
    weights
        float32 (n, features).
    intercepts
        float32 (n,).
    location, scale
        float32 (n,): mean and standard deviation of each model's logits on negatives of the gate
        split. The scale of a model with constant logits is 1.
    """

    experts: list[str]
    length: int
    informative: int
    weights: NDArray[np.float32]
    intercepts: NDArray[np.float32]
    location: NDArray[np.float32]
    scale: NDArray[np.float32]

    def select(self, chosen: Sequence[int]) -> GappedKmerModel:
        """Return the models with the given numbers, in their order."""
        chosen = list(chosen)
        return replace(
            self,
            experts=[self.experts[index] for index in chosen],
            weights=self.weights[chosen],
            intercepts=self.intercepts[chosen],
            location=self.location[chosen],
            scale=self.scale[chosen],
        )

    def joined(self, other: GappedKmerModel) -> GappedKmerModel:
        """Return the models of both, which read the same words, to score them in one pass.

        Raises
        ------
        InputError
            If they read other words.
        """
        words = (self.length, self.informative)
        if words != (other.length, other.informative):
            raise InputError(
                f"gapped k-mer models: found words of {other.length} bases with "
                f"{other.informative} informative ones, expected {words[0]} and {words[1]}; "
                "remove their folder and run again"
            )
        return replace(
            self,
            experts=[*self.experts, *other.experts],
            weights=np.concatenate([self.weights, other.weights]),
            intercepts=np.concatenate([self.intercepts, other.intercepts]),
            location=np.concatenate([self.location, other.location]),
            scale=np.concatenate([self.scale, other.scale]),
        )

    def score_all(self, codes: Windows) -> Scores:
        """Return the logits of all models, float32 (N, n), of sequences.

        Both strands count equally in the features, so no averaging over strands is needed. The
        logits of a sequence do not depend on the other sequences.
        """
        found = score_gapped_kmers(codes, self.length, self.informative, self.weights)
        logits: Scores = found + self.intercepts
        return logits

    def standardise(self, logits: Scores) -> Scores:
        """Put logits of all models, (N, n), on one scale: 0 on average on negatives, and SD 1."""
        standardised: Scores = (logits - self.location) / self.scale
        return standardised

    def score(self, codes: Codes, own: str | None) -> Scores:
        """Return logits of the model of expert `own`, or the mean standardised logit if `None`.

        Parameters
        ----------
        codes
            uint8 (N, L).
        own
            One of `experts`, or `None`.

        Returns
        -------
        ndarray
            float32 (N,).
        """
        if own is None:
            mean: Scores = self.standardise(self.score_all(codes)).mean(axis=1)
            return mean
        index = self.experts.index(own)
        weights = self.weights[index : index + 1]
        found = score_gapped_kmers(codes, self.length, self.informative, weights)[:, 0]
        logits: Scores = found + self.intercepts[index]
        return logits


def fit_gkm(
    members: Sequence[Member],
    negatives: Mapping[str, float],
    settings: GkmSettings,
    balance: bool,
    run_seed: int,
    folder: Pathlike,
) -> None:
    """Fit one model per expert and write them.

    Parameters
    ----------
    members
        The experts with their sequences, one each.
    negatives
        Negatives of each kind per positive, as in the config's ``negatives.training``.
    settings
        Settings of the fit.
    balance
        Whether positives and negatives have the same total weight, as in the experts' loss.
    run_seed
        The run's seed.
    folder
        Output folder: ``model.safetensors``, ``config.json`` and ``validation.tsv`` (expert,
        strength, examples, validation_auroc, chosen).

    Raises
    ------
    TrainingError, InputError
        If an expert's train or validation split lacks positives or negatives, or if no expert has
        negatives in the gate split.
    """
    rows: list[dict[str, Any]] = []
    weights, intercepts = [], []
    for member in members:
        found = _fit_member(member, negatives, settings, balance, run_seed, rows)
        weights.append(found[:-1])
        intercepts.append(found[-1])
    fitted = GappedKmerModel(
        experts=[member.name for member in members],
        length=settings.length,
        informative=settings.informative,
        weights=np.stack(weights),
        intercepts=np.array(intercepts, dtype=np.float32),
        location=np.zeros(len(members), dtype=np.float32),
        scale=np.ones(len(members), dtype=np.float32),
    )
    location, scale = _location_and_scale(fitted.score_all(_gate_negatives(members)))
    fitted = replace(fitted, location=location, scale=scale)
    tensors = {name: getattr(fitted, name) for name in _TENSORS}
    with atomic_path(Path(folder) / WEIGHTS) as temporary:
        save_file(tensors, temporary)
    config = {name: getattr(fitted, name) for name in ("experts", "length", "informative")}
    write_json(config, Path(folder) / CONFIG)
    write_tsv(pd.DataFrame(rows), Path(folder) / VALIDATION)


def fit_regression(
    counts: csr_matrix, labels: NDArray[np.float32], strength: float, balance: bool
) -> LogisticRegression:
    """Fit a logistic regression to counts (N, features) and labels (N,).

    `strength` is the inverse strength of the L2 penalty. With `balance`, both classes have the same
    total weight.
    """
    from sklearn.linear_model import LogisticRegression

    return LogisticRegression(
        C=strength, class_weight="balanced" if balance else None, max_iter=_MOST_ITERATIONS
    ).fit(counts, labels)


def load_gkm(folder: Pathlike) -> GappedKmerModel:
    """Load the models written by `fit_gkm`.

    Raises
    ------
    InputError
        If a file is missing or damaged, or if the two do not belong together.
    """
    path = Path(folder) / WEIGHTS
    config = read_json(Path(folder) / CONFIG, "remove its folder")
    try:
        tensors = load_file(path)
    except (SafetensorError, OSError) as error:
        raise InputError(
            f"{path}: the checkpoint is missing or damaged ({error}); remove its folder and run "
            "again"
        ) from None
    try:
        number = len(list(config["experts"]))
        features = feature_number(config["length"], config["informative"])
    except (KeyError, TypeError, ValueError) as error:
        raise InputError(
            f"{Path(folder) / CONFIG}: found other content than that of gapped k-mers ({error}); "
            "remove its folder and run again"
        ) from None
    for name, shape in {
        **dict.fromkeys(_TENSORS, (number,)),
        "weights": (number, features),
    }.items():
        if name not in tensors:
            raise InputError(
                f"{path}: found no {name}, an older version wrote it; remove its folder and run "
                "again"
            )
        if tensors[name].shape != shape:
            raise InputError(
                f"{path}: found {name} of shape {tensors[name].shape}, expected {shape} "
                f"according to {CONFIG}; remove its folder and run again"
            )
    return GappedKmerModel(
        experts=config["experts"],
        length=config["length"],
        informative=config["informative"],
        **{name: tensors[name] for name in _TENSORS},
    )


def _fit_member(
    member: Member,
    negatives: Mapping[str, float],
    settings: GkmSettings,
    balance: bool,
    run_seed: int,
    rows: list[dict[str, Any]],
) -> NDArray[np.float32]:
    """Return an expert's weights and, last, its intercept; append each candidate to `rows`."""
    label = f"gkm {member.name}"
    train, validation = _member_examples(member, negatives, settings, run_seed, label)
    counts, validation_counts = (
        count_gapped_kmers(part.codes, settings.length, settings.informative)
        for part in (train, validation)
    )
    best: tuple[float, NDArray[np.float32]] | None = None
    for strength in settings.strengths:
        regression = fit_regression(counts, train.labels, strength, balance)
        found = auroc(regression.decision_function(validation_counts), validation.labels)
        keys = {"expert": member.name, "strength": strength, "examples": len(train.labels)}
        rows.append({**keys, "validation_auroc": found, "chosen": False})
        if best is None or found > best[0]:
            fitted = np.append(regression.coef_[0], regression.intercept_[0])
            best, chosen = (found, fitted.astype(np.float32)), rows[-1]
    if best is None:
        raise ValueError("gkm.strengths: the list is empty, expected at least one number")
    chosen["chosen"] = True
    logger.info("%s: validation AUROC %.4f at strength %g", label, best[0], chosen["strength"])
    return best[1]


def _member_examples(
    member: Member,
    negatives: Mapping[str, float],
    settings: GkmSettings,
    run_seed: int,
    label: str,
) -> tuple[Examples, Examples]:
    """Read an expert's examples of the train and the validation split, each with both classes."""
    kinds = [Kind.PEAK, *(kind for kind, share in negatives.items() if share > 0)]
    data = read_member(member, (Split.TRAIN, Split.VALIDATION), kinds, None, label)
    rng = generator(run_seed, "gkm", member.name)
    shuffles = negatives.get(Kind.DINUCLEOTIDE, 0.0)
    train = _training_examples(data, shuffles, settings.most_examples, rng)
    chosen = data.select((data.table["split"] == Split.VALIDATION).to_numpy())
    validation = Examples(chosen.windows, chosen.labels)
    for split, part in ((Split.TRAIN, train), (Split.VALIDATION, validation)):
        if len(set(part.labels.tolist())) < 2:
            raise TrainingError(
                f"{label}: the {split} split has no positives or no negatives, expected both; "
                "change the section `splits`, or negatives.training"
            )
    return train, validation


def _training_examples(
    data: SequenceSet, shuffles: float, most: int, rng: np.random.Generator
) -> Examples:
    """Gather the train split's windows and shuffles of its positives; subsample above `most`."""
    train = data.select(
        (
            (data.table["split"] == Split.TRAIN) & (data.table["kind"] != Kind.DINUCLEOTIDE)
        ).to_numpy()
    )
    positives = np.ascontiguousarray(train.windows[train.labels > 0.5])
    drawn = draw_turns(len(positives), round(len(positives) * shuffles), rng)
    codes = np.concatenate([train.windows, dinucleotide_shuffle(positives[drawn], rng)])
    labels = np.concatenate([train.labels, np.zeros(len(drawn), dtype=np.float32)])
    if len(codes) > most:
        kept = np.sort(rng.choice(len(codes), most, replace=False))
        codes, labels = codes[kept], labels[kept]
    return Examples(codes, labels)


def _gate_negatives(members: Sequence[Member]) -> Codes:
    """Read the windows of all experts' negatives in the gate split, shuffles only if need be.

    Peaks of other factors are left out, because some models are fitted to recognise them.
    """
    kinds = [kind for kind in Kind if kind not in (Kind.PEAK, Kind.OTHER_FACTOR)]
    parts = [read_member(member, [Split.GATE], kinds, None, "gkm") for member in members]
    data = concatenate(parts)
    natural = (data.table["kind"] != Kind.DINUCLEOTIDE).to_numpy()
    if natural.any():
        data = data.select(natural)
    if len(data) == 0:
        raise TrainingError(
            "gkm: the gate split has no negatives, expected some, on which the models are put on "
            "one scale; change the section `splits`, or negatives.training"
        )
    return np.ascontiguousarray(data.windows)


def _location_and_scale(logits: Scores) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return mean and standard deviation, float32 (n,), of logits (N, n); 1 if they are equal."""
    location = logits.mean(axis=0, dtype=np.float64)
    scale = logits.std(axis=0, dtype=np.float64)
    # logits that differ by no more than rounding errors are equal
    noise = np.finfo(np.float32).eps * np.abs(logits).max(axis=0)
    scale = np.where(scale > noise, scale, 1.0)
    return location.astype(np.float32), scale.astype(np.float32)
