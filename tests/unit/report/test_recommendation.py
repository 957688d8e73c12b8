"""The headline: which model to use, and what networks and fitted weights add."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest

from tfmoe.report.headline import score_run
from tfmoe.report.narrative.recommendation import gains, recommend
from tfmoe.report.page import write_report
from tfmoe.report.ranking import (
    Best,
    PairedDifference,
    by_peaks,
    by_role,
    find_best,
    paired_difference,
)
from tfmoe.report.run_tables import read_tables

if TYPE_CHECKING:
    from conftest import FakeRun

NAN = float("nan")


def by_set(**models: list[float]) -> pd.DataFrame:
    sets = [f"X{number}" for number in range(len(next(iter(models.values()))))]
    return pd.DataFrame(models, index=sets)


def test_the_best_model_is_compared_on_the_sets_that_all_models_score() -> None:
    table = by_set(moe=[0.9, 0.8, 0.1], gkm=[0.8, 0.7, 0.9], pwm=[0.7, 0.6, NAN])
    best = find_best(table)
    assert best == Best("moe", pytest.approx(0.85), "gkm", pytest.approx(0.75), 2)
    # no set has all models, so those that lack a set are left out
    best = find_best(by_set(moe=[0.9, 0.8], gkm=[NAN, 0.99], pwm=[0.99, NAN]))
    assert best is not None
    assert (best.model, best.runner_up, best.sets) == ("moe", None, 2)
    assert find_best(by_set(moe=[NAN, NAN])) is None
    assert find_best(pd.DataFrame()) is None


def test_a_rival_that_wins_is_recommended() -> None:
    roles = {
        "in_distribution": by_set(moe_conditioned=[0.91, 0.93], own_expert=[0.90, 0.92]),
        "ood": by_set(moe_conditioned=[0.70, 0.72], gkm=[0.80, 0.82], pwm=[0.60, 0.60]),
    }
    peaks = {
        "10": by_set(moe_adapted_=[0.80], gkm=[0.79], gkm_from_scratch_=[0.70]),
        "30": by_set(moe_adapted_=[0.82], gkm=[0.79], gkm_from_scratch_=[0.79]),
        "all": by_set(moe_adapted_=[0.86], gkm=[0.79], gkm_from_scratch_=[0.90]),
    }
    assert recommend(roles, peaks, 0.05) == [
        "Use the conditioned mixture for known factors (mean AUROC 0.920) and the gapped k-mer "
        "model for unseen factors (0.810).",
        "Known factors: the conditioned mixture does not differ clearly from the factor's own "
        "expert. AUROC difference: +0.010 (2 sets, too few for an interval).",
        "Unseen factors: the gapped k-mer model does not differ clearly from the conditioned "
        "mixture. AUROC difference: +0.100 (2 sets, too few for an interval).",
        "With 10 and 30 peaks of a new factor, use the adapted mixture (mean AUROC 0.800 and "
        "0.820, 1 set). It does not differ clearly from the gapped k-mer model.",
        "With all peaks of a new factor, use the gapped k-mer model trained from scratch (mean "
        "AUROC 0.900, 1 set). It does not differ clearly from the adapted mixture.",
    ]
    assert recommend({}, {}, 0.05) == []


def test_one_model_for_all_factors_is_named_once() -> None:
    table = by_set(moe=[0.91, 0.93, 0.92], gkm=[0.81, 0.82, 0.83])
    first, lead, _ = recommend({"in_distribution": table, "ood": table}, {}, 0.05)
    assert first == (
        "Use the mixture for known factors and unseen factors (mean AUROC 0.920 and 0.920)."
    )
    # differences of 0.10, 0.11 and 0.09: SD 0.01, t(2) = 4.303
    assert lead == (
        "Known factors: the mixture is better than the gapped k-mer model. AUROC difference: "
        "+0.100 (95 % interval +0.075 to +0.125, 3 sets)."
    )


def test_a_difference_that_rounds_to_0_is_none() -> None:
    table = by_set(moe=[0.9101, 0.9301, 0.9199], gkm=[0.91, 0.93, 0.92])
    _, lead = recommend({"ood": table}, {}, 0.05)
    assert lead.startswith(
        "Unseen factors: the mixture does not differ clearly from the gapped k-mer model. AUROC "
        "difference: 0 (95 % interval "
    )
    _, lead = recommend({"ood": by_set(moe=[0.9, 0.8, 0.7], gkm=[0.9, 0.8, 0.7])}, {}, 0.05)
    assert lead.endswith(
        "does not differ clearly from the gapped k-mer model. AUROC difference: 0 (95 % interval 0 "
        "to 0, 3 sets)."
    )


def test_a_lead_with_peaks_that_is_shown_needs_no_doubt() -> None:
    peaks = {
        "10": by_set(moe_adapted_=[0.91, 0.93, 0.92], gkm=[0.81, 0.82, 0.83]),
        "30": by_set(moe_adapted_=[0.91, 0.93, 0.92], gkm=[0.81, 0.99, 0.83]),
    }
    assert recommend({}, {"10": peaks["10"]}, 0.05) == [
        "With 10 peaks of a new factor, use the adapted mixture (mean AUROC 0.920, 3 sets)."
    ]
    (both,) = recommend({}, peaks, 0.05)
    assert both.endswith(
        "(mean AUROC 0.920 and 0.920, 3 sets). With 30 peaks, it does not differ clearly from the "
        "gapped k-mer model."
    )


def test_differences_are_paired_over_the_sets_of_both_models() -> None:
    table = by_set(moe_conditioned=[0.80, 0.72, 0.63, NAN], kmers_and_matrix=[0.7, 0.6, 0.5, 0.5])
    found = paired_difference(table, "moe_conditioned", "kmers_and_matrix", 0.05)
    # mean 0.11667, SD 0.015275, t(2) = 4.3027
    half = 4.302653 * 0.01527525 / np.sqrt(3)
    mean = 0.35 / 3
    assert found == PairedDifference(
        pytest.approx(mean), pytest.approx(mean - half), pytest.approx(mean + half), 3
    )
    assert paired_difference(table, "moe_conditioned", "pwm", 0.05) is None
    few = paired_difference(table.iloc[:2], "moe_conditioned", "kmers_and_matrix", 0.05)
    assert few is not None
    assert np.isnan(few.low)


@pytest.mark.parametrize(
    ("shift", "verdict"),
    [(0.1, "raises the"), (-0.1, "lowers the"), (0.0, "makes no difference that these sets")],
)
def test_gain(shift: float, verdict: str) -> None:
    sums = [0.70, 0.60, 0.50]
    told = [value + shift + change for value, change in zip(sums, (0.01, 0, -0.01), strict=True)]
    roles = {"ood": by_set(moe_conditioned=told, kmers_and_matrix=sums)}
    (text,) = gains(roles, 0.05)
    assert text.startswith(
        "Unseen factors: adding networks and fitted weights to k-mers and matrix " + verdict
    )
    assert text.endswith(", 3 sets).")


def test_the_headline_is_first_in_page_and_summary(
    run_with_rivals: FakeRun, tmp_path: Path
) -> None:
    fake = run_with_rivals
    page, summary = write_report(fake.files, fake.run, tmp_path / "looks.tsv", "report.html")
    lines = summary.splitlines()
    assert lines[2] == "Which model should I use?"
    assert re.match(
        r"  Use the conditioned mixture for known factors and unseen factors \(mean AUROC 0\.9\d+ "
        r"and 0\.8\d+\)\.",
        lines[3],
    )
    assert "  With 10 peaks of a new factor, use the adapted mixture (mean AUROC 0.810" in summary
    assert "With 100 peaks of a new factor, use the gapped k-mer model trained from" in summary
    row = next(line for line in lines if line.startswith("  adapted mixture"))
    assert row.split() == ["adapted", "mixture", "0.810", "0.840"]
    first = page.index("Use the conditioned mixture for known factors")
    assert page.index("In short</h2>") < first < page.index("The factors</h2>")
    assert re.search(r"Known factors: adding .* AUROC difference: \S+ \(95 % interval ", page)
    assert "fitting the weights instead of setting them equal" in page
    assert "Mean AUROC over sets of unseen factors against genomic negatives, by the number" in page
    for name in ("networks + k-mers + matrix", "k-mers + matrix", "ensemble + k-mers + matrix"):
        assert f"<td>{name}</td>" in page


def test_adapted_models_are_in_no_table_of_unseen_factors(run_with_rivals: FakeRun) -> None:
    tables, run = read_tables(run_with_rivals.files), run_with_rivals.run
    scores = score_run(tables, run)
    assert not any("adapted" in model for model in scores.models)
    told = tables.metrics[tables.metrics["model"] == "moe_conditioned"]
    told = told[(told["role"] == "ood") & (told["negatives"] == "genomic")]
    mean = told[told["subset"] == "all"].groupby("experiment")["auroc"].mean().mean()
    found = scores.of("ood", "moe_conditioned")
    assert found is not None
    assert found.auroc == pytest.approx(mean)
    assert list(by_role(scores, run)) == ["in_distribution", "ood"]
    peaks = by_peaks(tables, "genomic")
    assert list(peaks) == ["10", "100"]
    assert peaks["10"].shape == (4, 6)
    assert peaks["10"]["moe_adapted_"].tolist() == pytest.approx([0.81] * 4)


def test_a_run_without_rivals_has_no_gain(simulated_run: FakeRun) -> None:
    tables, run = read_tables(simulated_run.files), simulated_run.run
    assert gains(by_role(score_run(tables, run), run), 0.05) == []
