from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pysam
import pytest
from tests.fixtures.variants import CHR1, FakeModel, logit, write_genome

from tfmoe.application.variants.run import score_variants
from tfmoe.core.dna import encode
from tfmoe.core.errors import InputError
from tfmoe.core.files import read_tsv
from tfmoe.data.reading.genome import Genome

HEAD = "##fileformat=VCFv4.2\n#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\n"


def vcf(path: Path, *places: tuple[str, int, str, str], info: str = ".") -> Path:
    lines = [f"{c}\t{pos}\trs{pos}\t{ref}\t{alt}\t.\t.\t{info}" for c, pos, ref, alt in places]
    path.write_text(HEAD + "".join(f"{line}\n" for line in lines))
    return path


def mean_logit(window: str) -> float:
    return float(np.mean([logit(encode([window]), seed) for seed in (0, 1)]))


def test_the_effect_of_an_snv(model: FakeModel, query: Any, genome: Genome, tmp_path: Path) -> None:
    # chr1 from 0: ACGTTGCAACGGATCCATTA; position 11 from 1 is G, in the middle of GCAACGGATCC
    path = vcf(tmp_path / "in.vcf", ("1", 11, "G", "T"), info="DP=3")
    output = tmp_path / "out.vcf.gz"
    summary = score_variants(model, query, path, genome, output)
    with pysam.VariantFile(str(output)) as file:
        (record,) = file
        assert file.header.info["TFMOE_EFFECT"].number == "A"
    assert record.chrom == "1"
    assert record.info["DP"] == "3"
    # code + 1 from 3 to 4, at positions 6 and 7
    assert record.info["TFMOE_EFFECT"] == (6.5,)
    assert record.info["TFMOE_SD"] == (pytest.approx(0.5**0.5, rel=1e-5),)
    assert record.info["TFMOE_REF"] == (mean_logit("GCAACGGATCC"),)
    assert record.info["TFMOE_ALT"] == (mean_logit("GCAACTGATCC"),)
    assert {"TFMOE_P", "TFMOE_MAX", "TFMOE_MEAN"}.isdisjoint(record.info)
    assert summary.describe() == [
        "records: 1; alleles scored: 1",
        "the model has no background variants, so there are no p values",
    ]


def test_indels_and_several_alleles(
    model: FakeModel, query: Any, genome: Genome, tmp_path: Path
) -> None:
    path = vcf(tmp_path / "in.vcf", ("chr1", 10, "CGG", "C,CGGT,<DEL>,TGG"))
    summary = score_variants(model, query, path, genome, tmp_path / "out.tsv")
    table = read_tsv(tmp_path / "out.tsv")
    assert table["kind"].fillna("").tolist() == ["deletion", "insertion", "", "snv"]
    assert table["skipped"].fillna("").tolist() == ["", "", "symbolic allele", ""]
    pairs = [
        ("CAACGGATCCA", "GCAACATCCAT"),
        ("AACGGATCCAT", "AACGGTATCCA"),
        ("TGCAACGGATC", "TGCAATGGATC"),
    ]
    for row, (ref, alt) in zip([0, 1, 3], pairs, strict=True):
        assert table["ref_logit"][row] == mean_logit(ref)
        assert table["alt_logit"][row] == mean_logit(alt)
        assert table["effect"][row] == mean_logit(alt) - mean_logit(ref)
    assert summary.scored == 3


def test_a_genome_with_the_other_alleles_flips_all_signs(
    model: FakeModel, query: Any, genome: Genome, tmp_path: Path
) -> None:
    changes = [(6, "G", "GTA"), (15, "CC", "C"), (23, "C", "T"), (32, "TGA", "CC")]
    forward = vcf(tmp_path / "a.vcf", *(("chr1", *change) for change in changes))
    score_variants(model, query, forward, genome, tmp_path / "a.tsv")
    first = pd.read_csv(tmp_path / "a.tsv", sep="\t")
    for row, (pos, ref, alt) in enumerate(changes):
        assert CHR1[pos - 1 : pos - 1 + len(ref)] == ref
        folder = tmp_path / str(pos)
        folder.mkdir()
        other = CHR1[: pos - 1] + alt + CHR1[pos - 1 + len(ref) :]
        backward = vcf(folder / "b.vcf", ("chr1", pos, alt, ref))
        with Genome(write_genome(folder, {"chr1": other})) as opened:
            score_variants(model, query, backward, opened, folder / "b.tsv")
        second = pd.read_csv(folder / "b.tsv", sep="\t")
        assert first["effect"][row] == -second["effect"][0] != 0
        assert first["ref_logit"][row] == second["alt_logit"][0]


def test_offsets_add_the_largest_and_the_mean_effect(
    model: FakeModel, query: Any, genome: Genome, tmp_path: Path
) -> None:
    path = vcf(tmp_path / "in.vcf", ("1", 11, "G", "T"))
    score_variants(model, query, path, genome, tmp_path / "out.tsv", [-2, 3])
    table = read_tsv(tmp_path / "out.tsv")
    assert table["effect"].tolist() == [6.5]
    assert table["max_effect"].tolist() == [8.5]
    assert table["mean_effect"].tolist() == pytest.approx([(6.5 + 8.5 + 3.5) / 3])


@pytest.mark.parametrize("offset", [6, -6])
def test_offsets_keep_the_allele_in_its_window(
    model: FakeModel, query: Any, genome: Genome, tmp_path: Path, offset: int
) -> None:
    path = vcf(tmp_path / "in.vcf", ("1", 11, "G", "T"))
    message = f"offsets: found {offset}, expected less than half of the model's window of 11 bases"
    with pytest.raises(InputError, match=message):
        score_variants(model, query, path, genome, tmp_path / "out.tsv", [0, offset])


def test_skipped_alleles_are_counted_and_listed(
    model: FakeModel, query: Any, genome: Genome, tmp_path: Path
) -> None:
    path = vcf(
        tmp_path / "in.vcf", ("1", 1, "A", "C,*"), ("1", 2, "C", "G"), ("1", 3, "G", "T"),
        ("1", 5, "G", "C,A"), ("9", 1, "A", "C"),
    )  # fmt: skip
    skipped = tmp_path / "skipped.tsv"
    summary = score_variants(model, query, path, genome, tmp_path / "out.vcf", skipped=skipped)
    assert summary.describe()[:3] == [
        "records: 5; alleles scored: 3",
        "alleles not scored: 4 (1 chromosome not in the genome, 2 reference does not match the "
        "genome, 1 spanning deletion (*))",
        "references that do not match: 1:5 (rs5) has G, the genome T",
    ]
    table = read_tsv(skipped).fillna("")
    assert table["alt"].tolist() == ["*", "C", "A", "C"]
    assert table["genome"].tolist() == ["", "T", "T", ""]
    # all records are in the output
    with pysam.VariantFile(str(tmp_path / "out.vcf")) as file:
        assert [record.pos for record in file] == [1, 2, 3, 5, 1]


def test_one_record_that_does_not_match_is_counted(
    model: FakeModel, query: Any, genome: Genome, tmp_path: Path
) -> None:
    path = vcf(tmp_path / "in.vcf", ("1", 2, "G", "C"))
    summary = score_variants(model, query, path, genome, tmp_path / "out.vcf")
    assert summary.describe()[:3] == [
        "records: 1; alleles scored: 0",
        "alleles not scored: 1 (1 reference does not match the genome)",
        "references that do not match: 1:2 (rs2) has G, the genome C",
    ]


def test_another_assembly(model: FakeModel, query: Any, genome: Genome, tmp_path: Path) -> None:
    path = vcf(tmp_path / "in.vcf", ("1", 1, "A", "C"), ("1", 2, "G", "C"), ("1", 90, "A", "C"))
    message = (
        r"in\.vcf: 2 of the first 3 records do not match the genome or lie off their chromosomes; "
        r"the variants probably refer to another assembly; 1:2 \(rs2\) has G, the genome C"
    )
    with pytest.raises(InputError, match=message):
        score_variants(model, query, path, genome, tmp_path / "out.vcf.gz")
    assert not list(tmp_path.glob("*out*"))
    assert model.calls == []


def test_no_chromosome_of_the_genome(
    model: FakeModel, query: Any, genome: Genome, tmp_path: Path
) -> None:
    path = vcf(tmp_path / "in.vcf", ("7", 1, "A", "C"))
    message = "the file has 7; the genome has chr1, chr2"
    with pytest.raises(InputError, match=message):
        score_variants(model, query, path, genome, tmp_path / "out.vcf")


def test_no_records(model: FakeModel, query: Any, genome: Genome, tmp_path: Path) -> None:
    summary = score_variants(model, query, vcf(tmp_path / "in.vcf"), genome, tmp_path / "o.vcf.gz")
    assert summary.describe()[0] == "records: 0; alleles scored: 0"


def test_chunks_do_not_change_the_result(
    model: FakeModel, query: Any, genome: Genome, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    places = [("chr1", pos, CHR1[pos - 1], "T" if CHR1[pos - 1] != "T" else "C")
              for pos in range(1, 26)]  # fmt: skip
    path = vcf(tmp_path / "in.vcf", *places)
    counts: list[int] = []
    for size in (4096, 7):
        monkeypatch.setattr("tfmoe.application.variants.run.CHUNK", size)
        score_variants(model, query, path, genome, tmp_path / f"{size}.tsv", advance=counts.append)
    assert counts == [25, 7, 7, 7, 4]
    assert (tmp_path / "7.tsv").read_text() == (tmp_path / "4096.tsv").read_text()
