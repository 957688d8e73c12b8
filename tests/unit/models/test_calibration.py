import numpy as np
import pandas as pd
import pytest
from scipy.special import expit

from tfmoe.core.errors import TrainingError
from tfmoe.data.datasets import COLUMNS, SequenceSet
from tfmoe.models.calibration import calibrate_head, fit_calibration, strongest_rows
from tfmoe.models.moe import HeadOptions, MixtureHead
from tfmoe.models.training_loop import auroc


def draw(number: int, scale: float, offset: float, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Return logits, and labels that are calibrated for scale * logit + offset."""
    rng = np.random.default_rng(seed)
    logits = rng.normal(0, 2, number).astype(np.float32)
    labels = (rng.random(number) < expit(scale * logits + offset)).astype(np.float32)
    return logits, labels


@pytest.mark.parametrize(("scale", "offset"), [(1.0, 0.0), (0.4, -1.5), (3.0, 2.0)])
def test_known_scale_and_offset_are_recovered(scale: float, offset: float) -> None:
    found = fit_calibration(*draw(40_000, scale, offset))
    assert found.scale == pytest.approx(scale, rel=0.05)
    assert found.offset == pytest.approx(offset, abs=0.06)


def test_a_calibrated_mean_is_the_share_of_positives_to_many_digits() -> None:
    logits, labels = draw(5000, 0.5, -1.0)
    found = fit_calibration(100 * logits + 7, labels)
    assert found.scale == pytest.approx(0.005, rel=0.1)
    probabilities = expit(found.scale * (100 * logits.astype(np.float64) + 7) + found.offset)
    assert probabilities.mean() == pytest.approx(labels.mean(), abs=1e-5)


@pytest.mark.parametrize("sign", [1, -1])
def test_separable_and_inverted_logits_have_a_finite_positive_scale(sign: int) -> None:
    labels = np.repeat(np.float32([0, 1]), 200)
    found = fit_calibration(sign * (labels - 0.5), labels)
    assert np.isfinite([found.scale, found.offset]).all()
    assert (found.scale > 5) if sign > 0 else (0 < found.scale < 0.1)


def test_equal_logits_are_calibrated_to_the_share_of_positives() -> None:
    labels = np.repeat(np.float32([0, 1]), [300, 100])
    found = fit_calibration(np.full(400, 2, np.float32), labels)
    assert expit(found.scale * 2 + found.offset) == pytest.approx(0.25, abs=1e-3)


def test_a_head_takes_the_calibration_and_no_auroc_changes() -> None:
    head = MixtureHead(2, 4, HeadOptions("logits", "logits", False, 1.0, None))
    logits, labels = draw(3000, 0.4, -1.5)
    calibrate_head(head, logits, labels, "mixture x, seed 0")
    scale, offset = head.calibration_scale.item(), head.calibration_offset.item()
    assert scale == pytest.approx(0.4, rel=0.15)
    assert offset == pytest.approx(-1.5, rel=0.15)
    assert auroc(scale * logits + offset, labels) == pytest.approx(auroc(logits, labels), abs=1e-9)


def ranked(rows: list[tuple[str, str, int, str, str | None, int]]) -> SequenceSet:
    """Return sequences of (experiment, name, label, kind, parent, rank)."""
    columns = ["experiment", "name", "label", "kind", "parent", "rank"]
    table = pd.DataFrame(rows, columns=columns)
    for column in COLUMNS:
        if column not in table:
            table[column] = "."
    return SequenceSet(table, np.zeros((len(rows), 5), np.uint8), 0)


def two_experiments() -> SequenceSet:
    rows: list[tuple[str, str, int, str, str | None, int]] = []
    for experiment, ranks in (("x", range(1, 5)), ("y", range(3, 11))):
        for rank in ranks:
            rows.append((experiment, f"{experiment}{rank}", 1, "peak", None, rank))
            parent = f"{experiment}{rank}"
            rows.append((experiment, f"s{parent}", 0, "dinucleotide", parent, rank))
            rows.append((experiment, f"f{parent}", 0, "file", None, rank))
    return ranked(rows)


def test_strong_positives_come_with_their_shuffles_and_a_share_of_the_others() -> None:
    data = two_experiments()
    rows = strongest_rows(data, 4, np.random.default_rng(0), "mixture x, seed 0")
    assert (np.diff(rows) > 0).all()
    table = data.table.loc[rows]
    positives = ["x1", "x2", "x3", "x4", "y3", "y4"]
    assert table["name"][table["label"] == 1].tolist() == positives
    assert table["name"][table["kind"] == "dinucleotide"].tolist() == [f"s{x}" for x in positives]
    # all of x, whose positives all have such a rank, and a quarter of the eight of y
    files = table["experiment"][table["kind"] == "file"]
    assert files.value_counts().to_dict() == {"x": 4, "y": 2}


def test_no_positive_of_such_a_rank() -> None:
    data = two_experiments()
    data = data.select(data.table["rank"].to_numpy() > 3)
    rng = np.random.default_rng(0)
    message = r"mixture x, seed 0: 0 positives .* mixture\.calibration_strongest = 2"
    with pytest.raises(TrainingError, match=message):
        strongest_rows(data, 2, rng, "mixture x, seed 0")
