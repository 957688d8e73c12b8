from pathlib import Path

import numpy as np
import pysam
import pytest

from tfmoe.core.dna import encode
from tfmoe.data.negatives.composition import draw_background, gc_shares, histogram, read_background
from tfmoe.data.reading.genome import Genome, prepare_genome


def write_genome(folder: Path, **sequences: str) -> Genome:
    path = folder / "genome.fa"
    path.write_text("".join(f">{name}\n{text}\n" for name, text in sequences.items()))
    pysam.faidx(str(path))
    return Genome(path)


def test_gc_is_of_known_bases() -> None:
    np.testing.assert_allclose(gc_shares(encode(["ACGT", "GGNN", "AAAA"])), [0.5, 1, 0])


def test_histogram() -> None:
    table = histogram("x", "genomic", "gc", np.array([0.0, 0.3, 6 / 20, 0.34, 1.0, np.nan]))
    assert table["bin"].tolist() == pytest.approx([number / 20 for number in range(20)])
    shares = table.set_index(table["bin"].round(2))["share"]
    assert shares[0.0] == shares[0.95] == pytest.approx(0.2)
    assert shares[0.3] == pytest.approx(0.6)
    assert table["share"].sum() == pytest.approx(1)
    assert set(table["n"]) == {5}, "unknown values are not counted"
    assert set(zip(table["experiment"], table["what"], table["measure"], strict=True)) == {
        ("x", "genomic", "gc")
    }


def test_no_value_no_histogram() -> None:
    assert histogram("x", "genomic", "repeats", np.array([np.nan])).empty


def test_background_is_of_the_whole_genome(tmp_path: Path) -> None:
    # three quarters of the known places are on the chromosome without G and C, in repeats
    with write_genome(tmp_path, I="a" * 3009, II="G" * 1009, III="N" * 5000, IV="C" * 5) as genome:
        found = draw_background(genome, 10, 0.0, np.random.default_rng(1), 2000)
    assert len(found.gc) == len(found.repeats) == 2000
    assert found.soft_masked
    assert found.gc.mean() == pytest.approx(0.25, abs=0.04)
    np.testing.assert_array_equal(found.repeats, 1 - found.gc)


def test_a_genome_without_lower_case_tells_no_repeats(tmp_path: Path) -> None:
    with write_genome(tmp_path, I="ACGT" * 50) as genome:
        found = draw_background(genome, 20, 0.1, np.random.default_rng(1), 100)
    assert not found.soft_masked
    assert np.isnan(found.repeats).all()


def test_background_of_a_run(tmp_path: Path) -> None:
    write_genome(tmp_path, I="acGT" * 50)
    settings = {"length": 20, "flank": 5, "max_n_share": 0.1, "max_peaks": None}
    found = read_background(tmp_path / "genome.fa", settings, 1)
    assert len(found.gc) == 20_000
    np.testing.assert_allclose(found.repeats, 0.5)
    again = read_background(tmp_path / "genome.fa", settings, 1)
    np.testing.assert_array_equal(found.gc, again.gc)


def test_a_genome_of_unknown_bases_has_no_background(tmp_path: Path) -> None:
    with write_genome(tmp_path, I="N" * 500, II="ACG") as genome:
        found = draw_background(genome, 20, 0.1, np.random.default_rng(1), 100)
    assert len(found.gc) == 0
    assert not found.soft_masked


@pytest.mark.parametrize(
    ("file", "gc", "repeats"),
    [
        ("yeast/Saccharomyces_cerevisiae.R64-1-1.dna.toplevel.fa.gz", 0.38, None),
        ("human/hg19.chr22.partial.fa.gz", 0.48, 0.5),
    ],
)
def test_real_genomes(
    real_data: Path, tmp_path: Path, file: str, gc: float, repeats: float | None
) -> None:
    prepare_genome(real_data / file, None, tmp_path / "genome.fa", tmp_path / "chromosomes.tsv")
    settings = {"length": 101, "flank": 25, "max_n_share": 0.05, "max_peaks": None}
    found = read_background(tmp_path / "genome.fa", settings, 1)
    # more than half of this chromosome 22 is unknown
    assert len(found.gc) == 20_000
    assert found.gc.mean() == pytest.approx(gc, abs=0.02)
    assert found.soft_masked == (repeats is not None)
    if repeats is not None:
        assert found.repeats.mean() == pytest.approx(repeats, abs=0.08)
