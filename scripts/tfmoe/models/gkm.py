"""The baseline ``gkm``: a logistic regression on gapped k-mers for each expert's examples.

It stands for the gapped k-mer support vector machine (Ghandi et al. 2014, PLoS Comput. Biol.
10:e1003711), from which it differs in its loss. It sees what an expert sees: the same positives and
stored negatives, and a shuffle in place of one made afresh each epoch.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load_file, save_file

from tfmoe.core.dna import Codes
from tfmoe.core.errors import InputError, TrainingError
from tfmoe.core.files import Pathlike, atomic_path, read_json, write_json, write_tsv
from tfmoe.core.seeds import generator
from tfmoe.data.datasets import SequenceSet
from tfmoe.data.negatives.dinucleotide_shuffle import dinucleotide_shuffle
from tfmoe.data.negatives.shuffled_positives import KIND as SHUFFLE
from tfmoe.data.negatives.shuffled_positives import draw_turns
from tfmoe.models.augmentation import Examples
from tfmoe.models.gkm_features import count_gapped_kmers, feature_number
from tfmoe.models.prediction import Scores
from tfmoe.models.training import Member, read_member
from tfmoe.models.training_loop import auroc

WEIGHTS = "model.safetensors"
CONFIG = "config.json"
VALIDATION = "validation.tsv"
_MOST_ITERATIONS = 1000

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class GkmSettings:
    """The config's section ``gkm``.

    Attributes
    ----------
    fit
        Whether there is such a model.
    length, informative
        As in `tfmoe.models.gkm_features`.
    strengths
        Inverse strengths of the L2 penalty to choose from, by the AUROC on the validation split.
    most_examples
        Of more examples, so many are drawn at random.
    """

    fit: bool
    length: int
    informative: int
    strengths: Sequence[float]
    most_examples: int


@dataclass(frozen=True)
class GappedKmerModel:
    """Fitted models, one an expert.

    Attributes
    ----------
    experts
        The names of the n experts.
    length, informative
        What was counted.
    weights
        float32 (n, features).
    intercepts
        float32 (n,).
    """

    experts: list[str]
    length: int
    informative: int
    weights: NDArray[np.float32]
    intercepts: NDArray[np.float32]

    def score(self, codes: Codes, own: str | None) -> Scores:
        """Return logits float32 (N,): of the model of expert `own`, or, if `None`, the mean of all.

        Both strands count alike, so there is nothing to average over strands.
        """
        counts = count_gapped_kmers(codes, self.length, self.informative)
        chosen = slice(None) if own is None else [self.experts.index(own)]
        logits = counts @ self.weights[chosen].T + self.intercepts[chosen]
        mean: Scores = logits.mean(axis=1).astype(np.float32)
        return mean


def fit_gkm(
    members: Sequence[Member],
    negatives: Mapping[str, float],
    settings: GkmSettings,
    balance: bool,
    run_seed: int,
    folder: Pathlike,
) -> None:
    """Fit a model for each expert and write them.

    Parameters
    ----------
    members
        One an expert, with its sequences.
    negatives
        Negatives of each kind a positive, as the config's ``negatives.training``.
    settings
        How to fit.
    balance
        Whether positives and negatives weigh the same, as in the experts' loss.
    run_seed
        The run's seed.
    folder
        Where ``model.safetensors``, ``config.json`` and ``validation.tsv`` (expert, strength,
        examples, validation_auroc, chosen) are written.

    Raises
    ------
    TrainingError, InputError
        If an expert's train or validation split lacks positives or negatives.
    """
    rows: list[dict[str, Any]] = []
    weights, intercepts = [], []
    for member in members:
        found = _fit_member(member, negatives, settings, balance, run_seed, rows)
        weights.append(found[:-1])
        intercepts.append(found[-1])
    names = [member.name for member in members]
    tensors = {"weights": np.stack(weights), "intercepts": np.array(intercepts, dtype=np.float32)}
    with atomic_path(Path(folder) / WEIGHTS) as temporary:
        save_file(tensors, temporary)
    config = {"experts": names, "length": settings.length, "informative": settings.informative}
    write_json(config, Path(folder) / CONFIG)
    write_tsv(pd.DataFrame(rows), Path(folder) / VALIDATION)


def load_gkm(folder: Pathlike) -> GappedKmerModel:
    """Load what `fit_gkm` wrote.

    Raises
    ------
    InputError
        If a file is missing, damaged, or does not belong to the other.
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
    shape = (len(config["experts"]), feature_number(config["length"], config["informative"]))
    if tensors["weights"].shape != shape:
        raise InputError(
            f"{path}: found weights of shape {tensors['weights'].shape}, expected {shape} by "
            f"{CONFIG}; remove its folder and run again"
        )
    return GappedKmerModel(
        experts=config["experts"],
        length=config["length"],
        informative=config["informative"],
        weights=tensors["weights"],
        intercepts=tensors["intercepts"],
    )


def _fit_member(
    member: Member,
    negatives: Mapping[str, float],
    settings: GkmSettings,
    balance: bool,
    run_seed: int,
    rows: list[dict[str, Any]],
) -> NDArray[np.float32]:
    """Return an expert's weights and, last, intercept; add what it was chosen by to `rows`."""
    from sklearn.linear_model import LogisticRegression

    place = f"gkm {member.name}"
    kinds = ["peak", *(kind for kind, share in negatives.items() if share > 0)]
    data = read_member(member, ("train", "validation"), kinds, None, place)
    rng = generator(run_seed, "gkm", member.name)
    train = _training_examples(data, negatives.get(SHUFFLE, 0.0), settings.most_examples, rng)
    judged = data.select((data.table["split"] == "validation").to_numpy())
    validation = Examples(judged.windows, judged.labels)
    for split, part in (("train", train), ("validation", validation)):
        if len(set(part.labels.tolist())) < 2:
            raise TrainingError(
                f"{place}: the {split} split has no positives or no negatives, and both are "
                "needed; change the section `splits`, or negatives.training"
            )
    counts, others = (
        count_gapped_kmers(part.codes, settings.length, settings.informative)
        for part in (train, validation)
    )
    best: tuple[float, NDArray[np.float32]] | None = None
    for strength in settings.strengths:
        regression = LogisticRegression(
            C=strength,
            class_weight="balanced" if balance else None,
            max_iter=_MOST_ITERATIONS,
        ).fit(counts, train.labels)
        found = auroc(regression.decision_function(others), validation.labels)
        keys = {"expert": member.name, "strength": strength, "examples": len(train.labels)}
        rows.append({**keys, "validation_auroc": found, "chosen": False})
        if best is None or found > best[0]:
            fitted = np.append(regression.coef_[0], regression.intercept_[0])
            best, chosen = (found, fitted.astype(np.float32)), rows[-1]
    if best is None:
        raise ValueError("gkm.strengths: found none")
    chosen["chosen"] = True
    logger.info("%s: validation AUROC %.4f at strength %g", place, best[0], chosen["strength"])
    return best[1]


def _training_examples(
    data: SequenceSet, shuffles: float, most: int, rng: np.random.Generator
) -> Examples:
    """Gather the train split's windows and shuffles of its positives; of too many, draw some."""
    train = data.select(
        ((data.table["split"] == "train") & (data.table["kind"] != SHUFFLE)).to_numpy()
    )
    positives = np.ascontiguousarray(train.windows[train.labels > 0.5])
    drawn = draw_turns(len(positives), round(len(positives) * shuffles), rng)
    codes = np.concatenate([train.windows, dinucleotide_shuffle(positives[drawn], rng)])
    labels = np.concatenate([train.labels, np.zeros(len(drawn), dtype=np.float32)])
    if len(codes) > most:
        kept = np.sort(rng.choice(len(codes), most, replace=False))
        codes, labels = codes[kept], labels[kept]
    return Examples(codes, labels)
