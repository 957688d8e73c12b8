import numpy as np
import pytest

from tfmoe.core.dna import Codes, encode, reverse_complement
from tfmoe.data.negatives.dinucleotide_shuffle import dinucleotide_counts
from tfmoe.models.augmentation import EpochSampler, EpochSettings, draw_epoch

PLAIN = EpochSettings(
    positives_per_epoch=1,
    stored=1,
    dinucleotide=0,
    shuffle="dinucleotide",
    max_shift=0,
    reverse_complement=False,
)


def change(**changes: object) -> EpochSettings:
    return EpochSettings(**{**vars(PLAIN), **changes})  # type: ignore[arg-type]


@pytest.fixture
def positives() -> Codes:
    return np.random.default_rng(0).integers(0, 4, (5, 16), dtype=np.uint8)


@pytest.fixture
def negatives() -> Codes:
    return np.random.default_rng(1).integers(0, 4, (20, 16), dtype=np.uint8)


def rows(codes: Codes) -> list[bytes]:
    return [row.tobytes() for row in codes]


def test_without_augmentation_windows_are_as_stored(positives: Codes, negatives: Codes) -> None:
    drawn = EpochSampler(positives, negatives, 3, PLAIN).draw(np.random.default_rng(2))
    assert drawn.codes.dtype == np.uint8
    assert drawn.labels.tolist() == [1] * 5 + [0] * 5
    assert sorted(rows(drawn.codes[:5])) == sorted(rows(positives[:, 3:13]))
    assert set(rows(drawn.codes[5:])) <= set(rows(negatives[:, 3:13]))
    assert len(set(rows(drawn.codes[5:]))) == 5


def test_a_small_set_is_shown_several_times(positives: Codes, negatives: Codes) -> None:
    settings = change(positives_per_epoch=12, stored=3)
    drawn = EpochSampler(positives, negatives, 3, settings).draw(np.random.default_rng(2))
    shown = [rows(drawn.codes[:12]).count(row) for row in rows(positives[:, 3:13])]
    assert sorted(shown) == [2, 2, 2, 3, 3]
    shown = [rows(drawn.codes[12:]).count(row) for row in rows(negatives[:, 3:13])]
    assert sorted(shown) == [1] * 4 + [2] * 16


def test_shifts_bring_in_the_flanks(positives: Codes, negatives: Codes) -> None:
    settings = change(positives_per_epoch=500, max_shift=2)
    drawn = EpochSampler(positives, negatives, 3, settings).draw(np.random.default_rng(2))
    shifted = {offset: set(rows(positives[:, 3 + offset : 13 + offset])) for offset in range(-3, 4)}
    found = {
        offset
        for row in rows(drawn.codes[:500])
        for offset, windows in shifted.items()
        if row in windows
    }
    assert found == {-2, -1, 0, 1, 2}


def test_half_of_the_windows_are_on_the_other_strand() -> None:
    positives = encode(["AAAAAAAAAA"])
    sampler = EpochSampler(positives, positives, 0, change(positives_per_epoch=400))
    assert sampler.draw(np.random.default_rng(2)).codes.max() == 0
    settings = change(positives_per_epoch=400, reverse_complement=True)
    drawn = EpochSampler(positives, positives, 0, settings).draw(np.random.default_rng(2))
    share = float((drawn.codes[:400] == 3).all(axis=1).mean())
    assert 0.4 < share < 0.6
    assert set(rows(drawn.codes)) == set(
        rows(np.vstack([positives, reverse_complement(positives)]))
    )


def test_shuffles_are_fresh_and_exact(positives: Codes, negatives: Codes) -> None:
    sampler = EpochSampler(positives, negatives, 3, change(stored=0, dinucleotide=2))
    rng = np.random.default_rng(2)
    first, second = sampler.draw(rng), sampler.draw(rng)
    assert first.labels.tolist() == [1] * 5 + [0] * 10
    assert rows(first.codes[5:]) != rows(second.codes[5:])
    for drawn in (first, second):
        counts = [row.tobytes() for row in dinucleotide_counts(drawn.codes)]
        assert sorted(counts[5:]) == sorted(counts[:5] * 2)


def test_shuffles_as_the_paper_made_them(positives: Codes, negatives: Codes) -> None:
    settings = change(stored=0, dinucleotide=1, shuffle="two_mers")
    drawn = EpochSampler(positives, negatives, 3, settings).draw(np.random.default_rng(2))

    def two_mers(codes: Codes) -> list[bytes]:
        pairs = codes.reshape(len(codes), 5, 2).astype(np.uint8)
        return sorted(bytes(np.sort(row @ np.array([4, 1]))) for row in pairs)

    assert two_mers(drawn.codes[5:]) == two_mers(drawn.codes[:5])
    assert rows(drawn.codes[5:]) != rows(drawn.codes[:5])


def test_a_pooled_epoch_is_the_experts_epochs_together(positives: Codes, negatives: Codes) -> None:
    one = EpochSampler(positives[:2], negatives, 3, change(positives_per_epoch=6))
    other = EpochSampler(positives[2:], negatives, 3, change(stored=2))
    drawn = draw_epoch([one, other], np.random.default_rng(2))
    assert len(drawn.labels) == 6 + 6 + 3 + 6
    assert drawn.labels.sum() == 9
    assert drawn.labels[:9].sum() < 9
    shown = [rows(drawn.codes[drawn.labels == 1]).count(row) for row in rows(positives[:, 3:13])]
    assert shown == [3, 3, 1, 1, 1]
