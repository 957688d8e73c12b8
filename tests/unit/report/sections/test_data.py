"""The section on data: splits, negatives and shortfalls in words."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest

from tfmoe.core.config import SCHEMAS, validate_config
from tfmoe.report.blocks import Bullets, Paragraph, Picture, Table
from tfmoe.report.provenance import provenance_section
from tfmoe.report.run_tables import Run, RunTables, read_tables
from tfmoe.report.sections.audit import (
    describe_composition,
    describe_detectability,
    describe_homology,
    describe_overlaps,
)
from tfmoe.report.sections.data import data_section, describe_negatives, describe_splits

if TYPE_CHECKING:
    from conftest import FakeRun


def configure(**sections: Any) -> dict[str, Any]:
    """Fill in the defaults of a config; `sections` stand in for its own."""
    splits = {"test": ["II"], "validation": ["III"], "gate": ["IV"]}
    settings: dict[str, Any] = {"run": "fake", "experiments": "x.tsv", "splits": splits}
    settings |= {"genome": {"assembly": "R64-1-1", "fasta": "genome.fa"}, **sections}
    return validate_config(settings, SCHEMAS / "config.schema.yaml", "fake")


READY = configure(genome=None, splits={"by": "rank"})


@pytest.mark.parametrize(
    ("splits", "said"),
    [
        (
            {"test": ["II", "IV"], "validation": ["III"], "gate": ["V"]},
            "Test chromosomes: II, IV; validation: III; gate: V; all others train the experts.",
        ),
        (
            {"folds": 5, "fold": 2},
            "Chromosomes are dealt to 5 folds of about equal length. In this run fold 2 is the "
            "test, the next one the validation, and the one after it the gate's; all others train "
            "the experts.",
        ),
        (
            {"by": "blocks", "block_length": 50000, "gap": 200},
            "Each chromosome is cut into blocks of 50,000 bases, of which 20 % are the test, 10 % "
            "the validation and 10 % the gate's, spread evenly; all others train the experts. "
            "Between two blocks of different splits 200 bases are left out.",
        ),
        (
            {"by": "blocks", "folds": 5, "fold": 3},
            "This is fold 3 of 5. Between two blocks of different splits a window with its flanks "
            "is left out.",
        ),
        (
            {"by": "rank", "held_out_ranks": 400},
            "Of the first 400 positives the even ranks are the test, as in the paper; of the "
            "others 10 % are the validation and 10 % the gate's, and the rest trains the experts.",
        ),
        (
            {"by": "rank", "strongest_shares": {"validation": 0.5, "gate": 0.2}},
            "of the others 10 % are the validation and 10 % the gate's (of those as strong as the "
            "test 50 % and 20 %), and the rest trains the experts.",
        ),
    ],
)
def test_splits_of_every_kind(splits: dict[str, Any], said: str) -> None:
    assert said in describe_splits(configure(splits=splits))


def test_negatives_of_every_kind() -> None:
    kinds = ("genomic", "dinucleotide", "neighbour", "other_factor", "file")
    ratios = dict.fromkeys(kinds, 2)
    negatives = {"training": ratios, "evaluation": ratios, "match_repeats": True, "margin": 1500}
    lines = describe_negatives(configure(negatives=negatives))
    assert len(lines) == 5
    assert lines[0].startswith("genomic negatives (training 2, test 2 a positive): windows of the")
    assert "GC content and share of repeats" in lines[0]
    assert "1,500 bases around them" in lines[0]
    assert "1,000 bases from a positive" in lines[2]
    assert lines[4].endswith("supplied as regions, of which none touches a peak of the factor.")


def test_kinds_that_a_run_does_not_have_are_not_described() -> None:
    lines = describe_negatives(configure())
    assert [line.split(" (")[0] for line in lines] == ["genomic negatives", "dinucleotide shuffles"]
    assert "training 5, test 5 a positive" in lines[0]


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
    assert "None was dropped for: at a chromosome's edge." in found[0].caption
    assert [cell.text for cell in found[1].rows[0]] == [
        "genomic negatives", "test", "400", "2,000", "2,000", "0.010", "0.020",
    ]  # fmt: skip
    assert any(isinstance(block, Bullets) for block in blocks)
    assert not any(table.caption.startswith("Fewer") for table in found)


def test_a_run_on_ready_sequences(simulated_run: FakeRun, tables: RunTables) -> None:
    windows = tables.windows.rename(columns={"peaks": "sequences"})
    windows = windows[["experiment", "sequences", "kept"]].assign(short=[2, 0, 0, 0])
    # no lower case, no repeats
    audit = tables.audit.assign(repeat_pos=None)
    run = Run("fake", READY, simulated_run.run.sets, simulated_run.run.experts)
    ready = replace(tables, windows=windows, audit=audit)
    blocks = data_section(ready, run, simulated_run.files.figures).blocks
    first = blocks[0]
    assert isinstance(first, Paragraph)
    assert first.text.startswith("Ready sequences, of which the middle 101 bases are used")
    assert "the even ranks are the test" in first.text
    found = [block for block in blocks if isinstance(block, Table)]
    assert found[0].header == ["experiment", "factor", "sequences", "shorter than a window", "kept"]
    assert found[1].header[-1] == "largest distance in GC"


def test_shortfalls_stand_with_their_reason(simulated_run: FakeRun, tables: RunTables) -> None:
    negatives = tables.negatives.copy()
    negatives.loc[1, ["drawn", "why"]] = [450, "the split has no more such windows"]
    negatives.loc[0, "chromosomes_unused"] = "chr8, chr21"
    short = replace(tables, negatives=negatives)
    blocks = data_section(short, simulated_run.run, simulated_run.files.figures).blocks
    table = next(b for b in blocks if isinstance(b, Table) and b.caption.startswith("Fewer"))
    assert table.caption.endswith("in 1 case; the lowest share drawn is 0.90.")
    assert [cell.text for cell in table.rows[0]] == [
        "Reb1", "genomic negatives", "test", "500", "450", "the split has no more such windows",
    ]  # fmt: skip
    said = [block.text for block in blocks if isinstance(block, Paragraph)]
    assert "1 experiment had such chromosomes (Abf1;" in said[-1]


def test_captions_say_what_is_so(simulated_run: FakeRun, tables: RunTables) -> None:
    overlaps = describe_overlaps(tables.overlaps)
    assert "overlaps a peak, or its window, of the training set" in overlaps
    assert overlaps.endswith("Median over 2 OOD sets: 25 %; the largest: 30 %, Swi6.")
    assert "shares a 31-mer" in describe_overlaps(tables.overlaps.assign(by="31-mers"))
    homology = describe_homology(tables.homology, simulated_run.run)
    assert "Splits of a genome part places" in homology
    assert homology.endswith("Median over 4 sets: 15 %; the largest: 30 %, Swi6.")
    detectability = describe_detectability(tables.detectability)
    assert detectability.endswith("Medians over sets: 0.580 and 0.680 against genomic negatives.")
    composition = describe_composition(tables.audit, simulated_run.run)
    assert composition.endswith("and genomic negatives: GC 0.010, repeats 0.050.")


def test_captions_of_what_is_not_known(simulated_run: FakeRun, tables: RunTables) -> None:
    run = Run("fake", READY, simulated_run.run.sets, simulated_run.run.experts)
    audit = tables.audit.assign(repeat_pos=None, negatives="file")
    said = describe_composition(audit, run)
    assert said.startswith("GC content of positives and negatives. Repeats are not known")
    assert "anywhere in the genome" not in said
    empty = pd.DataFrame(columns=tables.overlaps.columns)
    assert "Median" not in describe_overlaps(empty)
    one = tables.homology[tables.homology["experiment"] == "Swi6"]
    assert describe_homology(one, run).endswith(" It is 30 % for Swi6.")
    assert "Medians" not in describe_detectability(tables.detectability[:0])


def test_provenance_of_a_run_without_a_genome(simulated_run: FakeRun) -> None:
    run = Run("fake", READY, simulated_run.run.sets, simulated_run.run.experts)
    table = provenance_section(run, {}, 1).blocks[0]
    assert isinstance(table, Table)
    assert ["genome", "none: ready sequences"] in [[c.text for c in row] for row in table.rows]
