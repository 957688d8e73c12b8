import numpy as np
import pandas as pd
import pytest
import torch
from torch import Tensor, nn

from tfmoe.attribution.localisation import LocalisationSettings
from tfmoe.attribution.sites import SiteSource
from tfmoe.core.dna import encode
from tfmoe.core.errors import InputError
from tfmoe.data.datasets import COLUMNS, SequenceSet
from tfmoe.jaspar.factors import Factor, Factors
from tfmoe.jaspar.matrices import Matrix
from tfmoe.studies.attribution.conclusion import write_conclusion
from tfmoe.studies.attribution.measure import (
    StudySettings,
    StudyTables,
    effects_table,
    study_experiment,
)
from tfmoe.studies.attribution.methods import VARIANTS, method_pairs, study_methods
from tfmoe.studies.attribution.summary import MEAN, SINGLE, judge, summarise_effects

CPU = torch.device("cpu")
FLANK, LENGTH = 4, 24
LABELS = {"experiment": "G", "factor": "GAT1", "recipe": "tfmoe", "backbone": "convnet"}


class Scanner(nn.Module):
    """One filter for GATAAG with seed-specific noise, a softplus and a mean over positions."""

    def __init__(self, seed: int) -> None:
        super().__init__()
        self.convolution = nn.Conv1d(4, 1, 6, bias=False)
        self.softplus = nn.Softplus()
        motif = torch.from_numpy(np.eye(4, dtype=np.float32)[encode(["GATAAG"])[0]].T)
        noise = torch.randn(4, 6, generator=torch.Generator().manual_seed(seed))
        with torch.no_grad():
            self.convolution.weight.copy_((motif + 0.05 * noise)[None])

    def forward(self, inputs: Tensor) -> Tensor:
        total: Tensor = self.softplus(4 * (self.convolution(inputs) - 3.5)).mean(dim=(1, 2))
        return total


def positives(rows: int) -> SequenceSet:
    rng = np.random.default_rng(1)
    codes = rng.integers(0, 4, (rows, LENGTH + 2 * FLANK)).astype(np.uint8)
    codes[:, 12:18] = encode(["GATAAG"])[0]
    table = pd.DataFrame({"name": [f"G:{row}" for row in range(rows)], "chrom": "I"})
    return SequenceSet(table.assign(**dict.fromkeys(COLUMNS[2:], 0)), codes, FLANK)


def source(factor: str = "GAT1") -> SiteSource:
    probabilities = np.full((4, 6), 0.01)
    probabilities[encode(["GATAAG"])[0], np.arange(6)] = 0.97
    matrix = Matrix("MA0001.1", "GAT1", "fungi", "4932", "c", "f", "SELEX", probabilities)
    factors = Factors((Factor(factor, "x", "-", "MA0001" if factor == "GAT1" else "-", "t"),), {})
    return SiteSource(
        None, [matrix], factors, LocalisationSettings(p_value=0.001, information=1.0, top=5)
    )


def study(networks: int = 2, labels: dict[str, str] = LABELS) -> StudyTables:
    settings = StudySettings(study_methods(FLANK, "convnet"), 6, 64, 100)
    models = [Scanner(seed) for seed in range(networks)]
    where = source(labels["factor"])
    return study_experiment(models, positives(20), where, settings, labels, 1, CPU)


@pytest.fixture(scope="module")
def found() -> StudyTables:
    return study()


def test_the_methods_go_as_far_as_the_flanks_and_the_backbone() -> None:
    methods = study_methods(25, "legnet")
    assert len(methods) == 4 * 11 + 5
    assert "shiftsmooth_n10_both_strands_corrected" in methods
    assert not any(name.startswith("shiftsmooth_n3") for name in study_methods(2, "convnet"))
    assert [*study_methods(0, "danq")] == [
        *(f"gradient{variant}" for variant in VARIANTS),
        "gradient_x_input",
        "smoothgrad_n10",
        "integrated_gradients_n16_shuffles3",
        "ism",
    ]


def test_each_measure_has_its_methods(found: StudyTables) -> None:
    counts = found.table.groupby(["networks", "measure"])["method"].nunique()
    methods = len(study_methods(FLANK, "convnet"))
    assert counts.to_dict() == {
        (MEAN, "deletion"): methods,
        (MEAN, "insertion"): methods,
        **{(kind, "stability_shifts"): methods for kind in (SINGLE, MEAN)},
        **{(kind, "auprc"): methods for kind in (SINGLE, MEAN)},
        **{(kind, "hit_rate"): methods for kind in (SINGLE, MEAN)},
        **{(kind, "faithfulness"): methods - 1 for kind in (SINGLE, MEAN)},
        **{(kind, "likeness"): methods - 1 for kind in (SINGLE, MEAN)},
        (SINGLE, "stability_seeds"): methods,
        (SINGLE, "seconds"): methods,
    }
    values = found.table.set_index(["networks", "measure", "method"])
    assert (values["truth"] == "MA0001.1").all()
    assert values.loc[(MEAN, "auprc", "ism"), "value"] > 0.8
    assert values.loc[(MEAN, "auprc", "ism"), "chance"] == 6 / LENGTH
    assert np.isnan(values.loc[(MEAN, "deletion", "ism"), "chance"])
    assert values.loc[(MEAN, "likeness", "gradient_x_input"), "value"] == pytest.approx(1)


def test_an_effect_is_the_difference_of_two_values(found: StudyTables) -> None:
    values = found.table.set_index(["networks", "measure", "method"])["value"]
    rows = found.effects
    assert set(rows["effect"]) == {"smoothing", "correction", "strands", "seeds"}
    for row in rows.to_dict("records"):
        kind = SINGLE if row["effect"] == "seeds" else row["networks"]
        without = values[kind, row["measure"], row["without"]]
        difference = values[row["networks"], row["measure"], row["method"]] - without
        assert row["difference"] == pytest.approx(difference, abs=1e-9), row


def test_the_pairs_differ_in_one_thing() -> None:
    for effect, method, without in method_pairs():
        if effect == "correction":
            assert method == f"{without}_corrected"
        elif effect == "strands":
            assert method.replace("_both_strands", "") == without
        else:
            number = method.removeprefix("shiftsmooth_n").split("_")[0]
            assert method.replace(f"shiftsmooth_n{number}", "gradient") == without


def test_missing_effect_of_seeds_and_missing_localisation() -> None:
    found = study(1, {**LABELS, "factor": "POL"})
    assert "seeds" not in set(found.effects["effect"])
    assert not {"auprc", "stability_seeds"} & set(found.table["measure"])
    assert set(found.table["note"]) == {"the factor has no matrix of its own"}
    text = write_conclusion(found.table, summarise_effects(found.effects))
    assert "No localisation on G: the factor has no matrix of its own." in text


def test_no_positives_are_named() -> None:
    settings = StudySettings(study_methods(FLANK, "convnet"), 6, 64, 100)
    with pytest.raises(InputError, match="G: there are no positives"):
        study_experiment([Scanner(0)], positives(0), source(), settings, LABELS, 1, CPU)


def test_missing_values_are_ignored() -> None:
    by_method = {
        "gradient": np.array([0.1, np.nan, 0.3]),
        "shiftsmooth_n1": np.array([0.2, np.nan, 0.5]),
    }
    measured = {SINGLE: {"faithfulness": by_method}, MEAN: {"faithfulness": by_method}}
    row = effects_table(measured, LABELS, 50, 1).iloc[0]
    assert (row["effect"], row["n_sequences"]) == ("smoothing", 2)
    assert row["difference"] == pytest.approx(0.15)


def effects(differences: list[float], measure: str = "faithfulness", width: float = 0.05):
    rows = [
        {
            **LABELS,
            "experiment": f"x{number}",
            "effect": "smoothing",
            "networks": MEAN,
            "measure": measure,
            "method": "shiftsmooth_n5",
            "without": "gradient",
            "n_sequences": 50,
            "difference": value,
            "difference_low": value - width,
            "difference_high": value + width,
        }
        for number, value in enumerate(differences)
    ]
    return pd.DataFrame(rows)


def test_experiments_are_the_unit_of_replication() -> None:
    row = summarise_effects(effects([0.1, 0.2, 0.3])).iloc[0]
    half = 4.302653 * 0.1 / np.sqrt(3)  # t of 2 degrees of freedom
    assert row["difference"] == pytest.approx(0.2)
    assert row["difference_low"] == pytest.approx(0.2 - half, abs=1e-6)
    assert (row["experiments"], row["better"], row["worse"]) == (3, 3, 0)
    assert row["verdict"] == "undecided"
    missing = summarise_effects(effects([0.1, np.nan, 0.3])).iloc[0]
    assert missing["experiments"] == 2
    assert np.isnan(missing["difference_low"])
    assert missing["verdict"] == "helps", "both experiments' own intervals exclude zero"


@pytest.mark.parametrize(
    ("differences", "measure", "verdict"),
    [
        ([0.1, 0.11, 0.12], "faithfulness", "helps"),
        ([0.1, 0.11, 0.12], "deletion", "hurts"),
        ([-0.1, -0.11, -0.12], "auprc", "hurts"),
        ([-0.1, -0.11, -0.12], "deletion", "helps"),
        ([0.002, 0.003, 0.004], "auprc", "next to nothing"),
        ([-0.2, 0.1, 0.2], "auprc", "undecided"),
        ([0.1, -0.1], "auprc", "undecided"),
        ([-0.1, -0.2], "auprc", "hurts"),
        ([0.001, 0.002], "auprc", "undecided"),
    ],
)
def test_verdicts_follow_from_intervals(
    differences: list[float], measure: str, verdict: str
) -> None:
    row = summarise_effects(effects(differences, measure)).iloc[0]
    assert row["verdict"] == verdict == judge(row.to_dict())


def values(effect: pd.DataFrame) -> pd.DataFrame:
    """Return values that are consistent with the effects."""
    rows = [
        {**row, "method": method, "value": 0.5 + (0 if method == "gradient" else row["difference"])}
        for row in effect.to_dict("records")
        for method in ("gradient", "shiftsmooth_n5")
    ]
    return pd.DataFrame(rows).assign(chance=np.nan, note="", truth="planted")


def test_the_conclusion_follows_from_the_table() -> None:
    both = pd.concat([effects([0.1, 0.11, 0.12]), effects([0.002, 0.003, 0.004], "auprc")])
    text = write_conclusion(values(both), summarise_effects(both))
    first = text.split("How to read")[0]
    assert "**convnet, recipe tfmoe** (3 experiments): ShiftSmooth with n = 5" in first
    assert "improves faithfulness (+0.110, +0.085 to +0.135)" in first
    assert "hardly changes localisation (AUPRC) (+0.003, +0.001 to +0.005)" in first
    assert "worsens" not in first
    assert "the best of" not in first, "there is only one n"
    same = effects([1e-5, -1e-5, 0.0])
    text = write_conclusion(values(same), summarise_effects(same))
    assert "ShiftSmooth with n = 5 changes no measure by more than 0.0005." in text
    worse = effects([-0.1, -0.11, -0.12])
    text = write_conclusion(values(worse), summarise_effects(worse))
    assert "ShiftSmooth with n = 5 worsens faithfulness (-0.110, -0.135 to -0.085)" in text


def test_the_conclusion_of_a_measured_table(found: StudyTables) -> None:
    text = write_conclusion(found.table, summarise_effects(found.effects))
    assert "## convnet, recipe tfmoe" in text
    assert "| n = 4 |" in text
    assert "| n = 5 |" not in text, "the flanks are shorter"
    assert "| mean over seeds |" in text
    assert "| `deeplift_shuffles5` |" in text
    assert "nan" not in text
