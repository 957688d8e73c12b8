"""Genomes of kind 8: the sequences in use and the warning that names the others."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from tests.faults.corpus_assembly import CASES, Case

from tfmoe.core.config import schema_defaults
from tfmoe.core.errors import ConfigError, InputError
from tfmoe.data.preflight import check_inputs
from tfmoe.data.reading.genome import Chromosomes, prepare_genome, read_chromosomes
from tfmoe.data.windows.splits import SplitSettings, split_regions


def prepare(case: Case, folder: Path) -> Chromosomes:
    (folder / "source.fa").write_text("".join(f">{header}\nACGT\n" for header in case.headers))
    table = folder / "chromosomes.tsv"
    prepare_genome(folder / "source.fa", case.listed, folder / "genome.fa", table)
    return read_chromosomes(table)


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_sequences(case: Case, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    chromosomes = prepare(case, tmp_path)
    warnings = [r.getMessage() for r in caplog.records if r.levelname == "WARNING"]
    names = [header.split()[0] for header in case.headers]
    assert list(chromosomes.lengths) == names
    if case.listed is not None:
        assert chromosomes.used == case.listed
    if not case.left_out:
        assert not warnings
        assert case.listed or list(chromosomes.used) == names
        return
    (warning,) = warnings
    out = [name for name in names if name not in chromosomes.used]
    assert f"source.fa: {len(out)} sequences repeat chromosomes or are no part of" in warning
    assert "list all sequences to use in `genome.chromosomes`" in warning
    for kind, named in case.left_out.items():
        assert f"of the kind {kind} ({named})" in warning
    shown = ", ".join(case.left_out.values())
    assert all(name in shown or "more" in shown for name in out)
    assert not any(name in shown.split(", ") for name in chromosomes.used)


def test_a_genome_of_nothing_else(tmp_path: Path) -> None:
    case = Case("EBV", ("NC_007605.1", "chrEBV"), {})
    with pytest.raises(InputError, match=r"all sequences repeat .*: 2 of the kind virus"):
        prepare(case, tmp_path)


def test_a_split_cannot_name_a_sequence_that_is_left_out(tmp_path: Path) -> None:
    chromosomes = prepare(CASES[0], tmp_path)
    named = {"test": ["chr1_KI270762v1_alt"], "validation": ["chr2"], "gate": ["chr1"]}
    settings = SplitSettings(**schema_defaults("splits") | named)
    with pytest.raises(ConfigError, match="chr1_KI270762v1_alt"):
        split_regions(chromosomes.used_lengths, settings, 3, 1)


@pytest.mark.parametrize(
    ("case", "decision", "source"),
    [
        (CASES[0], "2 of 3 in use; left out: chr1_KI270762v1_alt", "copies of chromosomes and dec"),
        (CASES[3], "4 of 4 in use", "all sequences of genome.fasta"),
        (CASES[-2], "2 of 4 in use; left out: chr2, chr2_GL383521v1_alt", "genome.chromosomes"),
    ],
)
def test_decisions_name_them(tmp_path: Path, case: Case, decision: str, source: str) -> None:
    naming = {"aliases": {}, "assembly": "x"}
    found = check_inputs({}, {}, prepare(case, tmp_path), None, naming, pd.DataFrame(), 3)
    assert found.decisions[0].decision == decision
    assert found.decisions[0].source.startswith(source)
