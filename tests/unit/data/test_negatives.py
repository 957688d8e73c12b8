from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tfmoe.core.config import schema_defaults
from tfmoe.core.errors import InputError
from tfmoe.data.genome import Genome, prepare_genome
from tfmoe.data.intervals import overlaps_table
from tfmoe.data.negatives import (
    KINDS,
    DrawnNegatives,
    NegativeSettings,
    Surroundings,
    draw_negatives,
    forbidden_regions,
)
from tfmoe.data.sampling import gc_content, ks_distance
from tfmoe.data.shuffle import dinucleotide_counts
from tfmoe.data.windows import WindowSettings

SPLIT_OF = {"a": "train", "b": "gate", "c": "validation", "d": "test"}
REGIONS = pd.DataFrame(
    {"chrom": list("abcd"), "start": 0, "end": 20_000, "split": list(SPLIT_OF.values())}
)
NONE = dict.fromkeys(KINDS, 0.0)
WINDOWS = WindowSettings(length=41, flank=6, max_n_share=0.1, max_peaks=None)
SETTINGS = NegativeSettings(
    training={**NONE, "genomic": 2, "dinucleotide": 0.5},
    evaluation={**NONE, "genomic": 3, "dinucleotide": 1},
    margin=50,
    neighbour_distance=150,
    gc_tolerance=0.1,
    match_repeats=False,
    min_share=0.8,
)
NOTHING = pd.DataFrame({"chrom": [], "start": [], "end": []})


@pytest.fixture(scope="module")
def genome(tmp_path_factory: pytest.TempPathFactory) -> Genome:
    folder = tmp_path_factory.mktemp("genome")
    rng = np.random.default_rng(1)
    text = "".join(
        f">{name}\n" + "".join(rng.choice(list("ACGT"), 20_000)) + "\n" for name in "abcd"
    )
    (folder / "source.fa").write_text(text)
    prepare_genome(folder / "source.fa", None, folder / "genome.fa", folder / "chromosomes.tsv")
    return Genome(folder / "genome.fa")


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


def draw(genome: Genome, role: str = "train", **changes: object) -> DrawnNegatives:
    settings = NegativeSettings(**{**vars(SETTINGS), **changes})
    surroundings = Surroundings(genome, REGIONS, [windows()], NOTHING)
    return draw_negatives("x", role, windows(), surroundings, settings, WINDOWS, 7)


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


def test_genomic_negatives(genome: Genome) -> None:
    sequences = draw(genome).sequences
    genomic = sequences.select(sequences.table["kind"] == "genomic")
    table = genomic.table
    # in the chromosomes of their split, away from all peaks and the margin
    assert (table["chrom"].map(SPLIT_OF) == table["split"]).all()
    assert not overlaps_table(table, windows(), margin=50).any()
    assert not table.duplicated(["chrom", "start"]).any()
    assert table["parent"].isna().all()
    np.testing.assert_array_equal(genomic.codes, genome.windows(table, 6))
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
    # a shuffle has no real sequence beside it
    assert (shuffles.codes[:, :6] == 4).all()
    assert (shuffles.codes[:, -6:] == 4).all()
    first = shuffles.table.loc[shuffles.table["split"] == "test"].iloc[0]
    assert first["name"] == "x:dinucleotide:d:200:1"
    assert first["parent"] == "x:peak:d:200"


def test_several_shuffles_a_positive(genome: Genome) -> None:
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


def test_reproducible_and_split_by_split(genome: Genome) -> None:
    first, again = draw(genome), draw(genome)
    assert first.sequences.table.equals(again.sequences.table)
    np.testing.assert_array_equal(first.sequences.codes, again.sequences.codes)
    # what is asked for evaluation does not change what is drawn for training
    other = draw(genome, evaluation={**NONE, "genomic": 1, "dinucleotide": 0}).sequences.table
    for split in ("train", "gate", "validation"):
        own = first.sequences.table
        assert own.loc[own["split"] == split, "name"].tolist() == (
            other.loc[other["split"] == split, "name"].tolist()
        )


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
    first = pd.DataFrame({"chrom": ["a"], "start": [100], "end": [101], "summit": [100]})
    second = pd.DataFrame({"chrom": ["b"], "start": [500], "end": [900], "summit": [510]})
    blacklist = pd.DataFrame({"chrom": ["c"], "start": [5], "end": [9]})
    regions = forbidden_regions([first, second], blacklist, 41, 10)
    assert regions.to_numpy().tolist() == [["a", 70, 131], ["b", 480, 910], ["c", 5, 9]]


def test_defaults_fit_the_settings() -> None:
    settings = NegativeSettings(**schema_defaults("negatives"))
    assert settings.ratio("genomic", "train") == 5
    assert settings.ratio("dinucleotide", "test") == 1
    assert WindowSettings(**schema_defaults("windows")).length == 101


def test_file_of_the_genome_is_untouched(genome: Genome, tmp_path: Path) -> None:
    before = genome.codes("a").copy()
    draw(genome)
    np.testing.assert_array_equal(genome.codes("a"), before)
