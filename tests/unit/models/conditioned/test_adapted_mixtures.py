from pathlib import Path

import numpy as np
import pytest
from tests.fixtures.conditioned import NAMES, UNSEEN, Run

from tfmoe.core.errors import InputError
from tfmoe.data.datasets import read_sequences
from tfmoe.models.conditioned.adaptation import adapt, held_out_logits, kmer_covariance
from tfmoe.models.conditioned.adaptation import prior_covariance as covariance
from tfmoe.models.conditioned.adapted_mixtures import FittedMixtures, fit_mixtures
from tfmoe.models.conditioned.columns import ConditionedModels, Question
from tfmoe.models.conditioned.library import kmer_logits, scored_members
from tfmoe.models.conditioned.scored_library import build_library
from tfmoe.models.conditioned.scores import MemberScores
from tolerance import close

KMER = (5, 4)


@pytest.fixture(scope="module")
def models(run: Run, fitted: Path) -> ConditionedModels:
    return ConditionedModels.load(run.files(fitted))


@pytest.fixture(scope="module")
def labelled(run: Run, models: ConditionedModels) -> tuple[dict[int, MemberScores], np.ndarray]:
    """Return members' scores of the unseen factor's windows; the networks are random numbers."""
    data = read_sequences(run.sequences(UNSEEN), splits=["gate"])
    codes = np.ascontiguousarray(data.windows)
    rng = np.random.default_rng(2)
    columns = {f"expert_{name}": rng.normal(size=len(codes)) for name in NAMES}
    scores = scored_members(
        codes, columns, rng.normal(size=len(codes)), kmer_logits(models.kmers, codes)
    )
    return {0: scores}, data.labels > 0.5


def fit(
    labelled: tuple[dict[int, MemberScores], np.ndarray], models: ConditionedModels
) -> FittedMixtures:
    members, labels = labelled
    groups = np.arange(len(labels)) // 2
    evidence = models.evidence(Question(UNSEEN))
    return fit_mixtures(members, labels, groups, evidence, models, KMER, 9)


def test_fit_and_logits_are_those_of_the_library(labelled, models: ConditionedModels) -> None:
    members, labels = labelled
    found = fit(labelled, models)
    mixtures = found.mixtures
    library = build_library(
        members[0], models.reference(0), models.mixture, mixtures.evidence, mixtures.bank, KMER
    )
    expected = adapt(library, labels)
    close(mixtures.by_seed[0].kmers, expected.kmers, terms=100)
    close(mixtures.logits(members, models)[0], expected.logits(library), 8, dtype=np.float32)
    groups = np.arange(len(labels)) // 2
    held_out = held_out_logits(library, labels, groups, np.random.default_rng(9))
    close(found.held_out, held_out + expected.intercept, terms=1000)
    assert np.ptp(found.held_out[labels]) > 0


def test_the_part_of_the_kmers_may_be_given(labelled, models: ConditionedModels) -> None:
    members, _ = labelled
    mixtures = fit(labelled, models).mixtures
    library = build_library(
        members[0], models.reference(0), models.mixture, mixtures.evidence, mixtures.bank, KMER
    )
    given = kmer_covariance(library.kmers)
    kept = given.copy()
    np.testing.assert_array_equal(covariance(library, given), covariance(library))
    np.testing.assert_array_equal(given, kept)


def test_too_few_peaks_are_an_error(labelled, models: ConditionedModels) -> None:
    members, labels = labelled
    few = labels & (np.cumsum(labels) <= 4)
    with pytest.raises(InputError, match="found 4 peaks and 56 negatives"):
        fit((members, few), models)
