from __future__ import annotations

from pathlib import Path

import pytest

from tfmoe.core.errors import InputError
from tfmoe.jaspar.names import (
    TAX_GROUPS,
    KnownNames,
    Synonym,
    factor_key,
    known_names,
    read_synonyms,
    without_species,
)

SOURCES = {
    "HGNC alias symbol",
    "HGNC previous symbol",
    "HGNC approved symbol",
    "MGI synonym",
    "MGI symbol of the orthologue",
    "SGD alias",
    "SGD systematic name",
    "SGD standard name",
}
ROWS = (
    Synonym("alias", "ONE", "Homo sapiens", "s"),
    Synonym("Both", "ONE", "Homo sapiens", "s"),
    Synonym("both", "TWO", "Homo sapiens", "s"),
    Synonym("mouse", "TWO", "Mus musculus", "s"),
    Synonym("ALIAS", "TWO", "Mus musculus", "s"),
)


def test_the_table_names_its_sources() -> None:
    rows = read_synonyms()
    assert {row.source for row in rows} == SOURCES
    assert {row.organism for row in rows} == set(TAX_GROUPS)
    assert len(rows) > 4000
    same = [row for row in rows if row.synonym.upper() == row.symbol.upper()]
    assert {row.source for row in same} == {"HGNC approved symbol", "SGD standard name"}
    assert len({(row.synonym.upper(), row.symbol.upper(), row.organism) for row in rows}) == len(
        rows
    )


def test_organisms_are_those_of_the_taxonomic_groups() -> None:
    assert known_names(["SPT15"], {"fungi"}).resolve("TBP").symbol == "SPT15"
    assert known_names(["SPT15"], {"vertebrates"}).resolve("TBP").symbol == "TBP"
    assert known_names(["MYC"], {"insects"}).resolve("c-Myc").symbol == "c-Myc"
    assert known_names(["MYC"], set()).resolve("c-Myc").symbol == "MYC"


@pytest.mark.parametrize(
    ("name", "symbol", "candidates"),
    [
        ("one", "ONE", ()),
        ("Alias", "ONE", ()),  # man comes before mouse
        ("BOTH", "BOTH", ("ONE", "TWO")),
        ("mouse", "TWO", ()),
        ("nothing", "nothing", ()),
        ("HA-alias", "ONE", ()),
        ("HA-nothing", "nothing", ()),
    ],
)
def test_resolution(name: str, symbol: str, candidates: tuple[str, ...]) -> None:
    found = KnownNames(["ONE", "TWO"], ROWS).resolve(name)
    assert (found.given, found.symbol, found.candidates) == (name, symbol, candidates)


def test_names_that_are_offered() -> None:
    assert KnownNames(["ONE"], ROWS).similar() == {"ONE": "ONE"}
    assert KnownNames(["TWO"], ROWS).similar() == {"TWO": "TWO", "MOUSE": "TWO"}


def test_keys_and_species() -> None:
    assert factor_key("myc::MAX") == "MAX::MYC"
    names = ("(GATA3)_(Homo_sapiens)_(DBD_1.00)", "GATA3_HUMAN", "GATA3_(Mus_musculus)", "GATA3")
    assert {without_species(name) for name in names} == {"GATA3"}
    assert without_species("human") == "human"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "found the header"),
        ("synonym\tsymbol\n", "found the header synonym"),
        ("# note\nsynonym\tsymbol\torganism\tsource\na\tb\tc\n", "expected four fields"),
        ("synonym\tsymbol\torganism\tsource\na\t\tc\td\n", "none empty"),
    ],
)
def test_a_damaged_table(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "synonyms.tsv").write_text(text)
    with pytest.raises(InputError, match=message):
        read_synonyms(tmp_path / "synonyms.tsv")
