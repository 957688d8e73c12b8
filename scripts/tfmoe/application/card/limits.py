"""Limits of a model in sentences, and the licences of its parts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tfmoe.core.text import list_words, plural
from tfmoe.core.vocabulary import Role
from tfmoe.data.description import describe_quick

OPTIMISTIC = (
    "Adding the scores of networks, k-mers and matrix with equal weights was found to help on the "
    "unseen factors of `config/yeast` and `config/chr22`. Their numbers for it are optimistic."
)
LICENCES = (
    "Code: MIT.",
    "Matrices of JASPAR: CC BY 4.0; cite JASPAR (https://jaspar.elixir.no).",
    "Peaks and genome: the licences of their sources, listed above. The weights were trained on "
    "them.",
    "modisco-lite and leidenalg (GPL-3) find motifs in the pipeline; using the model does not need "
    "them.",
)
_MANY = 6


def limits(
    config: Mapping[str, Any],
    experiments: Mapping[str, Mapping[str, str]],
    thresholds: Sequence[Mapping[str, Any]],
) -> list[str]:
    """Return one text per limit of a model.

    Parameters
    ----------
    config
        The validated config.
    experiments
        The experiment table, by name.
    thresholds
        Rows of the table of thresholds, from which the balance of the validation split is read.
    """
    lines = [_species(config, experiments), _window(config), _probability(thresholds)]
    lines.append(
        "The precision of a threshold was measured on validation windows, where negatives are few "
        "and resemble the positives in composition. In a scan of a genome, more calls are false."
    )
    if config["genome"] is None:
        lines.append(
            "The training sequences were supplied without coordinates. Unless their negatives come "
            "from a genome, the scores of genomic windows are untested."
        )
    lines += _of_factors(config)
    lines += describe_quick(config)
    seeds = config["training"]["seeds"]
    if seeds == 1:
        lines.append("The model has one training seed, so it shows no spread between trainings.")
    return lines


def _species(config: Mapping[str, Any], experiments: Mapping[str, Mapping[str, str]]) -> str:
    if config["simulation"] is not None:
        return (
            "The genome and the peaks are simulated. The model is for trying out the program and "
            "knows nothing about real binding."
        )
    trained = [row for row in experiments.values() if row["role"] == Role.TRAIN]
    cells = sorted({row["biosample"] for row in trained})
    shown = list_words(cells) if len(cells) <= _MANY else plural(len(cells), "biosample")
    assembly = "" if config["genome"] is None else f" of {config['genome']['assembly']}"
    return (
        f"The model was trained on peaks{assembly} from {shown}. It reads the sequence only: it "
        "does not know in which cells chromatin is open, and other species, cells and treatments "
        "are untested unless the table of metrics lists them."
    )


def _window(config: Mapping[str, Any]) -> str:
    length = config["windows"]["length"]
    return (
        f"A score is for a window of {length} bases, in training centred on the summit of a peak. "
        "Sequence outside of the window has no effect."
    )


def _probability(thresholds: Sequence[Mapping[str, Any]]) -> str:
    shares = [row["prevalence"] for row in thresholds if row["balance"] == "validation"]
    ratios = [(1 - share) / share for share in shares if share]
    number = f" ({min(ratios):.2g} to {max(ratios):.2g})" if ratios else ""
    if ratios and f"{min(ratios):.2g}" == f"{max(ratios):.2g}":
        number = f" ({min(ratios):.2g})"
    return (
        "A probability is calibrated at the balance of the sequences that the model was fitted on, "
        f"with a few negatives per positive{number}. It is not the probability that a site of the "
        "genome is bound, where negatives are far more common."
    )


def _of_factors(config: Mapping[str, Any]) -> list[str]:
    if not config["conditioned"]["fit"]:
        return ["The model was fitted without a mixture that knows which factor it is asked about."]
    lines = [
        "Unseen factors differ in how well they are predicted. A factor without a matrix is scored "
        "by networks and k-mers only, calibrated separately; a matrix of its motif usually helps."
    ]
    return lines if config["simulation"] is not None else [*lines, OPTIMISTIC]
