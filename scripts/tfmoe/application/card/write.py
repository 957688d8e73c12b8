"""The card of a model: its training data, its metrics, its thresholds, its limits and licences.

``card.json`` is for programs, ``card.md`` for people. Both have the same numbers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from tfmoe import __version__
from tfmoe.application.card.expectation import expectation_sentences
from tfmoe.application.card.limits import LICENCES, limits
from tfmoe.application.card.metric_rows import read_metrics, records, training_factors
from tfmoe.application.card.read import FORMAT, KIND
from tfmoe.application.card.text import card_parts, markdown
from tfmoe.application.model.folder import CARD, CARD_DATA, THRESHOLDS
from tfmoe.application.model.thresholds import make_thresholds
from tfmoe.core.environment import describe_environment, job_versions
from tfmoe.core.files import Pathlike, read_parquet, read_tsv, write_json, write_text, write_tsv
from tfmoe.core.relations import experts_of
from tfmoe.core.vocabulary import Split
from tfmoe.data.description import describe_negatives, describe_splits

_SHA256 = 64


@dataclass(frozen=True)
class CardFiles:
    """Files that the card is made of.

    Attributes
    ----------
    metrics
        ``evaluation/metrics.tsv``.
    expected, left_out
        ``evaluation/expected.tsv`` and ``moe/conditioned/left_out_scores.parquet``; `None` in a run
        without conditioned mixture.
    predictions, sequences
        ``predictions/<x>.parquet`` and ``sequences/<x>.parquet`` of the training experiments.
    chromosomes
        ``genome/chromosomes.tsv``; `None` in a run on ready sequences.
    """

    metrics: Pathlike
    expected: Pathlike | None
    left_out: Pathlike | None
    predictions: Sequence[Pathlike]
    sequences: Sequence[Pathlike]
    chromosomes: Pathlike | None

    @classmethod
    def of_inputs(cls, inputs: Any) -> CardFiles:
        """Return the files of the inputs of the rule ``write_model``; some of them may be empty."""
        return cls(
            metrics=inputs.metrics,
            expected=inputs.expected or None,
            left_out=inputs.left_out or None,
            predictions=inputs.predictions,
            sequences=inputs.sequences,
            chromosomes=inputs.chromosomes or None,
        )


@dataclass(frozen=True)
class CardRun:
    """The run that a model comes from.

    Attributes
    ----------
    config
        The validated config.
    experiments
        The experiment table, by name: the fields of `tfmoe.core.experiments.Experiment`.
    sources
        Path and URL of each input file by its use, `tfmoe.workflow.input_files.InputFiles.sources`.
        The URL of a local file is `None`.
    checksums
        Checksum of each input file, by path.
    code
        Fingerprints of the scripts that the model was made with, by name.
    """

    config: Mapping[str, Any]
    experiments: Mapping[str, Mapping[str, str]]
    sources: Mapping[str, Sequence[tuple[str, str | None]]]
    checksums: Mapping[str, str]
    code: Mapping[str, str]


def write_card(files: CardFiles, run: CardRun, folder: Pathlike) -> None:
    """Write ``thresholds.tsv``, ``card.json`` and ``card.md`` into the folder of a model.

    Raises
    ------
    InputError
        If a file is missing or damaged, or lacks a column.
    """
    factors = training_factors(run.experiments)
    thresholds = make_thresholds(files.predictions, factors, files.left_out)
    write_tsv(thresholds, Path(folder) / THRESHOLDS)
    card = make_card(files, run, thresholds)
    write_json(card, Path(folder) / CARD_DATA)
    write_text(markdown(card["name"], card_parts(card)), Path(folder) / CARD)


def make_card(files: CardFiles, run: CardRun, thresholds: pd.DataFrame) -> dict[str, Any]:
    """Return the content of ``card.json``; numbers that are missing are `None`.

    Parameters
    ----------
    files, run
        Source of the numbers.
    thresholds
        Table of `tfmoe.application.model.thresholds.make_thresholds`.

    Raises
    ------
    InputError
        If a file is missing or damaged, or lacks a column.
    """
    config, checksums = run.config, run.checksums
    expected = None
    if files.expected is not None:
        table = read_tsv(files.expected)
        expected = records(table)[0] | {"text": expectation_sentences(table)}
    return {
        "kind": KIND,
        "format": FORMAT,
        "name": config["run"],
        "simulated": config["simulation"] is not None,
        "model": _model(run),
        "training": {
            "experiments": _experiments(run, files.sequences, checksums),
            "genome": _genome(run, files.chromosomes, checksums),
            "splits": describe_splits(config),
            "negatives": describe_negatives(config),
        },
        "evaluation": read_metrics(files.metrics, config, run.experiments),
        "expected": expected,
        "thresholds": records(thresholds),
        "limits": limits(config, run.experiments, records(thresholds)),
        "config": dict(config),
        "experiments": {name: dict(row) for name, row in run.experiments.items()},
        "inputs": dict(checksums),
        "code": dict(run.code),
        "versions": {"tfmoe": __version__} | job_versions([describe_environment()]),
        "licences": list(LICENCES),
    }


def _model(run: CardRun) -> dict[str, Any]:
    config, jaspar = run.config, run.config["jaspar"]
    experts = experts_of(training_factors(run.experiments), config["training"]["expert_per"])
    factors = {expert: run.experiments[names[0]]["factor"] for expert, names in experts.items()}
    matrices = jaspar["file"] or " ".join(
        [jaspar["release"], jaspar["collection"], *jaspar["tax_groups"]]
    )
    return {
        "window": config["windows"]["length"],
        "seeds": config["training"]["seeds"],
        "backbone": config["training"]["backbone"],
        "experts": factors,
        "pooled_networks": config["mixture"]["generalists"],
        "conditioned": config["conditioned"]["fit"],
        "gapped_kmers": config["gkm"]["fit"],
        "matrices": matrices,
    }


def _experiments(
    run: CardRun, sequences: Sequence[Pathlike], checksums: Mapping[str, str]
) -> list[dict[str, Any]]:
    """Return one entry per training experiment, with its peak files and its positives per split."""
    paths = {Path(path).stem: path for path in sequences}
    found = []
    for name in training_factors(run.experiments):
        row = run.experiments[name]
        table = read_parquet(paths[name], ["label", "split"])
        positives = table.loc[table["label"] == 1, "split"].value_counts()
        files = [
            _source(path, url, checksums) for path, url in run.sources.get(f"peaks of {name}", ())
        ]
        found.append(
            {key: row[key] for key in ("experiment", "factor", "family", "biosample")}
            | {"files": files}
            | {"positives": {split.value: int(positives.get(split, 0)) for split in Split}}
        )
    return found


def _source(path: str, url: str | None, checksums: Mapping[str, str]) -> dict[str, str | None]:
    """Return the source of a file with its sha256 or, where only that is known, its md5."""
    checksum = checksums.get(path) or None
    kind = "sha256" if checksum is None or len(checksum) == _SHA256 else "md5"
    # files of a simulation are within the results
    return {"source": url or path.removeprefix("<results>/"), kind: checksum}


def _genome(
    run: CardRun, chromosomes: Pathlike | None, checksums: Mapping[str, str]
) -> dict[str, Any] | None:
    """Return assembly, file and chromosomes of the genome; `None` for ready sequences."""
    if chromosomes is None:
        return None
    table = read_tsv(chromosomes, ["name", "length", "used"])
    used = table[table["used"] == 1]
    ((path, url),) = run.sources["genome"]
    return _source(path, url, checksums) | {
        "assembly": run.config["genome"]["assembly"],
        "chromosomes": {
            str(name): int(length)
            for name, length in zip(used["name"], used["length"], strict=True)
        },
    }
