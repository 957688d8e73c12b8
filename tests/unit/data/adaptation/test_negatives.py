from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from tests.unit.data.adaptation.conftest import (
    LENGTH,
    REGIONS,
    SETTINGS,
    SPLIT_OF,
    intervals,
    windows,
)

from tfmoe.core.config import SCHEMAS, load_schema
from tfmoe.core.errors import InputError
from tfmoe.data.adaptation.negatives import (
    AdaptationSources,
    draw_negatives_for,
    overlap_warning,
    too_few_peaks,
)
from tfmoe.data.adaptation.settings import MIN_PEAKS
from tfmoe.data.datasets import SequenceSet
from tfmoe.data.intervals import overlaps_table
from tfmoe.data.negatives.draw import fetch_positives
from tfmoe.data.negatives.parts import NegativeSettings, Part
from tfmoe.data.negatives.sampling import gc_content


def known(sources: AdaptationSources, table: pd.DataFrame) -> SequenceSet:
    return fetch_positives(table, sources.genome, sources.regions, 6, Part.TRAINING)


def draw(
    sources: AdaptationSources,
    peaks: SequenceSet,
    ratio: float = 5,
    settings: NegativeSettings = SETTINGS,
) -> SequenceSet:
    rng = np.random.default_rng(3)
    return draw_negatives_for(peaks, ratio, sources, settings, 0.1, rng, "peaks.bed")


def test_negatives_avoid_the_given_peaks_training_peaks_the_blacklist_and_the_test(sources) -> None:
    peaks = known(sources, windows())
    drawn = draw(sources, peaks)
    table = drawn.table
    assert len(drawn) == 300
    assert set(table["split"]) == {"train", "gate", "validation"}
    assert (table["split"] == table["chrom"].map(SPLIT_OF)).all()
    assert not overlaps_table(table, peaks.table, 50).any()
    assert not overlaps_table(table, sources.training_peaks).any()
    assert not overlaps_table(table, sources.blacklist).any()
    assert (set(table["label"]), set(table["kind"])) == ({0}, {"genomic"})
    assert table["name"].str.startswith("peaks.bed:genomic:").all()
    assert drawn.codes.shape == (300, 6 + LENGTH + 6)


def test_negatives_match_the_peaks_in_gc_content(sources) -> None:
    peaks = known(sources, windows())
    drawn = draw(sources, peaks)
    found = np.bincount(gc_content(drawn.windows), minlength=LENGTH + 1)
    wanted = 5 * np.bincount(gc_content(peaks.windows), minlength=LENGTH + 1)
    assert abs(found - wanted).sum() <= 6, "few GC contents are so rare that a neighbour is taken"


def test_unknown_peaks_of_the_factor_are_not_avoided(genome, sources) -> None:
    # training peaks leave nothing free but a stretch around the factor's other peaks on b
    blocked = intervals(("a", 0, 20_000), ("b", 0, 9_000), ("b", 12_000, 20_000), ("c", 0, 20_000))
    narrow = AdaptationSources(genome, REGIONS, blocked, intervals())
    given = windows(8, "a")
    others = windows(20, "b")
    drawn = draw(narrow, known(narrow, given), 12)
    assert drawn.table["start"].between(9_000, 12_000 - LENGTH).all()
    assert overlaps_table(drawn.table, others).any()


def test_chromosomes_without_any_peak_are_not_used(genome) -> None:
    sources = AdaptationSources(genome, REGIONS, intervals(("b", 0, 100)), intervals())
    drawn = draw(sources, known(sources, windows(8, "a")))
    assert set(drawn.table["chrom"]) == {"a", "b"}, "c has neither a given nor a training peak"


def test_no_training_peaks_and_no_blacklist(genome) -> None:
    sources = AdaptationSources(genome, REGIONS, intervals(), intervals())
    assert len(draw(sources, known(sources, windows(8, "a")))) == 40


@pytest.mark.parametrize(("ratio", "number"), [(0.01, 1), (0.5, 4), (1, 8), (2.4, 19)])
def test_negatives_per_positive(sources, ratio: float, number: int) -> None:
    assert len(draw(sources, known(sources, windows(8, "a")), ratio)) == number


def test_the_margin_is_kept_around_the_given_peaks(sources) -> None:
    peaks = known(sources, windows(8, "a"))
    wide = draw(sources, peaks, settings=replace(SETTINGS, margin=400))
    assert not overlaps_table(wide.table, peaks.table, 400).any()
    touching = draw(sources, peaks, 40, replace(SETTINGS, margin=0))
    assert overlaps_table(touching.table, peaks.table, 50).any()
    assert not overlaps_table(touching.table, peaks.table).any()


def test_too_few_negatives_are_an_error(genome) -> None:
    blocked = intervals(("a", 0, 20_000), ("b", 0, 19_900), ("c", 0, 20_000))
    sources = AdaptationSources(genome, REGIONS, blocked, intervals())
    message = r"^peaks\.bed: \d of 40 negatives could be drawn for 8 peaks, less than negatives\."
    with pytest.raises(InputError, match=message):
        draw(sources, known(sources, windows(8, "a")))
    with pytest.raises(InputError, match=r"lower adaptation\.negatives or negatives\.margin"):
        draw(sources, known(sources, windows(8, "a")))


def test_no_negatives_are_an_error_whatever_share_is_accepted(genome) -> None:
    blocked = intervals(*((chrom, 0, 20_000) for chrom in "abc"))
    sources = AdaptationSources(genome, REGIONS, blocked, intervals())
    with pytest.raises(InputError, match="0 of 40 negatives"):
        draw(sources, known(sources, windows(8, "a")), settings=replace(SETTINGS, min_share=0))


def test_some_missing_negatives_are_a_warning(genome, caplog) -> None:
    blocked = intervals(("a", 0, 20_000), ("b", 0, 19_000), ("c", 0, 20_000))
    sources = AdaptationSources(genome, REGIONS, blocked, intervals())
    loose = replace(SETTINGS, min_share=0.01)
    drawn = draw(sources, known(sources, windows(8, "a")), settings=loose)
    assert 0 < len(drawn) < 40
    assert f"{len(drawn)} of 40 negatives could be drawn for 8 peaks" in caplog.text


def test_known_peaks_lie_outside_the_test(sources) -> None:
    peaks = known(sources, windows(3))
    assert peaks.table["chrom"].tolist() == [*"aaabbbccc"]
    assert peaks.table["split"].tolist() == ["train"] * 3 + ["gate"] * 3 + ["validation"] * 3
    assert set(peaks.table["label"]) == {1}


@pytest.mark.parametrize(
    ("table", "found"),
    [
        (windows(4, "a"), "found 4 usable peaks"),
        (windows(0, "a"), "found 0 usable peaks"),
        (windows(9, "d"), "all 9 usable peaks lie in the split test, which is for evaluation only"),
        (
            pd.concat([windows(4, "a"), windows(9, "d")]),
            "only 4 of 13 usable peaks lie outside the split test",
        ),
    ],
)
def test_too_few_known_peaks_are_a_fault(sources, table: pd.DataFrame, found: str) -> None:
    fault = too_few_peaks(len(table), len(known(sources, table)), "peaks.bed")
    assert fault == f"peaks.bed: {found}; to adapt to a factor, provide at least 5 outside it"


def test_five_peaks_are_enough(sources) -> None:
    assert too_few_peaks(5, len(known(sources, windows(5, "a"))), "peaks.bed") == ""


def test_the_schema_has_the_same_fewest_peaks() -> None:
    keys = load_schema(SCHEMAS / "config.schema.yaml")["properties"]["adaptation"]["properties"]
    assert keys["peaks"]["items"]["minimum"] == keys["max_peaks"]["minimum"] == MIN_PEAKS


def test_a_warning_if_all_peaks_overlap_training_peaks() -> None:
    assert overlap_warning(np.array([True, False]), "peaks.bed") == ""
    warning = overlap_warning(np.array([True, True]), "peaks.bed")
    assert warning.startswith("peaks.bed: all 2 peaks overlap peaks of training experiments")
