from __future__ import annotations

import numpy as np
import pytest

from tfmoe.data.simulation.genome import Background, draw_background, draw_chains, transitions


@pytest.fixture(scope="module")
def background() -> Background:
    return draw_background(4, 300_000, 0.05, 0.25, np.random.default_rng(1))


def cpg_ratio(codes: np.ndarray) -> float:
    pairs = (codes[:-1] == 1) & (codes[1:] == 2)
    return float(pairs.mean() / ((codes == 1).mean() * (codes == 2).mean()))


@pytest.mark.parametrize(("gc", "cpg"), [(0.37, None), (0.47, None), (0.64, 0.85)])
def test_a_chain_has_the_gc_content_asked_for(gc: float, cpg: float | None) -> None:
    table = transitions(gc, cpg)
    assert table.shape == (16, 4)
    np.testing.assert_allclose(table.sum(axis=1), 1)
    codes = draw_chains(np.stack([table] * 100), 2000, np.random.default_rng(2))
    assert codes.shape == (100, 2000) and codes.dtype == np.uint8 and codes.max() == 3
    assert np.isin(codes, [1, 2]).mean() == pytest.approx(gc, abs=0.02)


def test_both_strands_have_the_same_composition() -> None:
    codes = draw_chains(np.stack([transitions(0.4)] * 200), 5000, np.random.default_rng(3))
    pairs = np.bincount((codes[:, :-1] * 4 + codes[:, 1:]).ravel(), minlength=16).reshape(4, 4)
    share = pairs / pairs.sum()
    np.testing.assert_allclose(share, share[::-1, ::-1].T, atol=0.002)


def test_chains_are_drawn_from_their_own_tables() -> None:
    always = np.zeros((2, 16, 4))
    always[0, :, 1] = 1
    always[1, :, 3] = 1
    codes = draw_chains(always, 5, np.random.default_rng(0))
    assert codes.tolist() == [[1] * 5, [3] * 5]


def test_chromosomes_fall_in_length_and_follow_each_other(background: Background) -> None:
    assert background.names == ("sim1", "sim2", "sim3", "sim4")
    assert np.diff(background.starts).tolist() == [400_000, 333_333, 266_667, 200_000]
    assert len(background.codes) == background.starts[-1] == 1_200_000


def test_one_chromosome_is_as_long_as_the_mean() -> None:
    one = draw_background(1, 30_000, 0.0, 0.0, np.random.default_rng(0))
    assert one.starts.tolist() == [0, 30_000]
    assert not one.island.any() and not one.repeat.any()


def test_composition_is_that_of_a_mammalian_genome(background: Background) -> None:
    plain = background.codes[~background.island & ~background.repeat]
    assert 0.36 < np.isin(plain[plain < 4], [1, 2]).mean() < 0.46
    assert 0.1 < cpg_ratio(plain) < 0.3
    islands = background.codes[background.island]
    assert 0.6 < np.isin(islands, [1, 2]).mean() < 0.68
    assert 0.7 < cpg_ratio(islands) < 0.95


def test_shares_are_those_asked_for(background: Background) -> None:
    assert background.repeat.mean() == pytest.approx(0.25, abs=0.02)
    # repeats cut a quarter of the islands
    assert background.island.mean() == pytest.approx(0.05 * 0.75, abs=0.01)


def test_ends_and_some_gaps_are_unknown(background: Background) -> None:
    unknown = background.codes == 4
    for start, end in zip(background.starts[:-1], background.starts[1:], strict=True):
        assert unknown[start : start + 3000].all() and unknown[end - 3000 : end].all()
    gaps = np.flatnonzero(np.diff(unknown.astype(int)) == 1)
    assert len(gaps) > 4 + 3 and unknown.mean() < 0.05
    assert not (background.repeat & unknown).any() and not (background.island & unknown).any()


def test_repeats_are_copies_of_families(background: Background) -> None:
    # unlike in random sequence, many 20-mers of the repeats come back
    repeats = background.codes[background.repeat].tobytes()
    plain = background.codes[~background.repeat & (background.codes < 4)].tobytes()
    shares = []
    for text in (repeats, plain):
        words = [text[i : i + 20] for i in range(0, 200_000)]
        shares.append(1 - len(set(words)) / len(words))
    assert shares[0] > 0.1 and shares[1] < 0.01


def test_the_generator_decides_all() -> None:
    first, again, other = (
        draw_background(2, 50_000, 0.05, 0.2, np.random.default_rng(seed)) for seed in (5, 5, 6)
    )
    assert np.array_equal(first.codes, again.codes)
    assert not np.array_equal(first.codes, other.codes)
