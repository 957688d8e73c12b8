"""Files of a model that was adapted to a factor, in the folder ``adaptation`` of the model.

``windows.parquet`` has the windows that it was fitted to, with their labels and the logits of
mixtures that were fitted without them; ``config.json`` has all that was known of the factor;
``seed<k>.safetensors`` has the coefficients of a training seed. Nothing is ever unpickled.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load_file, save_file

from tfmoe.core.errors import InputError
from tfmoe.core.field_types import make_record
from tfmoe.core.files import atomic_path, read_json, write_json
from tfmoe.data.datasets import SequenceSet, write_sequences
from tfmoe.jaspar.matrices import Matrix
from tfmoe.models.conditioned.adaptation import KMER_VARIANCE, VARIANCES, AdaptedMixture
from tfmoe.models.conditioned.adapted_mixtures import AdaptedMixtures, FittedMixtures
from tfmoe.models.conditioned.columns import ConditionedModels
from tfmoe.models.conditioned.evidence import Evidence
from tfmoe.models.conditioned.scored_library import MatrixBank
from tfmoe.models.gkm_features import feature_number

CONFIG, WINDOWS = "config.json", "windows.parquet"
HELD_OUT = "held_out_logit"
"""Column of the windows: mean logit over the training seeds of mixtures fitted without them."""
INTERCEPT, KMERS, BLOCK = "intercept", "kmers", "block_"
_REMEDY = "adapt the model again"


@dataclass(frozen=True)
class Adapted:
    """The factor that a model was adapted to, with the expected AUROC.

    Attributes
    ----------
    factor
        Its name.
    own_expert
        The expert of the factor in the model that was adapted, or `None`.
    peaks, negatives
        Numbers of windows.
    auroc, low, high
        AUROC of the held-out logits, and its interval, which is `None` if the classes do not
        overlap.
    level
        What the interval covers.
    """

    factor: str
    own_expert: str | None
    peaks: int
    negatives: int
    auroc: float
    low: float | None
    high: float | None
    level: float


def check_adapted(content: Mapping[str, Any], path: Path) -> Adapted:
    """Return the entry of a manifest.

    Raises
    ------
    InputError
        As for `tfmoe.core.field_types.make_record`.
    """
    return make_record(Adapted, content, f"{path}: adapted", _REMEDY)


def write_adaptation(fitted: FittedMixtures, sequences: SequenceSet, folder: Path) -> None:
    """Write the files of an adaptation.

    Parameters
    ----------
    fitted
        The adapted mixtures.
    sequences
        The windows that they were fitted to.
    folder
        The folder ``adaptation``, which is created.
    """
    folder.mkdir(parents=True)
    table = sequences.table.assign(**{HELD_OUT: fitted.held_out})
    write_sequences(SequenceSet(table, sequences.codes, sequences.flank), folder / WINDOWS)
    mixtures = fitted.mixtures
    evidence = mixtures.evidence
    content = {
        "evidence": {
            **asdict(evidence),
            "matrices": [_matrix_entry(matrix) for matrix in evidence.matrices],
            "specialists": dict(evidence.specialists),
        },
        "kmer": list(mixtures.kmer),
        "bank": list(mixtures.bank.names),
        # for readers; logits do not depend on them
        "prior_variances": {**VARIANCES, "kmers": KMER_VARIANCE},
    }
    write_json(content, folder / CONFIG)
    for seed, adapted in mixtures.by_seed.items():
        tensors = {INTERCEPT: np.array([adapted.intercept]), KMERS: adapted.kmers}
        tensors |= {BLOCK + name: values for name, values in adapted.blocks.items()}
        with atomic_path(_weights(folder, seed)) as temporary:
            save_file({name: np.ascontiguousarray(v) for name, v in tensors.items()}, temporary)


def read_adaptation(
    folder: Path, seeds: tuple[int, ...], models: ConditionedModels
) -> AdaptedMixtures:
    """Read the mixtures that `write_adaptation` wrote.

    Parameters
    ----------
    folder
        The folder ``adaptation``.
    seeds
        The training seeds.
    models
        The conditioned mixture of the model.

    Raises
    ------
    InputError
        If a file is missing or damaged, or does not fit the model.
    """
    path = folder / CONFIG
    content = read_json(path, _REMEDY)
    try:
        entry = dict(content["evidence"])
        matrices = tuple(_read_matrix(one) for one in entry["matrices"])
        evidence = Evidence(**{**entry, "matrices": matrices})
        length, informative = content["kmer"]
        feature_number(length, informative)  # checks them
        names = tuple(content["bank"])
    except (KeyError, TypeError, ValueError) as error:
        raise InputError(
            f"{path}: found other content than an adaptation ({error!r}); {_REMEDY}"
        ) from None
    bank = MatrixBank.without(evidence, models.tables.matrices, models.background.codes)
    if bank.names != names:
        raise InputError(f"{path}: found other matrices than those of the model; {_REMEDY}")
    by_seed = {seed: _read_mixture(_weights(folder, seed)) for seed in seeds}
    return AdaptedMixtures(evidence, by_seed, (length, informative), bank)


def adaptation_files(folder: Path, seeds: tuple[int, ...]) -> list[Path]:
    """Return the files that `read_adaptation` reads."""
    return [folder / CONFIG, *(_weights(folder, seed) for seed in seeds)]


def _weights(folder: Path, seed: int) -> Path:
    return folder / f"seed{seed}.safetensors"


def _read_mixture(path: Path) -> AdaptedMixture:
    try:
        tensors = load_file(path)
        blocks = {
            name.removeprefix(BLOCK): values
            for name, values in tensors.items()
            if name.startswith(BLOCK)
        }
        return AdaptedMixture(float(tensors[INTERCEPT][0]), blocks, tensors[KMERS])
    except (SafetensorError, OSError, KeyError, IndexError) as error:
        raise InputError(f"{path}: the coefficients cannot be read ({error}); {_REMEDY}") from None


def _matrix_entry(matrix: Matrix) -> dict[str, Any]:
    return {**asdict(matrix), "probabilities": matrix.probabilities.tolist()}


def _read_matrix(entry: Mapping[str, Any]) -> Matrix:
    return Matrix(**{**entry, "probabilities": np.array(entry["probabilities"], dtype=np.float64)})


def finite(value: float) -> float | None:
    """Return a number as JSON has it: `None` if it is not finite."""
    return value if math.isfinite(value) else None
