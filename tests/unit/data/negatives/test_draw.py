from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tfmoe.core.config import schema_defaults
from tfmoe.core.errors import InputError
from tfmoe.core.vocabulary import KINDS
from tfmoe.data.datasets import write_sequences
from tfmoe.data.intervals import overlaps_table
from tfmoe.data.negatives.context import NegativeSources, forbidden_regions
from tfmoe.data.negatives.dinucleotide_shuffle import dinucleotide_counts
from tfmoe.data.negatives.draw import DRAWERS, DrawnNegatives, draw_negatives
from tfmoe.data.negatives.join import join_sequences, join_summaries
from tfmoe.data.negatives.parts import NegativeSettings, Part, part_section
from tfmoe.data.negatives.sampling import gc_content, ks_distance
from tfmoe.data.reading.chromosomes import Naming
from tfmoe.data.reading.genome import Genome, prepare_genome, read_chromosomes
from tfmoe.data.reading.peaks import PlacedPeaks, place_all
from tfmoe.data.windows.select import WindowSettings, footprints, select_windows
from tfmoe.data.windows.splits import SplitSettings, split_of_windows, split_regions

SPLIT_OF = {"a": "train", "b": "gate", "c": "validation", "d": "test"}
REGIONS = pd.DataFrame(
    {"chrom": list("abcd"), "start": 0, "end": 20_000, "split": list(SPLIT_OF.values())}
)
NONE = dict.fromkeys(KINDS, 0.0)
WINDOWS = WindowSettings(length=41, flank=6, max_n_share=0.1, max_peaks=None)
SECTION = {
    "training": {**NONE, "genomic": 2, "dinucleotide": 0.5},
    "evaluation": {**NONE, "genomic": 3, "dinucleotide": 1},
    "margin": 50,
    "neighbour_distance": 150,
    "gc_tolerance": 0.1,
    "match_repeats": False,
    "min_share": 0.8,
}
NOTHING = pd.DataFrame({"chrom": [], "start": [], "end": []})


@pytest.fixture(scope="module")
def genome(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Genome]:
    folder = tmp_path_factory.mktemp("genome")
    rng = np.random.default_rng(1)
    text = "".join(
        f">{name}\n" + "".join(rng.choice(list("ACGT"), 20_000)) + "\n" for name in "abcd"
    )
    (folder / "source.fa").write_text(text)
    prepare_genome(folder / "source.fa", None, folder / "genome.fa", folder / "chromosomes.tsv")
    with Genome(folder / "genome.fa") as opened:
        yield opened


def windows() -> pd.DataFrame:
    starts = np.arange(200, 19_000, 900)
    parts = [
        pd.DataFrame({"chrom": chrom, "start": starts, "end": starts + 41, "strand": "."})
        for chrom in "abcd"
    ]
    table = pd.concat(parts, ignore_index=True)
    return table.assign(
        name="x:peak:" + table["chrom"] + ":" + table["start"].astype("str"),
        summit=table["start"] + 20,
    )


def draw_both(
    role: str,
    own: pd.DataFrame,
    sources: NegativeSources,
    section: dict[str, object],
    shape: WindowSettings = WINDOWS,
    seed: int = 7,
) -> DrawnNegatives:
    """Draw both parts and join them."""
    training, test = (
        draw_negatives(
            "x", role, part, own, sources, NegativeSettings(**part_section(section, part)), shape,
            seed,
        )
        for part in Part
    )  # fmt: skip
    return DrawnNegatives(
        join_sequences(training.sequences, test.sequences, own["name"].tolist(), False),
        join_summaries([part.summary for part in (training, test) if len(part.summary)]),
    )


def draw(genome: Genome, role: str = "train", **changes: object) -> DrawnNegatives:
    sources = NegativeSources(genome, REGIONS, windows(), NOTHING)
    return draw_both(role, windows(), sources, {**SECTION, **changes})


def test_counts_of_a_training_experiment(genome: Genome) -> None:
    table = draw(genome).sequences.table
    counts = table.groupby(["split", "kind"]).size().to_dict()
    assert counts == {
        ("train", "peak"): 21,
        ("train", "genomic"): 42,
        ("gate", "peak"): 21,
        ("gate", "genomic"): 42,
        ("gate", "dinucleotide"): 10,
        ("validation", "peak"): 21,
        ("validation", "genomic"): 42,
        ("validation", "dinucleotide"): 10,
        ("test", "peak"): 21,
        ("test", "genomic"): 63,
        ("test", "dinucleotide"): 21,
    }
    assert table["name"].is_unique
    assert set(table.loc[table["kind"] == "peak", "label"]) == {1}
    assert set(table.loc[table["kind"] != "peak", "label"]) == {0}


def test_counts_of_an_ood_experiment(genome: Genome) -> None:
    table = draw(genome, "ood").sequences.table
    assert (table["kind"] == "peak").sum() == 84
    assert set(table.loc[table["kind"] != "peak", "split"]) == {"test"}
    assert (table["kind"] == "genomic").sum() == 63


def test_genomic_negatives(genome: Genome, cut) -> None:
    sequences = draw(genome).sequences
    genomic = sequences.select(sequences.table["kind"] == "genomic")
    table = genomic.table
    # in the chromosomes of their split, away from all peaks and the margin
    assert (table["chrom"].map(SPLIT_OF) == table["split"]).all()
    assert not overlaps_table(table, windows(), margin=50).any()
    assert not table.duplicated(["chrom", "start"]).any()
    assert table["parent"].isna().all()
    np.testing.assert_array_equal(genomic.codes, cut(genome, table, 6))
    for split in SPLIT_OF.values():
        positives = sequences.select(
            (sequences.table["split"] == split) & (sequences.table["label"] == 1)
        )
        drawn = genomic.select(table["split"] == split)
        assert ks_distance(gc_content(positives.windows), gc_content(drawn.windows)) <= 0.02


def test_shuffles(genome: Genome) -> None:
    sequences = draw(genome).sequences
    table = sequences.table
    shuffles = sequences.select(table["kind"] == "dinucleotide")
    parents = sequences.select(table.set_index("name").index.get_indexer(shuffles.table["parent"]))
    assert (parents.table["split"] == shuffles.table["split"]).all()
    assert (parents.table["start"] == shuffles.table["start"]).all()
    assert set(parents.table["kind"]) == {"peak"}
    np.testing.assert_array_equal(
        dinucleotide_counts(shuffles.windows), dinucleotide_counts(parents.windows)
    )
    assert (shuffles.windows != parents.windows).any(axis=1).all()
    # no real sequence surrounds a shuffle
    assert (shuffles.codes[:, :6] == 4).all()
    assert (shuffles.codes[:, -6:] == 4).all()
    first = shuffles.table.loc[shuffles.table["split"] == "test"].iloc[0]
    assert first["name"] == "x:dinucleotide:d:200:1"
    assert first["parent"] == "x:peak:d:200"


def test_several_shuffles_per_positive(genome: Genome) -> None:
    table = draw(
        genome, "ood", evaluation={**NONE, "genomic": 0, "dinucleotide": 2}
    ).sequences.table
    shuffles = table[table["kind"] == "dinucleotide"]
    assert shuffles["name"].tolist()[:3] == [
        "x:dinucleotide:d:200:1",
        "x:dinucleotide:d:200:2",
        "x:dinucleotide:d:1100:1",
    ]
    assert set(table["kind"]) == {"peak", "dinucleotide"}


def test_reproducible(genome: Genome) -> None:
    first, again = draw(genome), draw(genome)
    assert first.sequences.table.equals(again.sequences.table)
    np.testing.assert_array_equal(first.sequences.codes, again.sequences.codes)


def test_a_part_has_its_splits_and_settings_alone(genome: Genome) -> None:
    whole = draw(genome)
    for part in Part:
        # the other part's numbers are not even there
        settings = NegativeSettings(**part_section(SECTION, part))
        assert settings.ratios == SECTION[part.config_key]
        sources = NegativeSources(genome, REGIONS, windows(), NOTHING)
        drawn = draw_negatives("x", "train", part, windows(), sources, settings, WINDOWS, 7)
        table = whole.sequences.table
        expected = whole.sequences.select(table["split"].isin(part.splits))
        assert drawn.sequences.table.equals(expected.table)
        np.testing.assert_array_equal(drawn.sequences.codes, expected.codes)
        assert set(drawn.summary["split"]) == set(part.splits)


def test_the_training_part_of_an_ood_experiment_has_positives_only(genome: Genome) -> None:
    sources = NegativeSources(genome, REGIONS, windows(), NOTHING)
    settings = NegativeSettings(**part_section(SECTION, Part.TRAINING))
    arguments = ("x", "ood", Part.TRAINING, windows(), sources, settings, WINDOWS, 7)
    drawn = draw_negatives(*arguments)
    assert drawn.sequences.table["split"].value_counts().to_dict() == {
        "train": 21, "gate": 21, "validation": 21,
    }  # fmt: skip
    assert set(drawn.sequences.table["kind"]) == {"peak"}
    assert len(drawn.summary) == 0


def test_summary(genome: Genome) -> None:
    summary = draw(genome).summary
    assert summary["kind"].tolist() == ["genomic"] * 4 + ["dinucleotide"] * 3
    assert summary["asked"].tolist() == summary["drawn"].tolist() == [42, 42, 42, 63, 10, 10, 21]
    assert (summary["ks_gc"][:4] <= 0.02).all()


def test_shortfall(genome: Genome) -> None:
    many = {**NONE, "genomic": 60, "dinucleotide": 0}
    with pytest.raises(InputError) as error:
        draw(genome, evaluation=many)
    message = str(error.value)
    assert message.startswith("experiment x: only ")
    assert "of 1260 genomic negatives could be drawn in split test" in message
    assert "less than negatives.min_share = 0.8 (the split has no more windows like the" in message
    assert "; lower negatives.evaluation.genomic or negatives.margin, raise" in message
    drawn = draw(genome, evaluation=many, min_share=0).summary
    test = drawn[drawn["split"] == "test"].iloc[0]
    assert 100 < test["drawn"] < 1260 == test["asked"]


def test_forbidden_regions() -> None:
    peaks = pd.DataFrame(
        {"chrom": ["a", "b"], "start": [100, 500], "end": [101, 900], "summit": [100, 510]}
    )
    blacklist = pd.DataFrame({"chrom": ["c"], "start": [5], "end": [9]})
    regions = forbidden_regions(peaks, blacklist, 41, 10)
    assert regions.to_numpy().tolist() == [["a", 70, 131], ["b", 480, 910], ["c", 5, 9]]


def test_defaults_fit_the_settings() -> None:
    section = schema_defaults("negatives")
    training, test = (NegativeSettings(**part_section(section, part)) for part in Part)
    assert training.ratios["genomic"] == 5
    assert test.ratios["dinucleotide"] == 1
    assert WindowSettings(**schema_defaults("windows")).length == 101
    assert list(DRAWERS) == list(KINDS)
    assert set(training.ratios) == set(test.ratios) == set(KINDS)


def test_file_of_the_genome_is_untouched(genome: Genome) -> None:
    before = genome.letters("a").copy()
    draw(genome)
    np.testing.assert_array_equal(genome.letters("a"), before)


def test_all_kinds_side_by_side(genome: Genome) -> None:
    other = windows().assign(start=lambda table: table["start"] + 400)
    other = other.assign(end=other["start"] + 41)
    file = PlacedPeaks(
        other.assign(
            start=other["start"] + 100, end=other["end"] + 100, summit=other["start"] + 120
        ),
        len(other),
        Naming({}, {}, (), ()),
    )
    ratios = {
        "genomic": 1,
        "dinucleotide": 0.5,
        "neighbour": 3,
        "other_factor": 0.5,
        "file": 1,
    }
    sources = NegativeSources(genome, REGIONS, windows(), NOTHING, [other], file)
    section = {**SECTION, "training": ratios, "evaluation": ratios}
    drawn = draw_both("train", windows(), sources, section)
    table = drawn.sequences.table
    assert table["kind"].drop_duplicates().tolist() == ["peak", *KINDS]
    counts = table.groupby(["kind", "split"]).size()
    for split in SPLIT_OF.values():
        assert counts["genomic", split] == 21
        assert counts["neighbour", split] == 63
        assert counts["other_factor", split] == 10
        assert counts["file", split] == 21
    assert (drawn.summary["why"] == "-").all()
    assert (drawn.summary["drawn"] == drawn.summary["asked"]).all()
    assert drawn.summary["kind"].drop_duplicates().tolist() == list(KINDS)
    assert table["name"].is_unique
    found = table[(table["kind"] == "other_factor") & (table["split"] == "gate")]
    assert found["name"].iloc[0] == f"x:other_factor:b:{found['start'].iloc[0]}"
    assert set(found["start"]) <= set(other["start"])
    # kinds are drawn independently of one another
    alone = draw(genome, training={**NONE, "genomic": 1}, evaluation={**NONE, "genomic": 1})
    genomic = table.loc[table["kind"] == "genomic", "name"].tolist()
    assert genomic == alone.sequences.table["name"].tolist()[84:]


def test_chromosomes_without_peaks_are_not_used(
    genome: Genome, caplog: pytest.LogCaptureFixture
) -> None:
    regions = REGIONS.assign(split=["train", "test", "test", "test"])
    some = windows()[windows()["chrom"].isin(["a", "b", "d"])]
    drawn = draw_both("ood", some, NegativeSources(genome, regions, some, NOTHING), SECTION)
    genomic = drawn.sequences.table[drawn.sequences.table["kind"] == "genomic"]
    assert set(genomic["chrom"]) == {"b", "d"}
    assert drawn.summary["chromosomes_unused"].tolist() == ["c", "-"]
    assert "x: the factor has no peak on c; no genomic negatives are drawn there" in caplog.text
    # another experiment of the factor has peaks there: the chromosome is used, its peaks are not
    both = NegativeSources(genome, regions, pd.concat([some, windows()]), NOTHING)
    drawn = draw_both("ood", some, both, SECTION)
    genomic = drawn.sequences.table[drawn.sequences.table["kind"] == "genomic"]
    assert set(genomic["chrom"]) == {"b", "c", "d"}
    assert not overlaps_table(genomic, windows(), margin=50).any()


def test_a_kind_without_candidates(genome: Genome) -> None:
    asked = {**NONE, "genomic": 1, "other_factor": 1}
    with pytest.raises(InputError) as error:
        draw(genome, training=NONE | {"genomic": 1}, evaluation=asked)
    assert str(error.value) == (
        "experiment x: only 0 of 21 other_factor negatives could be drawn in split test, less than "
        "negatives.min_share = 0.8 (0 of 0 windows of other training factors are usable); "
        "lower negatives.evaluation.other_factor or negatives.margin, or add training experiments "
        "of other factors"
    )
    summary = draw(genome, training=asked, evaluation=asked, min_share=0).summary
    empty = summary[summary["kind"] == "other_factor"]
    assert empty["drawn"].tolist() == [0, 0, 0, 0]
    assert empty["why"].str.startswith("0 of 0 windows of other training factors").all()
    assert empty[["gc_negatives", "ks_gc", "repeat_negatives"]].isna().all(axis=None)


def test_a_split_without_any_negatives(genome: Genome) -> None:
    # an experiment without a file of negatives gets none of that kind
    with pytest.raises(InputError) as error:
        draw(genome, training={**NONE, "genomic": 1}, evaluation={**NONE, "file": 1})
    message = str(error.value)
    assert message.startswith("experiment x: split test gets no negatives")
    assert "negatives.evaluation.genomic" in message
    # training makes the shuffles of the split train, but not those of gate and validation
    shuffles = {**NONE, "dinucleotide": 1}
    table = draw(genome, training=shuffles, evaluation=shuffles).sequences.table
    assert set(table.loc[table["split"] == "train", "kind"]) == {"peak"}


@pytest.mark.parametrize("length", [201, 1001])
def test_long_windows(genome: Genome, length: int) -> None:
    own = windows()
    own = own[own["start"] % 1800 == 200]
    start = own["summit"] - length // 2
    own = own.assign(start=start, end=start + length)[start >= 0]
    ratios = {**NONE, "genomic": 0.5, "dinucleotide": 1, "neighbour": 0.5}
    changes = {"training": ratios, "evaluation": ratios, "margin": 0, "neighbour_distance": 1100}
    shape = WindowSettings(length=length, flank=25, max_n_share=0, max_peaks=None)
    sources = NegativeSources(genome, REGIONS, own, NOTHING)
    drawn = draw_both("train", own, sources, {**SECTION, **changes, "min_share": 0}, shape)
    table = drawn.sequences.table
    assert (table["end"] - table["start"] == length).all()
    assert drawn.sequences.codes.shape[1] == length + 50
    genomic = table[table["kind"].isin(["genomic", "neighbour"])]
    assert not overlaps_table(genomic, own).any()
    if length == 201:
        assert (drawn.summary["drawn"] == drawn.summary["asked"]).all()


def test_a_genome_that_is_not_soft_masked(genome: Genome, caplog: pytest.LogCaptureFixture) -> None:
    draw(genome, "ood", match_repeats=True)
    assert "x: all positives have the same share of lower-case bases" in caplog.text


def test_repeats_are_matched_on_request(tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    letters = rng.choice(list("ACGT"), 60_000)
    masked = rng.random(600) < 0.3
    letters = np.where(np.repeat(masked, 100), np.char.lower(letters), letters)
    (tmp_path / "source.fa").write_text(">a\n" + "".join(letters) + "\n")
    prepare_genome(tmp_path / "source.fa", None, tmp_path / "g.fa", tmp_path / "chromosomes.tsv")
    starts = np.flatnonzero(masked)[:60] * 100 + 30
    own = pd.DataFrame({"chrom": "a", "start": starts, "end": starts + 41, "summit": starts + 20})
    own = own.assign(name="x:peak:a:" + own["start"].astype("str"), strand=".")
    regions = pd.DataFrame({"chrom": ["a"], "start": [0], "end": [60_000], "split": ["test"]})
    with Genome(tmp_path / "g.fa") as opened:
        sources = NegativeSources(opened, regions, own, NOTHING)
        rows = {}
        for matched in (False, True):
            changes = {"evaluation": {**NONE, "genomic": 1}, "match_repeats": matched, "margin": 0}
            drawn = draw_both("ood", own, sources, {**SECTION, **changes})
            rows[matched] = drawn.summary.iloc[0]
    assert rows[False]["repeat_positives"] == 1
    assert rows[False]["repeat_negatives"] < 0.5
    assert rows[True]["repeat_negatives"] > 0.85
    assert rows[True]["ks_repeat"] < rows[False]["ks_repeat"]
    assert rows[True]["ks_gc"] <= 0.05


def test_real_peaks_of_one_chromosome(real_data: Path, tmp_path: Path) -> None:
    human = real_data / "human"
    source = human / "hg19.chr22.partial.fa.gz"
    prepare_genome(source, None, tmp_path / "g.fa", tmp_path / "chromosomes.tsv")
    chromosomes = read_chromosomes(tmp_path / "chromosomes.tsv")
    shape = WindowSettings(**schema_defaults("windows"))
    splits = SplitSettings(**{**schema_defaults("splits"), "by": "blocks"})
    regions = split_regions(chromosomes.used_lengths, splits, shape.span, 1)
    placed = {
        name: place_all(
            [human / f"ChIPseq.{name}.conservative.train.narrowPeak.gz"], chromosomes, {}, "hg19"
        )
        for name in ("HepG2.FOXA1", "K562.CTCF")
    }
    ratios = {"genomic": 5, "dinucleotide": 1, "neighbour": 1, "other_factor": 0.5, "file": 0}
    with Genome(tmp_path / "g.fa") as opened:
        own, other = (
            select_windows("x", peaks, opened, NOTHING, shape, regions).table
            for peaks in placed.values()
        )
        peaks = placed["HepG2.FOXA1"].table
        sources = NegativeSources(opened, regions, peaks, NOTHING, [other])
        section = schema_defaults("negatives") | {
            "training": ratios, "evaluation": ratios, "match_repeats": True, "min_share": 0.9
        }  # fmt: skip
        drawn = draw_both("train", own, sources, section, shape, seed=1)
    summary = drawn.summary
    assert len(own) > 600
    assert summary["kind"].value_counts().to_dict() == {
        "genomic": 4, "dinucleotide": 3, "neighbour": 4, "other_factor": 4,
    }  # fmt: skip
    genomic = summary[summary["kind"] == "genomic"]
    assert (genomic["ks_gc"] <= 0.02).all()
    assert (genomic["ks_repeat"] <= 0.06).all()
    # in this file, chr22 is known only around peaks
    assert ((drawn.sequences.windows == 4).mean(axis=1) <= 0.05).all()


@pytest.mark.parametrize("seed", range(8))
def test_properties_of_every_negative(tmp_path: Path, cut, seed: int) -> None:
    """Random small genomes, peaks, splits and settings."""
    rng = np.random.default_rng(seed)
    length, flank = int(rng.choice([21, 40, 101])), int(rng.integers(0, 30))
    sizes = {name: int(rng.integers(8_000, 30_000)) for name in "ABCD"[: rng.integers(1, 5)]}
    alphabet, weights = list("ACGTNacgt"), [0.2, 0.15, 0.15, 0.2, 0.02, 0.07, 0.07, 0.07, 0.07]
    text = {name: "".join(rng.choice(alphabet, size, p=weights)) for name, size in sizes.items()}
    (tmp_path / "source.fa").write_text("".join(f">{n}\n{t}\n" for n, t in text.items()))
    prepare_genome(tmp_path / "source.fa", None, tmp_path / "g.fa", tmp_path / "chromosomes.tsv")
    shape = WindowSettings(length=length, flank=flank, max_n_share=0.1, max_peaks=None)
    splits = SplitSettings(**{**schema_defaults("splits"), "by": "blocks", "block_length": 700})
    regions = split_regions(sizes, splits, shape.span, seed)
    blacklist = random_peaks(rng, sizes, 5)[["chrom", "start", "end"]]
    peaks = [random_peaks(rng, sizes, 60) for _ in range(2)]
    margin = int(rng.integers(0, 100))
    ratios = dict.fromkeys(KINDS, float(rng.choice([0.5, 1, 3])))
    section = {
        "training": ratios, "evaluation": ratios, "margin": margin,
        "neighbour_distance": int(rng.integers(length, 400)), "gc_tolerance": 0.1,
        "match_repeats": bool(rng.integers(2)), "min_share": 0,
    }  # fmt: skip
    naming = Naming({}, {}, (), ())
    with Genome(tmp_path / "g.fa") as opened:
        own, other = (
            select_windows(
                "x", PlacedPeaks(table, len(table), naming), opened, blacklist, shape, regions
            ).table
            for table in (peaks[0], random_peaks(rng, sizes, 80))
        )
        own_file = random_peaks(rng, sizes, 80)
        supplied = PlacedPeaks(pd.concat([own_file, own_file.head(9)]), 89, naming)
        all_peaks = pd.concat(peaks)
        sources = NegativeSources(opened, regions, all_peaks, blacklist, [other], supplied)
        drawn = draw_both("train", own, sources, section, shape, seed)
        again = draw_both("train", own, sources, section, shape, seed)
        write_sequences(drawn.sequences, tmp_path / "first")
        write_sequences(again.sequences, tmp_path / "again")
        assert (tmp_path / "first").read_bytes() == (tmp_path / "again").read_bytes()
        assert drawn.summary.equals(again.summary)
        table = drawn.sequences.table
        real = drawn.sequences.select((table["kind"] != "dinucleotide").to_numpy())
        np.testing.assert_array_equal(real.codes, cut(opened, real.table, flank))
    assert table["name"].is_unique
    np.testing.assert_array_equal(split_of_windows(table, regions), table["split"])
    assert (table["end"] - table["start"] == length).all()
    negatives = real.table[real.table["label"] == 0]
    assert not overlaps_table(negatives, blacklist).any()
    for table_of_peaks in peaks:
        prints = footprints(table_of_peaks, length)
        assert not overlaps_table(negatives, prints).any()
        others = negatives[negatives["kind"] != "file"]
        assert not overlaps_table(others, prints, margin).any()
    assert ((real.windows == 4).sum(axis=1) <= 0.1 * length).all()
    for _, part in negatives.groupby("kind"):
        assert not part.duplicated(["chrom", "start"]).any()
    counts = drawn.summary.set_index(["kind", "split"])
    assert (counts["drawn"] <= counts["asked"]).all()
    assert ((counts["why"] == "-") == (counts["drawn"] == counts["asked"])).all()
    for (kind, split), row in counts.iterrows():
        assert row["drawn"] == ((table["kind"] == kind) & (table["split"] == split)).sum()
        assert row["asked"] == round(ratios["genomic"] * row["positives"])
    assert len(counts) >= 10


def random_peaks(rng: np.random.Generator, sizes: dict[str, int], count: int) -> pd.DataFrame:
    chrom = rng.choice(list(sizes), count)
    start = (rng.random(count) * [sizes[name] - 300 for name in chrom]).astype(np.int64)
    end = start + rng.integers(1, 200, count)
    summit = rng.integers(start, end)
    return pd.DataFrame(
        {"chrom": chrom, "start": start, "end": end, "summit": summit, "score": 0.0,
         "signal": rng.random(count), "strand": "."}
    )  # fmt: skip
