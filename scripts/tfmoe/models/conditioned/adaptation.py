"""Adaptation of the conditioned mixture to a new factor from a few of its peaks.

One convex fit: a logistic regression whose logit is that of the mixture without peaks, plus an
intercept, plus linear terms in scores of the library and in gapped k-mers of the given sequences.
The coefficients have normal priors of mean 0 (maximum a posteriori), so without peaks the result is
the mixture itself, and the more peaks there are, the more they move it. The fit is solved in its
dual form, whose size is the number of sequences, and takes seconds.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cho_solve, cholesky
from scipy.sparse import csr_matrix
from scipy.special import expit

from tfmoe.models.conditioned.folds import FOLDS, deal_folds
from tfmoe.models.conditioned.scores import Floats
from tfmoe.models.few_peaks import check_examples

# Prior variance of each block of features; each of its d coefficients has this variance / d. Chosen
# on left-out training factors of config/yeast and config/chr22.
KINDS, LIBRARY, BANK = "kinds", "library", "bank"
VARIANCES: Mapping[str, float] = {KINDS: 1.0, LIBRARY: 0.3, BANK: 3.0}
KMER_VARIANCE = 10.0
# of the prior of the intercept, which is all but free
INTERCEPT_VARIANCE = 100.0
_MOST_STEPS = 50
_TOLERANCE = 1e-9


@dataclass(frozen=True)
class Library:
    """Scores of n windows that an adapted mixture may weigh anew.

    Attributes
    ----------
    zero_shot
        Logits (n,) of the conditioned mixture without peaks.
    blocks
        Standardised scores (n, d) by block: ``kinds``, the scores that the gate weighs;
        ``library``, those of each expert and each gapped k-mer model; ``bank``, the best hits of
        all matrices of the release.
    kmers
        Gapped k-mer counts of unit norm, (n, features).
    """

    zero_shot: Floats
    blocks: Mapping[str, Floats]
    kmers: csr_matrix

    def select(self, rows: NDArray[np.int64]) -> Library:
        """Return the library of some windows."""
        blocks = {name: values[rows] for name, values in self.blocks.items()}
        return Library(self.zero_shot[rows], blocks, self.kmers[rows])


@dataclass(frozen=True)
class AdaptedMixture:
    """A mixture adapted to a factor.

    Attributes
    ----------
    intercept
        Added to all logits.
    blocks
        Coefficients (d,) by block.
    kmers
        Coefficients (features,).
    """

    intercept: float
    blocks: Mapping[str, Floats]
    kmers: Floats

    def logits(self, library: Library) -> Floats:
        """Return logits (n,) of windows."""
        return self.add(library.zero_shot, library.blocks, library.kmers @ self.kmers)

    def add(self, zero_shot: Floats, blocks: Mapping[str, Floats], kmers: Floats) -> Floats:
        """Return logits (n,) of windows.

        Parameters
        ----------
        zero_shot, blocks
            As in `Library`.
        kmers
            The sums (n,) of the gapped k-mer counts times their coefficients.
        """
        total = zero_shot + self.intercept + kmers
        for name, weights in self.blocks.items():
            total = total + blocks[name] @ weights
        return total


def adapt(
    library: Library, labels: NDArray[np.bool_], kernel: Floats | None = None
) -> AdaptedMixture:
    """Fit the mixture to labelled windows of a new factor.

    Parameters
    ----------
    library
        Scores of the n windows.
    labels
        bool (n,): peaks of the factor, and negatives. Both classes have the same total weight.
    kernel
        `prior_covariance` of the library, if it has been computed already.

    Raises
    ------
    InputError
        If there are fewer than `tfmoe.models.few_peaks.MIN_PEAKS` peaks, or no negatives.
    """
    check_examples(labels.astype(np.float32))
    kernel = prior_covariance(library) if kernel is None else kernel
    alpha, intercept = _solve(kernel, library.zero_shot, labels)
    blocks = {
        name: VARIANCES[name] / max(values.shape[1], 1) * (values.T @ alpha)
        for name, values in library.blocks.items()
    }
    return AdaptedMixture(intercept, blocks, KMER_VARIANCE * (library.kmers.T @ alpha))


def held_out_logits(
    library: Library,
    labels: NDArray[np.bool_],
    groups: NDArray[np.int64],
    rng: np.random.Generator,
    kernel: Floats | None = None,
) -> Floats:
    """Return logits (n,) of the given windows, each by a mixture fitted without its group.

    The windows are dealt to folds by `tfmoe.models.conditioned.folds.deal_folds`. Logits of
    different folds differ by their intercept at most, which is removed. A fold that has all peaks,
    or all negatives, leaves nothing to fit: its logits are those of the mixture without peaks.

    Parameters
    ----------
    library, labels, kernel
        As for `adapt`.
    groups
        int64 (n,): windows of equal number stay together, those that overlap.
    rng
        Draws the folds.

    Raises
    ------
    InputError
        As for `adapt`.
    """
    check_examples(labels.astype(np.float32))
    kernel = prior_covariance(library) if kernel is None else kernel
    folds = deal_folds(labels, groups, rng)
    found = library.zero_shot.astype(np.float64)
    for fold in range(FOLDS):
        out, kept = np.flatnonzero(folds == fold), np.flatnonzero(folds != fold)
        if 0 < labels[kept].sum() < len(kept):
            alpha, _ = _solve(kernel[np.ix_(kept, kept)], library.zero_shot[kept], labels[kept])
            found[out] += kernel[np.ix_(out, kept)] @ alpha
    return found


def kmer_covariance(kmers: csr_matrix) -> Floats:
    """Return the part of `prior_covariance` that gapped k-mer counts (n, features) contribute."""
    kernel: Floats = (KMER_VARIANCE * (kmers @ kmers.T)).toarray().astype(np.float64)
    return kernel


def prior_covariance(library: Library, kmers: Floats | None = None) -> Floats:
    """Return the covariance (n, n) of the linear terms under the priors.

    Parameters
    ----------
    library
        Scores of the n windows.
    kmers
        `kmer_covariance` of its k-mer counts, if it has been computed already.
    """
    kernel = kmer_covariance(library.kmers) if kmers is None else kmers.copy()
    for name, values in library.blocks.items():
        kernel += VARIANCES[name] / max(values.shape[1], 1) * (values @ values.T)
    return kernel


def _solve(kernel: Floats, offset: Floats, labels: NDArray[np.bool_]) -> tuple[Floats, float]:
    """Return the dual coefficients (n,) and the intercept of highest posterior density.

    Newton's method in the numerically stable form of Rasmussen and Williams (2006, Gaussian
    Processes for Machine Learning, algorithm 3.1), with steps halved until the density grows.
    """
    share = labels.mean()
    weights = np.where(labels, 0.5 / share, 0.5 / (1 - share))
    covariance = kernel + INTERCEPT_VARIANCE
    alpha, linear = np.zeros(len(labels)), np.zeros(len(labels))

    def density(alpha: Floats, linear: Floats) -> float:
        logits = offset + linear
        loss = weights @ (np.logaddexp(0, logits) - labels * logits)
        return float(-loss - 0.5 * alpha @ linear)

    best = density(alpha, linear)
    for _ in range(_MOST_STEPS):
        probability = expit(offset + linear)
        curvature = weights * probability * (1 - probability)
        roots = np.sqrt(curvature)
        factor = cholesky(np.eye(len(roots)) + roots[:, None] * covariance * roots, lower=True)
        target = curvature * linear + weights * (labels - probability)
        solved = cho_solve((factor, True), roots * (covariance @ target))
        step = target - roots * solved - alpha
        change, length = covariance @ step, 1.0
        while (found := density(alpha + length * step, linear + length * change)) < best:
            length /= 2
            if length < _TOLERANCE:
                return alpha, INTERCEPT_VARIANCE * float(alpha.sum())
        alpha, linear = alpha + length * step, linear + length * change
        if found - best < _TOLERANCE * max(1.0, abs(found)):
            break
        best = found
    return alpha, INTERCEPT_VARIANCE * float(alpha.sum())
