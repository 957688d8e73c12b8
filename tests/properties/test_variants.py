"""Variants: trimmed alleles and their windows against strings of whole haplotypes."""

from __future__ import annotations

import numpy as np
from hypothesis import assume, given
from hypothesis import strategies as st

from tfmoe.application.variants.windows import (
    Change,
    allele_windows,
    context_start,
    context_width,
    trim,
)
from tfmoe.core.dna import decode, encode_text
from tfmoe.data.reading.genome import cut_windows

# of two bases, so that alleles often share some
ALLELE = st.text("AC", min_size=1, max_size=8)
GENOME = st.text("ACGT", min_size=30, max_size=60)


@given(st.text("ACGT", max_size=10), ALLELE, ALLELE, st.text("ACGT", max_size=10))
def test_a_trimmed_variant_makes_the_same_haplotype(
    before: str, ref: str, alt: str, after: str
) -> None:
    change = trim(len(before), ref.lower(), alt)
    genome = before + ref + after
    end = change.start + len(change.ref)
    assert genome[change.start : end] == change.ref
    assert genome[: change.start] + change.alt + genome[end:] == before + alt + after
    if change.ref and change.alt:
        assert change.ref[0] != change.alt[0]
        assert change.ref[-1] != change.alt[-1]
    assert trim(len(before), alt, ref) == Change(change.start, change.alt, change.ref)
    assert trim(change.start, change.ref, change.alt) == change


@given(GENOME, st.data(), st.integers(8, 15))
def test_each_allele_is_in_the_middle_of_its_window(
    genome: str, data: st.DataObject, window: int
) -> None:
    start = data.draw(st.integers(0, len(genome) - 1))
    ref = genome[start : start + data.draw(st.integers(0, 7))]
    alt = data.draw(st.text("ACGT", max_size=7))
    assume(ref or alt)
    offset = data.draw(st.integers(-((window - 8) // 2), (window - 8) // 2))
    change = Change(start, ref, alt)
    contexts = cut_windows(
        encode_text(genome), np.array([context_start(change, window)]), context_width(window)
    )
    found = allele_windows(contexts, [change], window, offset)
    for codes, allele in zip(found, (ref, alt), strict=True):
        haplotype = genome[:start] + allele + genome[start + len(ref) :]
        padded = "N" * 40 + haplotype + "N" * 40
        middle = 40 + start + len(allele) // 2 + offset
        first = middle - window // 2
        assert decode(codes) == [padded[first : first + window]]
