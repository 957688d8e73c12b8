import shutil
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import kstest
from tests.fixtures.conditioned import NAMES, Run

from tfmoe.application.model.model import Model, load
from tfmoe.application.variants.background import (
    EmpiricalP,
    read_background_variants,
    write_background_variants,
)
from tfmoe.application.variants.effects import score_alleles
from tfmoe.application.variants.windows import Kind, gc_content
from tfmoe.core.dna import encode
from tfmoe.core.errors import InputError
from tfmoe.core.files import read_parquet, write_parquet
from tolerance import close

NUMBERS = {Kind.SNV: 40, Kind.MNV: 5, Kind.INSERTION: 10, Kind.DELETION: 10}


@pytest.fixture(scope="module")
def trained(model_folder: Path, run: Run, tmp_path_factory: pytest.TempPathFactory) -> Model:
    """Return a model with background variants."""
    folder = tmp_path_factory.mktemp("trained") / "model"
    shutil.copytree(model_folder, folder)
    model = load(folder, device="cpu")
    write_background_variants(model, [run.sequences(name) for name in NAMES], NUMBERS)
    return model


@pytest.mark.parametrize("factor", [None, "Beta", "Delta"])
def test_stored_scores_yield_the_effects_that_the_model_computes(
    trained: Model, factor: str | None
) -> None:
    background = read_background_variants(trained)
    assert background is not None
    query = trained.query(factor)
    found = background.effects(trained, query)
    ref, alt = (encode(background.table[f"{x}_sequence"].tolist()) for x in ("ref", "alt"))
    expected = score_alleles(trained, ref, alt, query)
    assert found.ref.shape == (65, 1)
    # stored logits are float32, and a few more sums of them are in float64
    close(found.ref, expected.ref, terms=20)
    close(found.alt, expected.alt, terms=20)
    assert np.abs(found.effect).max() > 0.01
    np.testing.assert_allclose(background.table["gc"], gc_content(ref), atol=1e-6)


@pytest.mark.parametrize("factor", [None, "Beta", "Delta"])
def test_networks_too_have_exactly_opposite_effects_for_exchanged_alleles(
    trained: Model, factor: str | None
) -> None:
    background = read_background_variants(trained)
    assert background is not None
    ref, alt = (encode(background.table[f"{x}_sequence"].tolist()) for x in ("ref", "alt"))
    query = trained.query(factor)
    forward, backward = (score_alleles(trained, *pair, query) for pair in ((ref, alt), (alt, ref)))
    np.testing.assert_array_equal(forward.by_seed, -backward.by_seed)
    np.testing.assert_array_equal(forward.effect, -backward.effect)
    np.testing.assert_array_equal(forward.ref, backward.alt)


def test_a_user_s_matrix_needs_no_network(trained: Model, run: Run) -> None:
    background = read_background_variants(trained)
    assert background is not None
    query = trained.query(matrix=run.matrices.read().matrices[1:])
    found = background.effects(trained, query)
    assert query.factor == "Delta"
    assert np.isfinite(found.effect).all()


def test_a_model_without_background_variants(
    trained: Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tfmoe.application.variants.background.BACKGROUND_VARIANTS", "none.parquet")
    assert read_background_variants(trained) is None
    assert EmpiricalP.of_model(trained, trained.query()) is None


def test_all_columns_are_read(trained: Model) -> None:
    table = read_parquet(trained.folder / "background_variants.parquet")
    background = read_background_variants(trained)
    assert background is not None
    assert set(background.table) == set(table)


@pytest.mark.parametrize(
    "column",
    ["gc", "ref_sequence", "alt_moe_seed0", "ref_expert_Beta_seed0", "alt_generalist_seed0",
     "ref_gkm_Alpha", "alt_pooled_gkm"],
)  # fmt: skip
def test_a_missing_column_is_named(
    trained: Model, column: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = read_parquet(trained.folder / "background_variants.parquet")
    write_parquet(table.drop(columns=column), trained.folder / "damaged.parquet")
    monkeypatch.setattr(
        "tfmoe.application.variants.background.BACKGROUND_VARIANTS", "damaged.parquet"
    )
    with pytest.raises(InputError, match=rf"damaged\.parquet: column {column} is missing"):
        read_background_variants(trained)


def test_p_values_of_the_model(trained: Model) -> None:
    empirical = EmpiricalP.of_model(trained, trained.query("Beta"))
    assert empirical is not None
    largest = np.abs(empirical.effect).max()
    found = empirical.p_values(
        ["snv", "snv", "deletion"], np.full(3, 0.5), np.zeros(3), np.array([2 * largest, 0.0, 0.0])
    )
    # there are fewer than a hundred of each kind, so all are compared
    assert found.tolist() == [1 / 41, 1.0, 1.0]


def sample(rng: np.random.Generator, number: int) -> tuple[np.ndarray, ...]:
    """Draw variants whose effects depend on GC content and the reference's logit."""
    gc = rng.beta(4, 4, number)
    ref_logit = rng.normal(4 * gc - 2, 1.5)
    effect = rng.normal(0, np.exp(0.25 * ref_logit + gc - 1))
    return gc, ref_logit, effect


def test_p_of_fresh_background_variants_is_uniform() -> None:
    rng = np.random.default_rng(1)
    background = EmpiricalP(np.array(["snv"] * 10_000), *sample(rng, 10_000))
    gc, ref_logit, effect = sample(rng, 2_000)
    found = background.p_values(["snv"] * 2_000, gc, ref_logit, effect)
    assert kstest(found, "uniform").pvalue > 0.01
    # also among variants of low, and of high, logit alone, where effects are smaller and larger
    for chosen in (ref_logit < -1, ref_logit > 1):
        assert kstest(found[chosen], "uniform").pvalue > 0.01
    # the comparison matters: without it, high logits would have too small p values
    apart = EmpiricalP(background.kinds, background.gc * 0, background.ref_logit * 0,
                       background.effect)  # fmt: skip
    unmatched = apart.p_values(["snv"] * 2_000, gc * 0, ref_logit * 0, effect)
    assert kstest(unmatched[ref_logit > 1], "uniform").pvalue < 1e-6


def test_p_is_at_least_one_over_the_number_of_comparisons() -> None:
    rng = np.random.default_rng(1)
    kinds = np.array(["snv"] * 8_000 + ["insertion"] * 800 + ["deletion"] * 30)
    background = EmpiricalP(kinds, *sample(rng, len(kinds)))
    kinds_asked = ["snv", "insertion", "deletion", "mnv"]
    found = background.p_values(kinds_asked, np.full(4, 0.5), np.zeros(4), np.full(4, -1e9))
    assert found[:3].tolist() == [1 / 501, 1 / 101, 1 / 31]
    assert np.isnan(found[3])


def test_background_variants_without_spread_are_all_alike() -> None:
    background = EmpiricalP(
        np.array(["snv"] * 3), np.full(3, 0.5), np.zeros(3), np.array([1.0, -2.0, 3.0])
    )
    found = background.p_values(["snv"] * 3, np.zeros(3), np.ones(3), np.array([2.0, -2.5, 0.5]))
    assert found.tolist() == [3 / 4, 2 / 4, 1.0]
