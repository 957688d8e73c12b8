"""Thresholds on calibrated logits at stated precision.

A threshold is the smallest logit of a validation window such that, of the windows with at least
this logit, the share of positives is at least the stated precision. At least `FEWEST` windows must
reach it, because the precision among fewer is mostly chance. Windows with equal logits are on the
same side of it. Where no logit qualifies, or all of them do, the threshold is missing and a note
has the reason.

Precision depends on the balance of positives and negatives, so each threshold exists for the
balance of the validation split and for ten negatives per positive. The latter needs ten times
`tfmoe.evaluation.metrics.NEGATIVES_PER_RATIO` negatives. Neither is the balance of a genome, where
negatives are far more common: there, fewer of the calls are right.

No window of the test split takes part. Thresholds of training factors come from the validation
split, on which trainings were stopped and the mixture was calibrated. Thresholds of unseen factors
come from training factors that were left out of the models, in the splits gate and validation.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tfmoe.core.errors import InputError
from tfmoe.core.files import Pathlike, read_parquet, read_tsv, write_tsv
from tfmoe.core.vocabulary import ADAPTED_MIXTURE, CONDITIONED, MIXTURE, Kind, Split, kind_order
from tfmoe.models.conditioned.left_out import SCORE_COLUMNS
from tfmoe.models.conditioned.model import calibration_name

PRECISIONS = (0.5, 0.75, 0.9, 0.95)
FEWEST = 10
"""Least number of windows at or above a threshold."""
VALIDATION, ONE_TO_TEN = "validation", "1to10"
"""Balances of positives and negatives: that of the windows, and ten negatives per positive."""
ANY = "any"
"""Value of the column ``asked`` for the mixture that does not know the factor."""
UNSEEN = calibration_name(False, True)
UNSEEN_WITHOUT_MATRIX = calibration_name(False, False)
"""Values of the column ``asked`` for factors without an expert, with a matrix and without."""
NONE = "-"
"""Kind of negatives where there are none."""
_STEP = 1e-6
_TOLERANCE = 1e-9
_RATIOS: Mapping[str, float | None] = {VALIDATION: None, ONE_TO_TEN: 10.0}

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Scored:
    """Windows of one factor or experiment.

    Attributes
    ----------
    logits
        float64, (n,).
    positive
        bool, (n,).
    """

    logits: Floats
    positive: NDArray[np.bool_]


@dataclass(frozen=True)
class Threshold:
    """One row of the table of thresholds.

    Attributes
    ----------
    asked
        A training factor, `ANY`, `UNSEEN` or `UNSEEN_WITHOUT_MATRIX`.
    model
        ``moe_conditioned`` or ``moe``.
    balance, prevalence
        `VALIDATION` or `ONE_TO_TEN`, and the share of positives that it means.
    precision
        Least precision at the threshold.
    logit
        The threshold, rounded down to six decimals; NaN if there is none.
    recall
        Share of the positives at or above it, at the balance of the windows; NaN without a
        threshold.
    called
        Number of windows at or above it.
    positives, negatives
        Numbers of windows.
    kind
        Kind of the negatives.
    note
        Why there is no threshold.
    """

    asked: str
    model: str
    balance: str
    prevalence: float
    precision: float
    logit: float
    recall: float
    called: int
    positives: int
    negatives: int
    kind: str
    note: str


COLUMNS = tuple(Threshold.__annotations__)


def make_thresholds(
    predictions: Sequence[Pathlike], factors: Mapping[str, str], left_out: Pathlike | None
) -> pd.DataFrame:
    """Return the thresholds of a run.

    Parameters
    ----------
    predictions
        ``predictions/<x>.parquet`` of the training experiments.
    factors
        Factor of each training experiment; names that differ only in case are one factor.
    left_out
        ``moe/conditioned/left_out_scores.parquet``; `None` in a run without conditioned mixture.

    Returns
    -------
    DataFrame
        `COLUMNS`, sorted by question. `ANY` has the windows of all training factors.

    Raises
    ------
    InputError
        If a file is missing or damaged, or lacks the mixture's logits.
    """
    models = [MIXTURE] if left_out is None else [CONDITIONED, MIXTURE]
    tables: dict[str, list[pd.DataFrame]] = {}
    for path in predictions:
        factor = factors[Path(path).stem]
        known = next((other for other in tables if other.upper() == factor.upper()), factor)
        tables.setdefault(known, []).append(_validation(path, models))
    every = [table for found in tables.values() for table in found]
    kind = _primary(pd.concat(every)) if every else NONE
    rows: list[Threshold] = []
    for factor, found in tables.items():
        for model in models:
            parts = [_scored(table, model, kind) for table in found]
            rows += threshold_rows(factor, model, parts, kind)
    rows += threshold_rows(ANY, MIXTURE, [_scored(table, MIXTURE, kind) for table in every], kind)
    if left_out is not None:
        rows += _unseen(read_parquet(left_out, SCORE_COLUMNS))
    return pd.DataFrame([asdict(row) for row in rows], columns=list(COLUMNS))


def threshold_rows(asked: str, model: str, parts: Sequence[Scored], kind: str) -> list[Threshold]:
    """Return the thresholds of one question, one per balance and precision.

    Parameters
    ----------
    asked, model, kind
        Columns of the rows.
    parts
        Windows per factor or experiment. Each counts equally: the shares of its positives and of
        its negatives at or above a logit are averaged over the parts. Parts without positives or
        negatives do not count.
    """
    used = [one for one in parts if one.positive.any() and not one.positive.all()]
    positives = sum(int(one.positive.sum()) for one in used)
    negatives = sum(len(one.positive) for one in used) - positives
    rows = []
    for balance, ratio in _RATIOS.items():
        if ratio is None:
            ratio = negatives / positives if positives else np.nan
        curve = _Curve.of(used, ratio)
        few = _too_few(negatives, balance)
        for precision in PRECISIONS:
            logit, recall, called, note = curve.threshold(precision, few)
            rows.append(
                Threshold(
                    asked=asked,
                    model=model,
                    balance=balance,
                    prevalence=1 / (1 + ratio),
                    precision=precision,
                    logit=logit,
                    recall=recall,
                    called=called,
                    positives=positives,
                    negatives=negatives,
                    kind=kind,
                    note=note,
                )
            )
    return rows


def add_thresholds(factor: str, windows: Scored, path: Path) -> None:
    """Add the thresholds of an adapted mixture to the table of a model.

    Parameters
    ----------
    factor
        The factor that the model was adapted to.
    windows
        The windows that it was fitted to, with logits of mixtures that were fitted without them.
    path
        The table; a new one is written if it does not exist.
    """
    rows = threshold_rows(factor, ADAPTED_MIXTURE, [windows], Kind.GENOMIC)
    own = pd.DataFrame([asdict(row) for row in rows], columns=list(COLUMNS))
    known = [read_thresholds(path)] if path.is_file() else []
    write_tsv(pd.concat([*known, own], ignore_index=True), path)


def read_thresholds(path: Pathlike) -> pd.DataFrame:
    """Read the table of a model.

    Raises
    ------
    InputError
        If the file is missing or damaged, or lacks a column.
    """
    # a factor may have a name like a number
    return read_tsv(path, COLUMNS).astype({"asked": "str"})


def find_threshold(
    table: pd.DataFrame,
    factor: str | None,
    precision: float,
    *,
    model: str = CONDITIONED,
    matrix: bool = True,
    balance: str = VALIDATION,
) -> float:
    """Return the logit from which windows are called bound.

    Parameters
    ----------
    table
        Table of `read_thresholds`.
    factor
        A training factor, or the one that the model was adapted to, in any case. Other factors and
        `None` are unseen factors or, for the
        model ``moe``, `ANY`.
    precision
        One of `PRECISIONS`.
    model
        ``moe_conditioned``, ``moe`` or ``moe_adapted``.
    matrix
        Whether an unseen factor has a matrix.
    balance
        `VALIDATION` or `ONE_TO_TEN`.

    Raises
    ------
    InputError
        If the model has no such row, or the precision is never reached.
    """
    rows = table[(table["model"] == model) & (table["balance"] == balance)]
    if rows.empty:
        raise InputError(
            f"thresholds: found none of {model} at the balance {balance}, expected one of "
            f"{', '.join(sorted(set(table['model'] + ' at ' + table['balance'])))}"
        )
    named = rows["asked"].str.upper() == (factor or "").upper()
    other = ANY if model == MIXTURE else UNSEEN if matrix else UNSEEN_WITHOUT_MATRIX
    rows = rows[named] if named.any() else rows[rows["asked"] == other]
    found = rows[np.isclose(rows["precision"].astype(float), precision)]
    if found.empty:
        known = ", ".join(f"{value:g}" for value in sorted(set(rows["precision"])))
        raise InputError(
            f"thresholds: found none at the precision {precision:g} of {model} for "
            f"{factor or other}, expected one of {known or 'none'}"
        )
    row = found.iloc[0]
    if pd.isna(row["logit"]):
        raise InputError(
            f"thresholds: {model} has no threshold at the precision {precision:g} for "
            f"{factor or other}: {row['note']}; choose another precision or give a logit"
        )
    return float(row["logit"])


@dataclass(frozen=True)
class _Curve:
    """Precision, recall and number of windows at or above each distinct logit, ascending."""

    logits: Floats
    precision: Floats
    recall: Floats
    called: NDArray[np.int64]

    @classmethod
    def of(cls, parts: Sequence[Scored], ratio: float) -> _Curve:
        """Compute the curve at a number of negatives per positive."""
        if not parts:
            empty = np.array([])
            return cls(empty, empty, empty, empty.astype(np.int64))
        logits = np.unique(np.concatenate([one.logits for one in parts]))
        # sums instead of a table of all parts, which would take gigabytes for hundreds of factors
        true, false = (
            sum((_share_above(one, logits, label) for one in parts), np.zeros(len(logits)))
            / len(parts)
            for label in (True, False)
        )
        called = sum(len(one.logits) - _below(one.logits, logits) for one in parts)
        return cls(logits, true / (true + ratio * false), true, np.asarray(called))

    def threshold(self, precision: float, fault: str) -> tuple[float, float, int, str]:
        """Return the threshold, its recall and number of windows, and why there is none.

        There is none if a fault of the windows is given.
        """
        if len(self.logits) == 0:
            fault = "no windows with both positives and negatives"
        elif self.precision[0] >= precision - _TOLERANCE:
            fault = "all windows together have this precision"
        if fault:
            return np.nan, np.nan, 0, fault
        reached = self.precision >= precision - _TOLERANCE
        fits = np.flatnonzero(reached & (self.called >= FEWEST))
        if len(fits):
            first = fits[0]
            # rounded down, so that no other rounding excludes the window that it comes from
            logit = math.floor(float(self.logits[first]) / _STEP) * _STEP
            return logit, float(self.recall[first]), int(self.called[first]), ""
        if reached.any():
            note = f"fewer than {FEWEST} windows at or above any logit with this precision"
            return np.nan, np.nan, int(self.called[reached].max()), note
        return np.nan, np.nan, 0, f"the precision is never above {_floor(self.precision.max())}"


def _too_few(negatives: int, balance: str) -> str:
    """Return a note if there are too few negatives to count each more often than once."""
    # imports scikit-learn, which a loaded model does not need to find a threshold
    from tfmoe.evaluation.metrics import NEGATIVES_PER_RATIO

    needed = round(NEGATIVES_PER_RATIO * (_RATIOS[balance] or 0))
    return f"{negatives} negatives, at least {needed} are needed" if negatives < needed else ""


def _below(values: Floats, logits: Floats) -> NDArray[np.int64]:
    """Count the values below each logit."""
    return np.searchsorted(np.sort(values), logits, side="left")


def _share_above(one: Scored, logits: Floats, label: bool) -> Floats:
    """Return the share of positives or negatives at or above each logit."""
    values = one.logits[one.positive == label]
    return 1 - _below(values, logits) / len(values)


def _floor(share: float) -> str:
    return f"{np.floor(1000 * share) / 1000:.3f}"


def _validation(path: Pathlike, models: Sequence[str]) -> pd.DataFrame:
    """Read the validation windows: label, kind, and the mean logit of each model over seeds."""
    table = read_parquet(path)
    seeds = {model: [name for name in table if _is_seed_of(str(name), model)] for model in models}
    missing = [name for name in ("label", "kind", "split") if name not in table]
    missing += [f"{model}_seed0" for model, names in seeds.items() if not names]
    if missing:
        raise InputError(f"{path}: column {', '.join(missing)} is missing; run the pipeline again")
    table = table[table["split"] == Split.VALIDATION]
    means = {model: table[names].astype(np.float64).mean(axis=1) for model, names in seeds.items()}
    return table[["label", "kind"]].assign(**means)


def _is_seed_of(column: str, model: str) -> bool:
    prefix = f"{model}_seed"
    return column.startswith(prefix) and column.removeprefix(prefix).isdigit()


def _primary(table: pd.DataFrame) -> str:
    """Return the kind of negatives that results are reported on first."""
    kinds = sorted(set(table["kind"]) - {Kind.PEAK}, key=kind_order)
    return str(kinds[0]) if kinds else NONE


def _scored(table: pd.DataFrame, column: str, kind: str) -> Scored:
    """Return the positives and the negatives of a kind with the logits of a column."""
    rows = table[table["kind"].isin([Kind.PEAK, kind])]
    return Scored(rows[column].to_numpy(dtype=np.float64), rows["label"].to_numpy() == 1)


def _unseen(table: pd.DataFrame) -> Iterator[Threshold]:
    """Yield the thresholds of unseen factors, with a matrix and without."""
    kind = _primary(table)
    for asked, matrix in ((UNSEEN, True), (UNSEEN_WITHOUT_MATRIX, False)):
        own = table[table["matrix"].astype(bool) == matrix]
        parts = [_scored(part, "logit", kind) for _, part in own.groupby("factor", sort=False)]
        yield from threshold_rows(asked, CONDITIONED, parts, kind)
