import numpy as np
import pandas as pd
import pytest

from tfmoe.evaluation.panel import make_panels

FAMILY = ["moe", "experts", "pooled"]


@pytest.fixture
def metrics():
    rows = [
        (model, name, role, subset, seed, 0.7 + 0.01 * rank + 0.001 * seed)
        for rank, model in enumerate(["pooled", "expert_A", "moe", "best_expert"])
        for name, role, subset in [
            ("A", "in_distribution", "all"),
            ("X", "ood", "all"),
            ("Y", "ood", "all"),
            ("Z", "ood", "all"),
        ]
        for seed in (0, 1)
    ]
    columns = ["model", "experiment", "role", "subset", "seed", "auroc"]
    table = pd.DataFrame(rows, columns=columns).assign(negatives="genomic")
    strata = {"A": "-", "X": "cross_family", "Y": "cross_family", "Z": "general_factor"}
    return table.assign(stratum=table["experiment"].map(strata)).astype({"seed": float})


def ood(metrics, family=FAMILY):
    return list(make_panels(metrics, family, ["dinucleotide"]))[1]


def test_the_background_network_is_a_rival_on_shuffles_only(metrics):
    background = metrics[metrics["model"] == "pooled"].assign(model="background_vs_shuffle")
    metrics = pd.concat([metrics, background])
    family = [*FAMILY, "background_vs_shuffle"]
    assert ood(metrics, family).models == ["moe", "expert_A", "pooled"]
    panel = ood(metrics.assign(negatives="dinucleotide"), family)
    assert panel.models == ["moe", "expert_A", "pooled", "background_vs_shuffle"]


def test_family_and_means(metrics):
    panel = ood(metrics)
    keys = {"role": "ood", "negatives": "genomic", "subset": "all", "stratum": "all"}
    assert panel.keys == keys | {"peaks": "-"}
    assert panel.references == ["moe"]
    assert panel.models == ["moe", "expert_A", "pooled"]
    assert panel.sets == ["X", "Y", "Z"]
    assert panel.by_seed.shape == (3, 3, 2)
    assert panel.auroc[:, 0] == pytest.approx([0.7205, 0.7105, 0.7005])
    assert (panel.seeds, panel.note, panel.fault) == (2, "", "")


def test_each_scope_has_its_own_panel(metrics):
    more = metrics.assign(negatives="dinucleotide")
    panels = list(make_panels(pd.concat([more, metrics]), FAMILY, ["dinucleotide"]))
    assert [(panel.role, panel.negatives, panel.stratum) for panel in panels] == [
        ("in_distribution", "genomic", "all"),
        ("in_distribution", "dinucleotide", "all"),
        ("ood", "genomic", "all"),
        ("ood", "genomic", "cross_family"),
        ("ood", "genomic", "general_factor"),
        ("ood", "dinucleotide", "all"),
        ("ood", "dinucleotide", "cross_family"),
        ("ood", "dinucleotide", "general_factor"),
    ]
    assert panels[0].fault == "1 set, at least 2 are needed"


def test_model_without_seeds_is_the_same_in_each(metrics):
    pwm = metrics[(metrics["model"] == "moe") & (metrics["seed"] == 0)]
    pwm = pwm.assign(model="pwm", seed=np.nan, auroc=0.6)
    panel = ood(pd.concat([metrics, pwm]), [*FAMILY, "pwm"])
    assert panel.models[-1] == "pwm"
    assert (panel.by_seed[-1] == 0.6).all()


def test_model_absent_everywhere(metrics):
    panel = ood(metrics, [*FAMILY, "gkm"])
    assert "gkm" not in panel.models
    assert panel.note == "left out gkm: no AUROC on any set"
    panel = ood(metrics[metrics["model"] != "moe"])
    assert panel.fault == "the mixture has no scores"


def test_model_absent_on_a_set(metrics):
    metrics.loc[(metrics["model"] == "pooled") & (metrics["experiment"] == "Y"), "auroc"] = np.nan
    panel = ood(metrics)
    assert panel.sets == ["X", "Z"]
    assert panel.note == "left out set Y: no AUROC of pooled"


def test_seed_absent_of_a_model(metrics):
    lacking = metrics[~((metrics["model"] == "pooled") & (metrics["seed"] == 1))]
    panel = ood(lacking)
    assert panel.sets == ["X", "Y", "Z"]
    assert panel.seeds == 1
    assert panel.note == (
        "left out seed 1: pooled has none; one training seed: how much training varies is not known"
    )


def test_no_seed_in_common(metrics):
    disjoint = metrics[
        ~((metrics["model"] == "pooled") & (metrics["seed"] == 1))
        & ~((metrics["model"] == "moe") & (metrics["seed"] == 0))
    ]
    panel = ood(disjoint)
    assert panel.fault == "no set, at least 2 are needed"


def test_strata_have_panels_of_all_sequences_only(metrics):
    metrics = pd.concat([metrics, metrics[metrics["role"] == "ood"].assign(subset="no_overlap")])
    panels = list(make_panels(metrics, FAMILY, []))
    found = {(panel.subset, panel.stratum): panel.sets for panel in panels if panel.role == "ood"}
    assert found == {
        ("all", "all"): ["X", "Y", "Z"],
        ("all", "cross_family"): ["X", "Y"],
        ("all", "general_factor"): ["Z"],
        ("no_overlap", "all"): ["X", "Y", "Z"],
    }
    single = next(panel for panel in panels if panel.stratum == "general_factor")
    assert single.fault == "1 set, at least 2 are needed"


def test_training_factors_in_other_cells_are_in_no_panel_of_unseen_factors(metrics):
    other = metrics[metrics["experiment"] == "X"]
    other = other.assign(experiment="A_cells", role="same_factor", stratum="same_factor")
    parts = [metrics, other, other.assign(subset="no_overlap")]
    panels = list(make_panels(pd.concat(parts), FAMILY, ["dinucleotide"]))
    found = [(panel.role, panel.subset, panel.stratum, panel.sets) for panel in panels]
    assert found == [
        ("in_distribution", "all", "all", ["A"]),
        ("same_factor", "all", "all", ["A_cells"]),
        ("same_factor", "no_overlap", "all", ["A_cells"]),
        ("ood", "all", "all", ["X", "Y", "Z"]),
        ("ood", "all", "cross_family", ["X", "Y"]),
        ("ood", "all", "general_factor", ["Z"]),
    ]


def with_matrix(metrics, names):
    pwm = metrics[(metrics["model"] == "moe") & metrics["experiment"].isin(names)]
    pwm = pwm[pwm["seed"] == 0].assign(model="pwm", seed=np.nan, auroc=0.6)
    return pd.concat([metrics, pwm])


def test_a_factor_without_a_matrix_is_compared_with_all_other_models(metrics):
    metrics = with_matrix(metrics, ["A", "X", "Z"])
    panels = list(make_panels(metrics, [*FAMILY, "pwm"], []))
    found = {(panel.role, panel.stratum): panel for panel in panels}
    assert list(found) == [
        ("in_distribution", "all"),
        ("ood", "all"),
        ("ood", "with_matrix"),
        ("ood", "cross_family"),
        ("ood", "general_factor"),
    ]
    whole = found["ood", "all"]
    assert (whole.models, whole.sets) == (["moe", "expert_A", "pooled"], ["X", "Y", "Z"])
    assert whole.note == "left out pwm: no matrix of Y"
    matrix = found["ood", "with_matrix"]
    assert (matrix.models[-1], matrix.sets) == ("pwm", ["X", "Z"])
    assert matrix.note == "sets whose factor has a matrix: no matrix of Y"
    assert found["ood", "cross_family"].models == ["moe", "expert_A", "pooled"]
    assert found["ood", "general_factor"].models[-1] == "pwm"


def test_the_conditioned_mixture_is_a_reference_too(metrics):
    told = metrics[metrics["model"] == "moe"].assign(model="moe_conditioned", auroc=0.9)
    family = [*FAMILY, "moe_conditioned"]
    assert ood(pd.concat([metrics, told]), family).references == ["moe", "moe_conditioned"]
    alone = ood(pd.concat([metrics[metrics["model"] != "moe"], told]), family)
    assert (alone.references, alone.fault) == (["moe_conditioned"], "")


@pytest.fixture
def adapted(metrics):
    """Return OOD sets X, Y and Z, of which Z lacks 100 peaks and Y lacks a matrix."""
    sets = metrics[(metrics["role"] == "ood") & (metrics["model"] == "moe")]
    names = ["moe_adapted_10", "gkm_from_scratch_10", "moe_adapted_100", "gkm_from_scratch_100"]
    parts = [
        sets.assign(model=model, auroc=0.6 + 0.01 * rank)
        for rank, model in enumerate([*names, "moe_conditioned"])
    ]
    once = sets[sets["seed"] == 0].assign(seed=np.nan)
    parts += [once.assign(model="gkm", auroc=0.5), once.assign(model="pwm", auroc=0.7)]
    table = pd.concat(parts).assign(role="adapted").reset_index(drop=True)
    lacking = table["model"].str.endswith("_100") & (table["experiment"] == "Z")
    lacking |= (table["model"] == "pwm") & (table["experiment"] == "Y")
    return table.assign(auroc=table["auroc"].mask(lacking))


def test_each_number_of_peaks_has_its_own_panel(metrics, adapted):
    panels = [
        panel
        for panel in make_panels(pd.concat([metrics, adapted]), FAMILY, [])
        if panel.role == "adapted"
    ]
    assert [(panel.peaks, panel.stratum, panel.sets) for panel in panels] == [
        ("10", "all", ["X", "Y", "Z"]),
        ("10", "with_matrix", ["X", "Z"]),
        ("100", "all", ["X", "Y"]),
        ("100", "with_matrix", ["X"]),
    ]
    assert panels[0].models == ["moe_adapted_10", "moe_conditioned", "gkm", "gkm_from_scratch_10"]
    assert panels[1].models[-1] == "pwm"
    assert panels[2].references == ["moe_adapted_100"]
    assert panels[2].note == (
        "left out pwm: no matrix of Y; "
        "left out set Z: no AUROC of moe_adapted_100, gkm_from_scratch_100"
    )
    assert panels[0].seeds == 2


def test_no_adapted_mixture_one_draw(adapted):
    table = adapted[(adapted["model"] != "moe_adapted_10") & (adapted["seed"] != 1)]
    panel = next(iter(make_panels(table, FAMILY, [])))
    assert (panel.peaks, panel.fault) == ("10", "the mixture has no scores")
    assert panel.references == ["moe_adapted_10"]
    assert panel.note.endswith("one draw of peaks: how much draws vary is not known")
