from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from tfmoe.core.dna import reverse_complement
from tfmoe.core.errors import DivergenceError, InputError
from tfmoe.data.datasets import SequenceSet, read_sequences
from tfmoe.models.checkpoints import load_expert, weights_hash
from tfmoe.models.device import Compute
from tfmoe.models.few_peaks import FineTuneSettings, fine_tune_pooled, fit_gkm_from_scratch
from tfmoe.models.gkm_features import count_gapped_kmers
from tfmoe.models.prediction import predict
from tfmoe.models.training_loop import auroc
from tolerance import close

CPU = torch.device("cpu")
SETTINGS = FineTuneSettings(epochs=8, learning_rate=0.02)
TERMS = 36  # gapped k-mers of a window


def few(project: Path, peaks: int, negatives: int, split: str = "train") -> SequenceSet:
    """Return the first peaks and negatives of Gamma."""
    found = read_sequences(project / "Gamma.parquet", splits=[split])
    rows = [
        np.flatnonzero(found.labels == 1)[:peaks],
        np.flatnonzero(found.labels == 0)[:negatives],
    ]
    return found.select(np.concatenate(rows))


def rng() -> np.random.Generator:
    return np.random.default_rng(5)


def test_gapped_kmers_learn_a_motif_from_scratch(project: Path) -> None:
    given, test = few(project, 30, 60), few(project, 20, 40, "test")
    model = fit_gkm_from_scratch(given.windows, given.labels, 6, 5, [0.1, 10], rng())
    scores = model.score(test.windows)
    assert scores.dtype == np.float32
    assert scores.shape == (60,)
    assert auroc(scores, test.labels) > 0.8
    counts = count_gapped_kmers(test.windows, 6, 5)
    close(scores, (counts @ model.weights.T)[:, 0] + model.intercept, terms=TERMS)
    close(model.score(reverse_complement(test.windows)), scores, terms=TERMS)
    np.testing.assert_array_equal(model.score(test.windows[7:8]), scores[7:8])
    again = fit_gkm_from_scratch(given.windows, given.labels, 6, 5, [0.1, 10], rng())
    np.testing.assert_array_equal(again.weights, model.weights)


def fake_regression(fits: list[tuple[float, float, int]], best: float) -> object:
    """Return a fit that records strength, number of positives and size; one strength is right."""

    def fit(
        counts: csr_matrix, labels: NDArray[np.float32], strength: float, balance: bool
    ) -> SimpleNamespace:
        assert balance
        fits.append((strength, float(labels.sum()), len(labels)))

        def decide(left: csr_matrix) -> NDArray[np.float64]:
            sums = np.asarray(left.sum(axis=1)).ravel()
            return sums if strength == best else -sums

        return SimpleNamespace(
            decision_function=decide,
            coef_=np.zeros((1, counts.shape[1])),
            intercept_=np.zeros(1),
        )

    return fit


def homopolymers(positives: int, negatives: int) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
    """Return sequences of which those with few unknown bases, whose counts add up to more, bind."""
    random = np.random.default_rng(0)
    codes = random.integers(0, 4, (positives + negatives, 12)).astype(np.uint8)
    codes[positives:, 2:] = 4
    return codes, np.repeat(np.array([1, 0], np.float32), [positives, negatives])


def test_the_strength_is_the_best_on_folds_with_both_classes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    fits: list[tuple[float, float, int]] = []
    monkeypatch.setattr("tfmoe.models.few_peaks.fit_regression", fake_regression(fits, 1))
    model = fit_gkm_from_scratch(*homopolymers(10, 20), 4, 3, [100, 1, 10], rng())
    assert model.strength == 1
    assert fits == [(strength, 8, 24) for _ in range(5) for strength in (1, 10, 100)] + [
        (1, 10, 30)
    ]


def test_of_equal_strengths_the_lowest_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    fits: list[tuple[float, float, int]] = []
    monkeypatch.setattr("tfmoe.models.few_peaks.fit_regression", fake_regression(fits, 0))
    assert fit_gkm_from_scratch(*homopolymers(10, 20), 4, 3, [10, 2], rng()).strength == 2


def test_the_number_of_folds_depends_on_the_sequences(monkeypatch: pytest.MonkeyPatch) -> None:
    fits: list[tuple[float, float, int]] = []
    monkeypatch.setattr("tfmoe.models.few_peaks.fit_regression", fake_regression(fits, 10))
    # fewer than 10 positives: the middle strength
    assert fit_gkm_from_scratch(*homopolymers(9, 20), 4, 3, [1, 10, 100], rng()).strength == 10
    assert fits == [(10, 9, 29)]
    fits.clear()
    # two negatives: two folds
    fit_gkm_from_scratch(*homopolymers(10, 2), 4, 3, [1, 10], rng())
    assert fits == [(strength, 5, 6) for _ in range(2) for strength in (1, 10)] + [(10, 10, 12)]
    fits.clear()
    # many positives: one fold of five
    fit_gkm_from_scratch(*homopolymers(305, 5), 4, 3, [1, 10], rng())
    assert fits == [(1, 244, 248), (10, 244, 248), (10, 305, 310)]


@pytest.mark.parametrize(("peaks", "negatives"), [(4, 20), (0, 20), (10, 0), (0, 0)])
def test_too_few_sequences_of_a_class_are_an_error(
    project: Path, compute: Compute, peaks: int, negatives: int
) -> None:
    given = few(project, peaks, negatives)
    message = f"found {peaks} peaks and {negatives} negatives to learn from, expected at least 5"
    with pytest.raises(InputError, match=message):
        fit_gkm_from_scratch(given.windows, given.labels, 6, 5, [1], rng())
    with pytest.raises(InputError, match=message):
        fine_tune_pooled(
            project / "experts/Alpha", given.codes, given.labels, SETTINGS, 1, compute, given.flank
        )


def test_a_network_learns_a_new_motif(project: Path, compute: Compute) -> None:
    folder = project / "experts/Alpha"
    before = weights_hash(folder)
    given, test = few(project, 30, 60), few(project, 20, 40, "test")

    def tuned(seed: int) -> NDArray[np.float32]:
        network = fine_tune_pooled(
            folder, given.codes, given.labels, SETTINGS, seed, compute, given.flank
        )
        assert not network.training
        return predict(network, test.windows, 64, CPU)

    scores = tuned(1)
    start = auroc(predict(load_expert(folder), test.windows, 64, CPU), test.labels)
    assert auroc(scores, test.labels) > max(0.75, start + 0.1)
    np.testing.assert_array_equal(tuned(1), scores)
    assert (tuned(2) != scores).any()
    assert weights_hash(folder) == before


def test_five_peaks_without_flanks_are_enough_and_few_steps_change_little(
    project: Path, compute: Compute
) -> None:
    folder, test = project / "experts/Alpha", few(project, 20, 40, "test")
    # 4 steps, of which the warm-up would take none
    given = few(project, 5, 1)
    little = FineTuneSettings(epochs=1, learning_rate=1e-9)
    network = fine_tune_pooled(folder, given.windows, given.labels, little, 1, compute)
    start = predict(load_expert(folder), test.windows, 64, CPU)
    np.testing.assert_allclose(predict(network, test.windows, 64, CPU), start, atol=0.01)


def test_windows_of_another_length_are_an_error(project: Path, compute: Compute) -> None:
    given = few(project, 10, 20)
    with pytest.raises(InputError, match="experts/Alpha: found windows of 49 bases, expected 41"):
        fine_tune_pooled(project / "experts/Alpha", given.codes, given.labels, SETTINGS, 1, compute)


def test_a_fit_that_diverges_names_the_key(project: Path, compute: Compute) -> None:
    given = few(project, 10, 20)
    settings = FineTuneSettings(epochs=4, learning_rate=1e30)
    with pytest.raises(DivergenceError, match=r"lower adaptation\.fine_tune\.learning_rate"):
        fine_tune_pooled(
            project / "experts/Alpha", given.windows, given.labels, settings, 1, compute
        )
