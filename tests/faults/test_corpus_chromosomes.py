"""Names of chromosomes: the right sequence of the genome, or one message."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.faults.corpus_chromosomes import ACCESSIONS, ALIASES, MATCHED, Case

from tfmoe.core.errors import TfmoeError
from tfmoe.data.reading.chromosomes import Aliases, match_names, read_accessions, require_match


def given(case: Case, folder: Path) -> Aliases:
    """Return the aliases of a case, of which a text is written into a file."""
    if isinstance(case.aliases, dict):
        return case.aliases
    path = folder / "aliases.txt"
    path.write_bytes(case.aliases.encode())
    return str(path)


@pytest.mark.parametrize("case", [*ACCESSIONS, *MATCHED, *ALIASES], ids=lambda case: case.name)
def test_names(case: Case, tmp_path: Path) -> None:
    aliases = given(case, tmp_path)
    if not case.message:
        naming = match_names(case.found, case.genome, aliases, case.assembly)
        assert naming.names == case.names
        assert naming.ambiguous == case.ambiguous
        assert set(naming.unmatched) == set(case.found) - set(case.names)
        return
    with pytest.raises(TfmoeError) as error:
        require_match(
            match_names(case.found, case.genome, aliases, case.assembly), "x.bed", case.genome
        )
    for part in case.message:
        assert part in str(error.value)


@pytest.mark.parametrize(
    ("assembly", "number"),
    [
        ("hg38", 50), ("hg19", 48), ("mm10", 44), ("mm39", 44), ("danRer11", 51), ("dm6", 16),
        ("ce11", 13), ("TAIR10", 13), ("sacCer3", 33), ("ASM584v2", 2), ("toy", 0), ("", 0),
    ],
)  # fmt: skip
def test_accessions_of_an_assembly(assembly: str, number: int) -> None:
    assert len(read_accessions(assembly)) == number


def test_a_missing_alias_file(tmp_path: Path) -> None:
    with pytest.raises(TfmoeError, match=r"none\.txt: the file does not exist"):
        match_names(["a"], ["b"], str(tmp_path / "none.txt"))
