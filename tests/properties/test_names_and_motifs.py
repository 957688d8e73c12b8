"""Names of chromosomes and factors, and motifs of MEME files."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tfmoe.data.reading.chromosomes import match_names
from tfmoe.jaspar.meme import read_motifs
from tfmoe.jaspar.names import KnownNames, Synonym, factor_key

ROMAN = ["I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X", "XI", "XII", "XIII", "XIV"]
PLAIN = [*map(str, range(1, 23)), "X", "Y", "scaffold_7", "2L", "GL000194.1"]
SPELLINGS = ["{}", "chr{}", "Chr{}", "CHR{}", "chrom{}", "chromosome{}", "chr_{}", "chromosome-{}"]
FACTORS = ["GATA3", "CTCF", "MAX::MYC", "Fkh1", "NKX2-1", "STAT5A"]


@given(
    st.lists(st.sampled_from(PLAIN), min_size=1, unique=True),
    st.sampled_from(SPELLINGS),
    st.sampled_from(SPELLINGS),
)
def test_a_prefix_does_not_matter(names: list[str], ours: str, theirs: str) -> None:
    genome = [ours.format(name) for name in names]
    found = match_names([theirs.format(name) for name in names], genome)
    assert found.names == {theirs.format(name): ours.format(name) for name in names}
    assert (found.unmatched, found.ambiguous) == ((), ())
    assert set(found.rules.values()) == {"exact" if ours == theirs else "prefix"}


@given(st.integers(3, 14), st.sets(st.integers(1, 14), min_size=1), st.sampled_from(SPELLINGS))
def test_numbers_are_roman_numerals(last: int, numbers: set[int], spelling: str) -> None:
    genome = ROMAN[:last]
    found = match_names([spelling.format(number) for number in numbers], genome)
    inside = {number for number in numbers if number <= last}
    assert found.names == {spelling.format(number): ROMAN[number - 1] for number in inside}
    assert set(found.unmatched) == {spelling.format(number) for number in numbers - inside}


@given(st.lists(st.sampled_from(PLAIN), min_size=1, unique=True), st.data())
def test_names_of_the_genome_stay(names: list[str], data: st.DataObject) -> None:
    some = data.draw(st.lists(st.sampled_from(names), min_size=1))
    found = match_names(some, names)
    assert found.names == {name: name for name in some}
    assert set(found.rules.values()) == {"exact"}


@given(
    st.lists(st.sampled_from(["GATA3", "Tal1", "MAX", "myc"]), min_size=1, max_size=3), st.data()
)
def test_the_order_of_partners_and_the_case_do_not_matter(
    partners: list[str], data: st.DataObject
) -> None:
    other = [name.lower() for name in data.draw(st.permutations(partners))]
    assert factor_key("::".join(partners)) == factor_key("::".join(other))
    assert factor_key(factor_key("::".join(partners))) == factor_key("::".join(partners))


@given(
    st.sampled_from(FACTORS),
    st.sampled_from(["", "FLAG-", "eGFP-", "3xFLAG_", "anti-", "HA-"]),
    st.sampled_from(["", "-GFP", "_HUMAN", "-TAP", "_Mus_musculus", " (human)", "-V5_MOUSE"]),
    st.booleans(),
)
def test_tags_and_species_do_not_matter(factor: str, tag: str, end: str, lower: bool) -> None:
    known = KnownNames(FACTORS, [Synonym("CCCTC", "CTCF", "Homo sapiens", "test")])
    name = tag + (factor.lower() if lower else factor) + end
    resolved = known.resolve(name)
    assert resolved.symbol == factor
    assert known.resolve(resolved.symbol).symbol == factor
    assert bool(resolved.reason) == bool(tag + end)


@st.composite
def matrix(draw: st.DrawFn) -> list[list[int]]:
    """Rows of four counts that sum to 10,000."""
    rows = []
    for _ in range(draw(st.integers(1, 12))):
        cuts = sorted(draw(st.lists(st.integers(0, 10_000), min_size=3, max_size=3)))
        rows.append(np.diff([0, *cuts, 10_000]).tolist())
    return rows


@given(
    st.dictionaries(
        st.from_regex(r"[A-Za-z0-9_.:-]{1,12}", fullmatch=True), matrix(), min_size=1, max_size=4
    ),
    st.booleans(),
    st.sampled_from([" ", "\t", "  "]),
    st.sampled_from(["\n", "\n\n", "\r\n"]),
)
def test_motifs_are_read_as_written(
    folder: Path, motifs: dict[str, list[list[int]]], announced: bool, space: str, end: str
) -> None:
    parts = ["MEME version 4", "ALPHABET= ACGT", "strands: + -"]
    for name, rows in motifs.items():
        width = f" w= {len(rows)}" if announced else ""
        parts += [f"MOTIF {name} other", f"letter-probability matrix: alength= 4{width} nsites= 20"]
        table = "\n".join(space.join(f"{count / 10_000:.4f}" for count in row) for row in rows)
        parts.append(f"{table}\nURL x")
    path = folder / "x.meme"
    path.write_bytes((end.join(parts) + end).encode())
    found = {motif.motif_id: motif for motif in read_motifs(path)}
    assert list(found) == list(motifs)
    for name, rows in motifs.items():
        assert found[name].name == "other"
        expected = np.array(rows) / 10_000
        np.testing.assert_allclose(found[name].probabilities.T, expected, rtol=0, atol=1e-12)
