"""Page of one factor."""

import base64
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

from tfmoe.attribution.maps import AttributionMaps, write_maps
from tfmoe.core.dna import encode
from tfmoe.core.files import read_tsv, write_tsv
from tfmoe.evaluation.set_metrics import METRIC_COLUMNS
from tfmoe.evaluation.sets import EvaluationSet
from tfmoe.figures.motifs import Search
from tfmoe.jaspar.matrices import Matrix, write_matrices
from tfmoe.motifs.filter_table import MATCHED_COLUMNS
from tfmoe.motifs.find import PATTERN_COLUMNS
from tfmoe.motifs.gating import GATE_MOTIF_COLUMNS
from tfmoe.motifs.match_run import SUMMARY_COLUMNS
from tfmoe.motifs.matching import MATCH_COLUMNS
from tfmoe.motifs.patterns import Pattern, Seqlets, write_meme
from tfmoe.motifs.seqlets import seqlet_table, write_bed
from tfmoe.report.blocks import Bullets, Heading, Paragraph, Picture, Pictures, Table
from tfmoe.report.factor_files import FactorFiles, FactorSearch
from tfmoe.report.factor_page import factor_head, factor_sections, gate_section
from tfmoe.report.findings import MotifTables
from tfmoe.report.narrative.factors import explaining_motif, explanation
from tfmoe.report.render import render_page

WORD = "GATTACA"
MOTIF = np.array([[0.94 if base == letter else 0.02 for base in WORD] for letter in "ACGT"])
OF = {"experiment": "x", "factor": "Reb1", "model": "moe"}
SETS = [
    EvaluationSet("x", "Reb1", "in_distribution", "in_distribution", "x"),
    EvaluationSet("y", "Tbf1", "ood", "cross_family", None),
]


def score(found: EvaluationSet, auroc: float) -> dict[str, object]:
    row: dict[str, object] = {"experiment": found.experiment, "model": "moe", "role": found.role}
    row |= {"factor": found.factor, "negatives": "genomic", "subset": "all", "seed": 0}
    row |= {"auroc": auroc, "auroc_low": auroc - 0.05, "auroc_high": auroc + 0.04}
    return row | {"n_pos": 80, "n_neg": 400}


def table(folder: Path, name: str, columns: tuple[str, ...], *rows: dict[str, object]) -> Path:
    filled = [dict.fromkeys(columns, None) | row for row in rows]
    write_tsv(pd.DataFrame(filled, columns=list(columns)), folder / f"{name}.tsv")
    return folder / f"{name}.tsv"


def gate_rows() -> list[dict[str, object]]:
    """The first pattern of expert x is enriched in the peaks of y, another one is not."""
    row: dict[str, object] = {"experiment": "y", "expert": "x", "weight": 0.6, "consensus": WORD}
    row |= {"pattern": "pattern_0", "match": "REB1", "q": 1e-9}
    row |= {"rate_positives": 0.42, "rate_negatives": 0.03}
    worse = row | {"pattern": "pattern_1", "rate_positives": 0.9, "rate_negatives": 0.9, "q": 0.7}
    return [OF | {"expert": "Abf1", "weight": 0.25}, worse, row]


def make(folder: Path, patterns: list[Pattern]) -> tuple[FactorSearch, FactorFiles]:
    """Write the files of a search; the motif's match is on the reverse strand."""
    names = [f"x:{index}" for index in range(8)]
    values = np.random.default_rng(1).normal(size=(8, 4, 31)).astype(np.float32)
    codes = encode(["C" * 12 + WORD + "C" * 12] * 8)
    write_maps(AttributionMaps(values, codes, np.array(names)), folder / "maps.npz")
    places = pd.DataFrame({"name": names, "chrom": "chr1", "start": 100})
    write_bed(seqlet_table(patterns, names, places), folder / "seqlets.bed")
    write_meme(patterns, np.full(4, 0.25), "x.moe", folder / "motifs.meme")
    row = dict.fromkeys(PATTERN_COLUMNS, 1.0) | {"rate_positives": 0.5, "rate_negatives": 0.1}
    row |= {"pattern": "pattern_0", "consensus": WORD, "n_seqlets": 8, "n_sequences": 8}
    rows = [row] * len(patterns)
    matrix = Matrix("MA1.1", "REB1", "fungi", "4932", "", "", "SELEX", MOTIF[::-1, ::-1])
    write_matrices([matrix], folder / "matrices.meme", folder / "matrices.tsv")
    match = OF | {"pattern": "pattern_0", "matrix_id": "MA1.1", "name": "REB1", "rank": 1}
    match |= {"q": 1e-6, "strand": "-", "offset": 0, "is_own_factor": True, "is_family": True}
    summary = OF | {"n_sequences": 8, "n_patterns": len(patterns), "n_seqlets": 8, "own_rank": 1}
    summary |= {"own_q": 1e-6, "family_rank": 1, "family_q": 1e-6, "family_name": "REB1"}
    summary |= {"family_matrix": "MA1.1", "family_chance": 0.005, "note": "only 4 seqlets"}
    reads = OF | {"model": "expert_x", "filter": "filter_3", "consensus": "GATTA", "n_sites": 70}
    files = FactorFiles(
        table(folder, "jaspar", MATCH_COLUMNS, match | {"independent": True}),
        table(folder, "summary", SUMMARY_COLUMNS, summary),
        table(folder, "filters", MATCHED_COLUMNS, reads, reads | {"experiment": "other"}),
        table(folder, "gate", GATE_MOTIF_COLUMNS, *gate_rows()),
        folder / "matrices.meme",
        folder / "matrices.tsv",
        table(folder, "metrics", METRIC_COLUMNS, *map(score, SETS, (0.91, 0.72))),
        table(folder, "windows", ("experiment", "kept"), {"experiment": "x", "kept": 1234}),
        folder / "logos",
    )
    search = Search(
        "x",
        "Reb1",
        "moe",
        table(folder, "patterns", PATTERN_COLUMNS, *rows),
        folder / "motifs.meme",
        folder / "maps.npz",
    )
    return FactorSearch(search, folder / "seqlets.bed"), files


@pytest.fixture
def pattern() -> Pattern:
    rows = np.arange(8)
    start, strand = np.full(8, 12), np.ones(8, dtype=np.int8)
    return Pattern("pattern_0", MOTIF, Seqlets(rows, start, strand, rows + 1.0, 10.0))


def test_a_pattern_has_its_logo_positions_and_sequences(tmp_path: Path, pattern: Pattern) -> None:
    search, files = make(tmp_path, [pattern])
    _, found, _, filters = factor_sections(SETS[:1], [search], files, 0.05)
    assert (found.key, found.title) == ("x-moe", "x, mixture")
    kinds = [type(block) for block in found.blocks]
    assert kinds == [Paragraph, Heading, Pictures, Bullets, Heading, Picture]
    first = found.blocks[0]
    assert isinstance(first, Paragraph)
    assert "1 pattern among 8 seqlets" in first.text
    assert "rank 1 (q = 1e-06)" in first.text and "REB1 MA1.1" in first.text
    assert "0.5 %" in first.text
    heading, facts = found.blocks[1], found.blocks[3]
    # reversed like its match
    assert isinstance(heading, Heading) and heading.text == "pattern 0: TGTAATC"
    assert isinstance(facts, Bullets) and facts.items[0] == "8 seqlets in 8 sequences."
    assert "50.0 % of positives" in facts.items[1] and "10.0 % of negatives" in facts.items[1]
    (cells,) = [block for block in filters.blocks if isinstance(block, Table)]
    assert cells.rows[0][0].text == "filter 3"
    head = factor_head("Reb1", SETS[:1], "run", "results/run/factors/Reb1.html", True)
    page = render_page([found, filters], head)
    assert "<h1>Binding of Reb1</h1>" in page and "Simulated data" in page
    assert '<a href="../report.html" data-packed="../' in page
    assert "Known factor, with an expert of its own; 1 experiment of run run." in page
    assert page.count("data:image/png;base64,") == 3
    assert "Table: figures/" not in page


def test_a_factor_without_a_pattern_has_the_reason(tmp_path: Path) -> None:
    search, files = make(tmp_path, [])
    results, found, *_ = factor_sections(SETS[:1], [search], files, 0.05)
    first = results.blocks[0]
    assert isinstance(first, Paragraph)
    assert first.text == "On Reb1's peaks, the mixture found no motif: only 4 seqlets."
    result, picture = found.blocks
    assert isinstance(result, Paragraph)
    assert "only 4 seqlets" in result.text and "8 sequences" in result.text
    assert isinstance(picture, Picture) and "Contributions in a typical sequence" in picture.caption


def test_the_first_section_has_the_finding_and_the_scores(tmp_path: Path, pattern: Pattern) -> None:
    search, files = make(tmp_path, [pattern])
    first, *_ = factor_sections(SETS[:1], [search], files, 0.05)
    finding, sizes, scores = first.blocks
    assert isinstance(finding, Paragraph) and isinstance(sizes, Paragraph)
    assert finding.text == (
        "On Reb1's peaks, the mixture found the motif TGTAATC. It matches the factor's own JASPAR "
        "matrix, REB1 (MA1.1, q = 1e-06)."
    )
    assert sizes.text == (
        "1,234 peaks gave a window. The test split has 80 positives and 400 negatives."
    )
    assert isinstance(scores, Table)
    assert [[cell.text for cell in row] for row in scores.rows] == [
        ["mixture", "0.91 (0.86 to 0.95)"]
    ]


def test_an_unseen_factor_has_the_motif_that_explains_it(tmp_path: Path, pattern: Pattern) -> None:
    search, files = make(tmp_path, [pattern])
    expert = replace(search, search=replace(search.search, model="expert_x"))
    matches = read_tsv(files.matches, []).assign(model="expert_x")
    write_tsv(matches, files.matches)
    first, gate = factor_sections(SETS[1:], [expert], files, 0.05)
    finding, logo, searched, sizes, _ = first.blocks
    assert isinstance(finding, Paragraph) and isinstance(logo, Picture)
    assert finding.text == (
        "No expert saw Tbf1. The motif TGTAATC of x's expert explains it best: 42 % of test peaks "
        "have a hit, and 3 % of negatives. The gate gives this expert a mean weight of 0.60."
    )
    assert logo.alternative == "Logo of TGTAATC, the motif of expert x"
    assert isinstance(searched, Paragraph) and "attribution.ood" in searched.text
    assert isinstance(sizes, Paragraph) and sizes.text.startswith("\u2013 peaks gave a window.")
    assert gate.title == "Gate weights and the experts' motifs"
    # the match is on the other strand, on which the logo is drawn
    (cells,) = gate.blocks
    assert isinstance(cells, Table)
    assert [cell.text for cell in cells.rows[1][:4]] == ["y", "x", "0.60", "TGTAATC"]


def test_a_factor_that_is_not_searched_has_the_gate(tmp_path: Path) -> None:
    _, files = make(tmp_path, [])
    first, *_ = factor_sections(SETS[1:], [], files, 0.05)
    assert isinstance(first.blocks[0], Paragraph)
    assert "The motif GATTACA of x's expert explains it best" in first.blocks[0].text
    motifs = MotifTables({}, files.match_table, files.summary_table, files.gate_table, 0.05)
    (cells,) = gate_section(motifs, ["x"]).blocks
    assert isinstance(cells, Table)
    assert [cell.text for cell in cells.rows[0][:3]] == ["x", "Abf1", "0.25"]
    assert gate_section(motifs, ["z"]).blocks == []


def test_the_weight_of_an_expert_is_compared_with_an_even_share() -> None:
    rows = [row | {"experiment": "y"} for row in gate_rows()]  # of the experts Abf1 and x
    row = explaining_motif(pd.DataFrame(rows), "y", 0.05)
    assert row is not None and row["networks"] == 2
    assert explanation("Tbf1", row, WORD)[-1] == (
        "The gate gives this expert a mean weight of 0.60 (an even share is 0.50)."
    )


def test_a_missing_score_is_explained(tmp_path: Path, pattern: Pattern) -> None:
    search, files = make(tmp_path, [pattern])
    rows = [score(SETS[0], 0.91) | {"model": model} for model in ("moe", "pwm")]
    metrics = table(tmp_path, "more", METRIC_COLUMNS, *rows, score(SETS[1], 0.7))
    captions = []
    for found in SETS:
        files = replace(files, metrics=metrics)
        section = factor_sections([found], [search], files, 0.05)[0]
        captions += [block.caption for block in section.blocks if isinstance(block, Table)]
    assert ["JASPAR has no matrix" in caption for caption in captions] == [False, True]


def test_a_stored_logo_is_shown_instead_of_drawn_again(tmp_path: Path, pattern: Pattern) -> None:
    search, files = make(tmp_path, [pattern])
    Path(files.logos).mkdir()
    logo = Path(files.logos, "x.moe.pattern_0.png")
    Figure(figsize=(1.5, 0.5)).savefig(logo, dpi=200)
    found = factor_sections(SETS[:1], [search], files, 0.05)[1]
    first, _ = next(block.pictures for block in found.blocks if isinstance(block, Pictures))
    assert base64.b64decode(first.source.partition(",")[2]) == logo.read_bytes()
    assert (first.name, first.width, first.height) == ("", 144, 48)


def test_tables_are_read_once_for_all_pages(tmp_path: Path, pattern: Pattern) -> None:
    search, files = make(tmp_path, [pattern])
    before = factor_sections(SETS[:1], [search], files, 0.05)
    for path in (files.matches, files.summary, files.gate, files.filters, files.metrics):
        Path(path).unlink()
    assert factor_sections(SETS[:1], [search], files, 0.05) == before
