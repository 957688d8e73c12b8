import numpy as np
import pytest
from scipy.sparse import csr_matrix
from scipy.stats import rankdata

from tfmoe.core.errors import InputError
from tfmoe.models.conditioned.adaptation import (
    BANK,
    INTERCEPT_VARIANCE,
    KINDS,
    LIBRARY,
    VARIANCES,
    Library,
    adapt,
    held_out_logits,
)


def library(rng: np.random.Generator, labels: np.ndarray, signal: float = 2.0) -> Library:
    """Scores of which one of the library and one gapped k-mer mark the peaks."""
    n = len(labels)
    blocks = {
        name: rng.normal(size=(n, size)) for name, size in ((KINDS, 3), (LIBRARY, 4), (BANK, 9))
    }
    blocks[LIBRARY][:, 1] += signal * labels
    kmers = np.abs(rng.normal(size=(n, 50)))
    kmers[:, 7] += signal * labels
    kmers /= np.linalg.norm(kmers, axis=1, keepdims=True)
    return Library(0.5 * labels + rng.normal(size=n), blocks, csr_matrix(kmers))


def auroc(scores: np.ndarray, labels: np.ndarray) -> float:
    ranks = rankdata(scores)[labels]
    return (ranks.sum() - len(ranks) * (len(ranks) + 1) / 2) / (len(ranks) * (~labels).sum())


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(5)


def test_more_peaks_improve_on_the_mixture_without_peaks(rng: np.random.Generator) -> None:
    test_labels = np.arange(600) % 6 == 0
    test = library(rng, test_labels)
    found = [auroc(test.zero_shot, test_labels)]
    for peaks in (10, 30, 100):
        labels = np.arange(6 * peaks) < peaks
        fitted = adapt(library(rng, labels), labels)
        found.append(auroc(fitted.logits(test), test_labels))
    assert found == sorted(found)
    assert found[-1] > found[0] + 0.1


def test_the_dual_solution_has_the_gradient_of_the_primal_problem(rng: np.random.Generator) -> None:
    labels = np.arange(60) < 10
    given = library(rng, labels)
    fitted = adapt(given, labels)
    logits = fitted.logits(given)
    weights = np.where(labels, 3.0, 0.6)  # both classes weigh as much in total
    residual = weights * (1 / (1 + np.exp(-logits)) - labels)
    # at the optimum the loss balances the prior of each coefficient
    for name, values in given.blocks.items():
        variance = VARIANCES[name] / values.shape[1]
        np.testing.assert_allclose(
            fitted.blocks[name], -variance * (values.T @ residual), atol=1e-3
        )
    assert fitted.intercept == pytest.approx(-INTERCEPT_VARIANCE * residual.sum(), rel=1e-3)


def test_without_signal_the_result_stays_with_the_mixture(rng: np.random.Generator) -> None:
    labels = np.arange(60) < 10
    zeros = {name: np.zeros((60, 2)) for name in VARIANCES}
    given = Library(rng.normal(size=60), zeros, csr_matrix(np.full((60, 4), 0.5)))
    shifted = adapt(given, labels).logits(given) - given.zero_shot
    np.testing.assert_allclose(shifted, shifted[0], atol=1e-6)


def test_held_out_logits_do_not_see_their_own_window(rng: np.random.Generator) -> None:
    labels = np.arange(300) < 50
    noise = library(rng, labels, signal=0.0)
    blind = Library(np.zeros(300), noise.blocks, noise.kmers)
    each = np.arange(300)
    held_out = held_out_logits(blind, labels, each, np.random.default_rng(0))
    fitted = adapt(blind, labels).logits(blind)
    assert auroc(fitted, labels) > 0.8
    assert 0.3 < auroc(held_out, labels) < 0.65
    again = held_out_logits(blind, labels, each, np.random.default_rng(0))
    np.testing.assert_array_equal(held_out, again)


def test_held_out_logits_do_not_see_windows_that_overlap(rng: np.random.Generator) -> None:
    labels = np.repeat(np.arange(150) < 25, 2)
    noise = library(rng, labels, signal=0.0)
    # each window occurs twice, as windows that overlap nearly do
    twice = noise.select(np.repeat(np.arange(0, 300, 2), 2))
    blind = Library(np.zeros(300), twice.blocks, twice.kmers)
    each, pairs = np.arange(300), np.repeat(np.arange(150), 2)
    found = held_out_logits(blind, labels, each, np.random.default_rng(0))
    assert auroc(found, labels) > 0.75
    found = held_out_logits(blind, labels, pairs, np.random.default_rng(0))
    assert 0.3 < auroc(found, labels) < 0.65


@pytest.mark.parametrize("value", [True, False])
def test_without_other_peaks_or_negatives_the_mixture_is_not_adapted(
    rng: np.random.Generator, value: bool
) -> None:
    labels = np.arange(40) < 8
    given = library(rng, labels)
    together = np.where(labels == value, 0, np.arange(40))
    found = held_out_logits(given, labels, together, rng)
    same = found == given.zero_shot
    assert same[labels == value].all()
    assert not same.all()
    assert np.isfinite(found).all()


def test_a_selection_keeps_rows_together(rng: np.random.Generator) -> None:
    labels = np.arange(12) < 5
    given = library(rng, labels)
    part = given.select(np.array([2, 7]))
    np.testing.assert_array_equal(part.zero_shot, given.zero_shot[[2, 7]])
    np.testing.assert_array_equal(part.blocks[BANK], given.blocks[BANK][[2, 7]])
    np.testing.assert_array_equal(part.kmers.toarray(), given.kmers.toarray()[[2, 7]])


@pytest.mark.parametrize(("peaks", "negatives"), [(4, 20), (0, 20), (6, 0)])
def test_too_few_peaks_or_no_negatives_are_an_error(
    rng: np.random.Generator, peaks: int, negatives: int
) -> None:
    labels = np.arange(peaks + negatives) < peaks
    given = library(rng, labels)
    with pytest.raises(InputError, match=rf"found {peaks}.*expected"):
        adapt(given, labels)
    with pytest.raises(InputError, match=rf"found {peaks}.*expected"):
        held_out_logits(given, labels, np.arange(len(labels)), rng)
