"""The section on data: splits, negatives and shortfalls in words."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pandas as pd
import pytest
from tests.fixtures.config import configure

from tfmoe.report.blocks import Bullets, Paragraph, Picture, Table
from tfmoe.report.provenance import provenance_section
from tfmoe.report.run_tables import Run, RunTables, read_tables
from tfmoe.report.sections.audit import (
    describe_composition,
    describe_detectability,
    describe_homology,
    describe_overlaps,
)
from tfmoe.report.sections.data import (
    data_section,
    peak_files,
)

if TYPE_CHECKING:
    from conftest import FakeRun


READY = configure(genome=None, splits={"by": "rank"})


@pytest.fixture
def tables(simulated_run: FakeRun) -> RunTables:
    return read_tables(simulated_run.files)


def test_the_section_of_a_run_on_peaks(simulated_run: FakeRun, tables: RunTables) -> None:
    blocks = data_section(tables, simulated_run.run, simulated_run.files.figures).blocks
    assert [block.name for block in blocks if isinstance(block, Picture)] == [
        "audit_overlaps",
        "audit_homology",
        "audit_detectability",
        "audit_composition",
    ]
    found = [block for block in blocks if isinstance(block, Table)]
    assert found[0].header[-2:] == ["kept", "chromosome names"]
    assert "filters: at a chromosome's edge." in found[0].caption
    assert [cell.text for cell in found[1].rows[0]] == [
        "genomic negatives", "test", "400", "2,000", "2,000", "0.010", "0.020",
    ]  # fmt: skip
    assert any(isinstance(block, Bullets) for block in blocks)
    assert not any(table.caption.startswith("Fewer") for table in found)


def test_a_run_on_ready_sequences(simulated_run: FakeRun, tables: RunTables) -> None:
    windows = tables.windows.rename(columns={"peaks": "sequences"})
    windows = windows[["experiment", "sequences", "kept"]].assign(short=[2, 0, 0, 0])
    # repeats are unknown
    audit = tables.audit.assign(repeat_pos=None)
    run = Run("fake", READY, simulated_run.run.sets, simulated_run.run.experts)
    ready = replace(tables, windows=windows, audit=audit)
    blocks = data_section(ready, run, simulated_run.files.figures).blocks
    first = blocks[0]
    assert isinstance(first, Paragraph)
    assert first.text.startswith("Ready sequences") and "101 bases" in first.text
    assert "even ranks" in first.text
    found = [block for block in blocks if isinstance(block, Table)]
    assert found[0].header == ["experiment", "factor", "sequences", "shorter than a window", "kept"]
    assert found[1].header[-1] == "largest distance in GC"


def test_shortfalls_have_their_reason(simulated_run: FakeRun, tables: RunTables) -> None:
    negatives = tables.negatives.copy()
    negatives.loc[1, ["drawn", "why"]] = [450, "the split has no more such windows"]
    negatives.loc[0, "chromosomes_unused"] = "chr8, chr21"
    short = replace(tables, negatives=negatives)
    blocks = data_section(short, simulated_run.run, simulated_run.files.figures).blocks
    table = next(b for b in blocks if isinstance(b, Table) and b.caption.startswith("Fewer"))
    assert "1 case" in table.caption and "0.90" in table.caption
    assert [cell.text for cell in table.rows[0]] == [
        "Reb1", "genomic negatives", "test", "500", "450", "the split has no more such windows",
    ]  # fmt: skip
    texts = [block.text for block in blocks if isinstance(block, Paragraph)]
    assert "1 experiment had such chromosomes (Abf1;" in texts[-1]


def test_captions_have_the_main_numbers(simulated_run: FakeRun, tables: RunTables) -> None:
    overlaps = describe_overlaps(tables.overlaps)
    assert "overlap a peak" in overlaps
    assert overlaps.endswith("Median over 2 OOD sets: 25 %; largest: 30 % (Swi6).")
    assert "share a 31-mer" in describe_overlaps(tables.overlaps.assign(by="31-mers"))
    homology = describe_homology(tables.homology, simulated_run.run)
    assert "genome" in homology
    assert homology.endswith("Median over 4 sets: 15 %; largest: 30 % (Swi6).")
    detectability = describe_detectability(tables.detectability)
    assert detectability.endswith("Medians over sets: 0.580 and 0.680 against genomic negatives.")
    composition = describe_composition(tables.audit, simulated_run.run)
    assert composition.endswith("and genomic negatives: GC 0.010, repeats 0.050.")


def test_captions_leave_out_what_is_unknown(simulated_run: FakeRun, tables: RunTables) -> None:
    run = Run("fake", READY, simulated_run.run.sets, simulated_run.run.experts)
    audit = tables.audit.assign(repeat_pos=None, negatives="file")
    caption = describe_composition(audit, run)
    assert "Repeats are not known" in caption
    assert "genome" not in caption and "distance" not in caption
    empty = pd.DataFrame(columns=tables.overlaps.columns)
    assert "Median" not in describe_overlaps(empty)
    one = tables.homology[tables.homology["experiment"] == "Swi6"]
    assert describe_homology(one, run).endswith(" It is 30 % for Swi6.")
    assert "Medians" not in describe_detectability(tables.detectability[:0])


def test_provenance_of_a_run_without_a_genome(simulated_run: FakeRun) -> None:
    run = Run("fake", READY, simulated_run.run.sets, simulated_run.run.experts)
    table = provenance_section(run, {"inputs": {}}, {}, 1).blocks[0]
    assert isinstance(table, Table)
    assert ["genome", "none: ready sequences"] in [[c.text for c in row] for row in table.rows]


def test_peak_files_and_their_formats() -> None:
    described = {"format": "BED6", "summits": "middle of the peak", "strength": "column 5"}
    counts = {"peaks": 900, "edge": 0, "blacklist": 6, "kept": 894}
    files = [
        {"experiment": "x", "file": f"in/{n}.bed", **described, "first_base": "0 (BED)", **counts}
        for n in "ab"
    ]
    (table,) = peak_files(pd.DataFrame(files))
    assert table.header[-3:] == ["peaks", "blacklist", "kept"]
    assert [cell.text for cell in table.rows[1]] == [
        "x", "b.bed", "BED6", "middle of the peak", "column 5", "0 (BED)", "900", "6", "894",
    ]  # fmt: skip
    assert peak_files(pd.DataFrame([{"experiment": "x", "sequences": 5, "kept": 5}])) == []
