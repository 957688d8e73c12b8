"""Effect of a motif that is put into background sequences, by position and orientation.

It follows tangermeme's function of the same name (https://github.com/jmschrei/tangermeme): the
effect is the mean over background sequences of the logit with the motif minus the logit without it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tfmoe.application.explain.contributions import KindSum, kind_sum, kinds_of
from tfmoe.core.dna import IUPAC, UNKNOWN, Codes, encode, reverse_complement
from tfmoe.core.errors import InputError
from tfmoe.core.files import Pathlike
from tfmoe.core.seeds import generator
from tfmoe.data.negatives.dinucleotide_shuffle import dinucleotide_shuffle
from tfmoe.data.reading.sequence_files import read_sequence_file
from tfmoe.jaspar.user_matrices import read_user_matrices
from tfmoe.models.conditioned.scores import Floats, Member

if TYPE_CHECKING:
    from tfmoe.application.model.model import Model, Query

EVERY = 5
"""Default distance of the positions, in bases."""
BACKGROUNDS = 100
"""Default number of background sequences."""
STRANDS = ("+", "-")
COLUMNS = ("position", "start", "strand", "effect", "sd", "sem")


@dataclass(frozen=True, eq=False)
class InsertedMotif:
    """A motif to put into sequences.

    Attributes
    ----------
    name
        The consensus, or id and name of a matrix.
    probabilities
        Float64 (4, W): probability of each base at each position.
    kept
        Bool (W,): positions at which the background's own base stays, written N.
    """

    name: str
    probabilities: Floats
    kept: NDArray[np.bool_]

    @property
    def width(self) -> int:
        """Number of positions, W."""
        return len(self.kept)

    def draw(self, number: int, rng: np.random.Generator) -> Codes:
        """Draw words by the probabilities.

        Returns
        -------
        uint8 (number, W)
            `UNKNOWN` where the background's base stays.
        """
        upper = np.cumsum(self.probabilities, axis=0)
        upper[-1] = 1.0  # the sums have rounding errors
        uniform = rng.random((number, 1, self.width))
        words: Codes = (uniform >= upper).sum(axis=1).astype(np.uint8)
        words[:, self.kept] = UNKNOWN
        return words


@dataclass(frozen=True, eq=False)
class Marginalization:
    """Effects of a motif.

    Attributes
    ----------
    motif
        The motif.
    baseline
        Mean logit of the background sequences.
    sequences
        Number of background sequences.
    table
        `COLUMNS` and one column per kind of member: position (of the motif's middle, relative to
        the window's middle, in bases), start (of the motif in the window, from 0), strand, effect
        (mean over sequences), sd (over sequences), sem (sd divided by the square root of their
        number), and the mean contribution of each kind to the effect.
    """

    motif: InsertedMotif
    baseline: float
    sequences: int
    table: pd.DataFrame


def read_motif(text: str, sample: bool = False, name: str | None = None) -> InsertedMotif:
    """Read a motif from a consensus or a MEME file.

    Parameters
    ----------
    text
        A consensus of IUPAC codes, or the path of a MEME file.
    sample
        Whether words are drawn by the probabilities of the matrix; otherwise each is its most
        probable word. The ambiguous codes of a consensus are always drawn.
    name
        Id or name of the matrix, for a file with several.

    Raises
    ------
    InputError
        If the text is neither, if it has no A, C, G or T, or if the file has several matrices and
        `name` matches none or more than one of them.
    """
    if Path(text).is_file() or "/" in text or "." in text:
        return _from_file(text, sample, name)
    letters = text.upper()
    odd = next((letter for letter in letters if letter not in IUPAC), None)
    if odd is not None or not letters:
        found = f"found {odd!r}" if odd else "it is empty"
        raise InputError(
            f"--motif: {text[:40]!r} is neither a file nor a consensus: {found}, expected A, C, G, "
            "T and other IUPAC codes"
        )
    if not set(letters) & set("ACGT"):
        raise InputError(f"--motif: {text[:40]!r} has no A, C, G or T")
    columns = [[float(base in IUPAC[letter]) for base in "ACGT"] for letter in letters]
    probabilities = np.array(columns).T
    kept = np.array([letter == "N" for letter in letters])
    return InsertedMotif(letters, probabilities / probabilities.sum(axis=0), kept)


def model_background(model: Model, number: int = BACKGROUNDS) -> Codes:
    """Return dinucleotide shuffles of the model's background windows.

    Returns
    -------
    uint8 (N, L)
        At most `number` rows, without unknown bases; the same for the same model.

    Raises
    ------
    InputError
        If the model has no background windows.
    """
    if model.conditioned is None:
        raise InputError(
            f"{model.folder}: the model has no background windows; give sequences with --background"
        )
    codes = model.conditioned.background.codes
    codes = codes[(codes < UNKNOWN).all(axis=1)]
    rng = generator(model.manifest.seed, "marginalize", "background")
    rows = rng.permutation(len(codes))[:number]
    return dinucleotide_shuffle(codes[np.sort(rows)], rng)


def read_background(path: Pathlike, window: int) -> Codes:
    """Read background sequences; of longer ones the middle is used.

    Returns
    -------
    uint8 (N, L)
        As they are, not shuffled.

    Raises
    ------
    InputError
        If the file is no FASTA, or a sequence is shorter than the window.
    """
    table = read_sequence_file(path)
    cut = []
    for sequence, line in zip(table["sequence"], table["line"], strict=True):
        if len(sequence) < window:
            raise InputError(
                f"{line}: the sequence has {len(sequence)} bases, expected at least {window}, the "
                "model's window"
            )
        first = (len(sequence) - window) // 2
        cut.append(sequence[first : first + window])
    return encode(cut)


def marginalize(
    model: Model,
    query: Query,
    motif: InsertedMotif,
    background: Codes,
    every: int = EVERY,
    advance: Callable[[int], None] = lambda _: None,
) -> Marginalization:
    """Measure the effect of a motif on the logit.

    Parameters
    ----------
    model, query
        The mixture and the factor asked about.
    motif
        The motif. One word is drawn per background sequence, the same at all positions.
    background
        uint8 (N, L).
    every
        Distance of the positions, in bases. The last position of the window is always included.
    advance
        Called with 1 after each placement; `placements` returns their number.

    Raises
    ------
    InputError
        If the motif is longer than the window.
    """
    check_width(motif, model.window)
    rng = generator(model.manifest.seed, "marginalize", "words")
    words = motif.draw(len(background), rng)
    before = kinds_of(model, query, model.score(background, query))
    parts = kind_sum(model, query, list(before))
    without = _contributions(parts, before)
    rows = []
    for start in _starts(model.window, motif, every):
        for strand in STRANDS:
            placed = words if strand == "+" else reverse_complement(words)
            inserted = insert(background, placed, start)
            scored = kinds_of(model, query, model.score(inserted, query))
            change = _contributions(parts, scored) - without
            middle = start + motif.width / 2 - model.window / 2
            rows.append((middle, start, strand, *_summary(change)))
            advance(1)
    columns = [*COLUMNS, *(kind.value for kind in before)]
    baseline = float(without.sum(axis=0).mean()) + parts.constant
    return Marginalization(motif, baseline, len(background), pd.DataFrame(rows, columns=columns))


def check_width(motif: InsertedMotif, window: int) -> None:
    """Raise an `InputError` if a motif is longer than the window."""
    if motif.width > window:
        raise InputError(
            f"--motif: {motif.name[:40]} has {motif.width} positions, expected at most {window}, "
            "the model's window"
        )


def placements(window: int, motif: InsertedMotif, every: int) -> int:
    """Return the number of placements: positions, in both orientations."""
    return len(STRANDS) * len(_starts(window, motif, every))


def insert(background: Codes, words: Codes, start: int) -> Codes:
    """Return sequences (N, L) with words (N, W) put at a start; unknown bases change nothing."""
    inserted = background.copy()
    place = inserted[:, start : start + words.shape[1]]
    place[:] = np.where(words < UNKNOWN, words, place)
    return inserted


def _contributions(parts: KindSum, kinds: Mapping[Member, Floats]) -> Floats:
    """Return the contributions (kinds, N) to the logit, means over training seeds."""
    means = {kind: values.mean(axis=1) for kind, values in kinds.items()}
    return np.stack(list(parts.contributions(means).values()))


def _summary(change: Floats) -> Iterator[float]:
    """Yield mean, deviation and standard error of changes (kinds, N), and the mean per kind."""
    total = change.sum(axis=0)
    spread = float(total.std(ddof=1)) if len(total) > 1 else np.nan
    yield from (float(total.mean()), spread, spread / np.sqrt(len(total)))
    yield from change.mean(axis=1).tolist()


def _starts(window: int, motif: InsertedMotif, every: int) -> list[int]:
    last = window - motif.width
    starts = list(range(0, last + 1, every))
    return starts if starts[-1] == last else [*starts, last]


def _from_file(path: str, sample: bool, name: str | None) -> InsertedMotif:
    matrices = read_user_matrices(path)
    chosen = [one for one in matrices if name is None or name in (one.matrix_id, one.name)]
    if len(chosen) != 1:
        listed = ", ".join(one.matrix_id for one in (chosen or matrices)[:8])
        fault = "none of them" if not chosen else f"{len(chosen)} of them"
        asked = f"--name {name} matches {fault}" if name else f"found {len(matrices)} matrices"
        raise InputError(f"{path}: {asked}; choose one by its id with --name: {listed}")
    matrix = chosen[0]
    probabilities = matrix.probabilities
    if not sample:
        probabilities = np.eye(4)[probabilities.argmax(axis=0)].T
    label = " ".join(dict.fromkeys((matrix.matrix_id, matrix.name)))
    return InsertedMotif(label, probabilities, np.zeros(matrix.length, dtype=np.bool_))
