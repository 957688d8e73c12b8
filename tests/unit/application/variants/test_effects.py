from typing import Any

import numpy as np
import pytest
from tests.fixtures.variants import FakeModel

from tfmoe.application.variants.effects import AlleleEffects, score_alleles, score_changes
from tfmoe.application.variants.windows import Change
from tfmoe.core.dna import encode
from tfmoe.core.errors import InputError


def test_the_effect_is_the_mean_difference_of_logits_over_seeds() -> None:
    effects = AlleleEffects(
        np.array([[1.0, 2.0], [0.5, 0.5]], dtype=np.float32),
        np.array([[2.0, 5.0], [0.5, 0.0]], dtype=np.float32),
    )
    assert effects.by_seed.tolist() == [[1.0, 3.0], [0.0, -0.5]]
    assert effects.effect.tolist() == [2.0, -0.25]
    assert effects.sd.tolist() == pytest.approx([2**0.5, 0.125**0.5])
    assert effects.ref_logit.tolist() == [1.5, 0.5]
    assert effects.alt_logit.tolist() == [3.5, 0.25]


def test_one_seed_has_no_standard_deviation() -> None:
    effects = AlleleEffects(np.ones((3, 1), np.float32), np.zeros((3, 1), np.float32))
    assert effects.effect.tolist() == [-1.0] * 3
    assert np.isnan(effects.sd).all()


def test_exchanged_alleles_have_exactly_the_opposite_effects(model: FakeModel, query: Any) -> None:
    rng = np.random.default_rng(0)
    ref, alt = (rng.integers(0, 5, (50, model.window)).astype(np.uint8) for _ in range(2))
    forward = score_alleles(model, ref, alt, query)
    backward = score_alleles(model, alt, ref, query)
    np.testing.assert_array_equal(forward.by_seed, -backward.by_seed)
    np.testing.assert_array_equal(forward.effect, -backward.effect)
    np.testing.assert_array_equal(forward.sd, backward.sd)
    np.testing.assert_array_equal(forward.ref, backward.alt)
    # batches of other shapes may differ in the last bit
    assert set(model.calls) == {(50, model.window)}


def test_alleles_need_the_same_number_of_windows(model: FakeModel, query: Any) -> None:
    with pytest.raises(InputError, match=r"\(2, 4\) and \(1, 4\), expected the same shape"):
        score_alleles(model, encode(["ACGT", "AAAA"]), encode(["ACGT"]), query)


def test_offsets_yield_the_largest_and_the_mean_effect(model: FakeModel, query: Any) -> None:
    # G > T adds 1 to the code, and seed k weighs the position by (position + 1 + k)
    contexts = np.zeros((2, 33), dtype=np.uint8)
    changes = [Change(11, "G", "T"), Change(11, "T", "G")]
    found = score_changes(model, contexts, changes, query, [0, -2, 4])
    assert found.centred.by_seed.tolist() == [[6.0, 7.0], [-6.0, -7.0]]
    assert found.largest.tolist() == [8.5, -8.5]
    assert found.mean.tolist() == pytest.approx([(6.5 + 8.5 + 2.5) / 3, -(6.5 + 8.5 + 2.5) / 3])
