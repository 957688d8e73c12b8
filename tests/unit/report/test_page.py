"""The page and the summary of a small run."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from hashlib import sha256
from html.parser import HTMLParser
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tfmoe.core.errors import InputError
from tfmoe.core.files import read_tsv, write_tsv
from tfmoe.evaluation.sets import EvaluationSet
from tfmoe.report import pictures
from tfmoe.report.headline import score_run
from tfmoe.report.narrative.scope import FOLDED
from tfmoe.report.narrative.verdict import CAREFUL, MOTIFS, WHICH, verdict
from tfmoe.report.page import describe_run, study_title, write_report
from tfmoe.report.render import packed
from tfmoe.report.run_tables import read_tables

if TYPE_CHECKING:
    from conftest import FakeRun

Without = Callable[["FakeRun", str], "FakeRun"]


class Reader(HTMLParser):
    """Collects ids, headings, links and balanced tags of a page."""

    VOID = ("meta", "img", "br", "hr", "link")

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: list[str] = []
        self.links: list[str] = []
        self.sources: list[str] = []
        self.titles: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        self.ids += [values["id"] or ""] if "id" in values else []
        self.links += [values["href"] or ""] if "href" in values else []
        self.sources += [values["src"] or ""] if "src" in values else []
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] == "h2":
            self.titles.append(data)


def render(fake: FakeRun, folder: Path) -> tuple[str, str]:
    return write_report(fake.files, fake.run, folder / "looks.tsv", "results/fake/report.html")


def read(page: str) -> Reader:
    reader = Reader()
    reader.feed(page)
    assert reader.open == []
    return reader


@pytest.fixture(scope="module")
def written(simulated_run: FakeRun, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str]:
    return render(simulated_run, tmp_path_factory.mktemp("ledger"))


def test_the_sections_follow_the_questions_of_a_reader(written: tuple[str, str]) -> None:
    reader = read(written[0])
    assert reader.titles == [
        "In short",
        "The factors",
        "Motifs",
        "Recovery of the planted motifs",
        "Attribution",
        "Evaluation",
        "Gate",
        "Models",
        "Data",
        "Statistics",
        "Provenance",
    ]
    names = ("Abf1", "Reb1", "Fkh2", "Swi6")
    pages = [f"factors/{name}.html" for name in names]
    keys = [f"#{key}" for key in reader.ids if key != "results"]
    first = ["#results", *keys, *pages]
    assert reader.links[: len(first)] == first
    assert all(link.startswith("figures/") for link in reader.links[len(first) :])
    title = "Binding of Abf1 and Reb1, and of 2 unseen factors"
    assert f"<title>{title}</title>" in written[0] and f"<h1>{title}</h1>" in written[0]
    assert "Run fake of tfmoe: simulated genome, JASPAR2026, 2 training seeds." in written[0]


def test_many_training_factors_are_counted_in_the_title(simulated_run: FakeRun) -> None:
    sets = [
        EvaluationSet(f"x{number}", f"F{number}", "in_distribution", "in_distribution", "x")
        for number in range(5)
    ]
    assert (
        study_title(replace(simulated_run.run, sets=sets)) == "Binding of 5 transcription factors"
    )
    real = replace(simulated_run.run, config={**simulated_run.run.config, "simulation": None})
    assert (
        describe_run(real, 1) == "Run fake of tfmoe: genome R64-1-1, JASPAR2026, 1 training seed."
    )


def test_each_factor_has_a_card(written: tuple[str, str]) -> None:
    cards = re.findall(r'<article class="card">.*?</article>', written[0], re.DOTALL)
    assert len(cards) == 4
    own, unseen = cards[0], cards[2]
    assert ">Abf1</a></h3>" in own and "known factor, with an expert of its own" in own
    assert "It matches the factor&#39;s own JASPAR matrix, ABF1 (MA0000.1, q = 1e-06)." in own
    assert re.search(
        r"<dt>own factor&#39;s expert</dt><dd>0\.\d\d \(0\.\d\d to 0\.\d\d\)</dd>", own
    )
    assert "<dt>peaks</dt><dd>884</dd>" in own
    assert 'src="data:image/png;base64,' in own
    assert "own factor&#39;s expert" not in unseen and "unseen factor, " in unseen
    assert "No expert saw Fkh2, and no expert&#39;s motif is enriched in its peaks." in unseen


def test_links_work_inside_the_report_of_snakemake(written: tuple[str, str]) -> None:
    folder = sha256(b"results/fake/factors/Abf1.html").hexdigest()[:16]
    link = f'<a href="factors/Abf1.html" data-packed="../{folder}/Abf1.html">Abf1</a>'
    assert link in written[0]
    assert packed("results/fake/factors/Abf1.html") == f"../{folder}/Abf1.html"


def test_the_page_needs_no_other_file(written: tuple[str, str]) -> None:
    page = written[0]
    reader = read(page)
    assert reader.sources
    assert all(source.startswith("data:image/") for source in reader.sources)
    assert "<script src" not in page
    assert "<link" not in page
    assert not re.search(r"url\(|@import|fetch\(|XMLHttpRequest", page)
    assert len(page) < 20e6


def test_no_sentence_of_the_verdict_is_long(run_with_rivals: FakeRun) -> None:
    tables, run = read_tables(run_with_rivals.files), run_with_rivals.run
    answers = verdict(tables, run, score_run(tables, run))
    assert [answer.question for answer in answers] == [WHICH, MOTIFS, CAREFUL]
    for text in (sentence for answer in answers for sentence in answer.sentences):
        for part in re.split(r"(?<=[.:?]) ", re.sub(r" \([^)]*\)", "", text)):
            assert len(part.split()) <= 25, part


def test_no_number_is_a_bare_zero_or_missing(written: tuple[str, str]) -> None:
    """A difference that rounds to 0 has its first digit, and a sign only if it is not 0."""
    page = re.sub(
        r"<(style|script|pre)\b.*?</\1>|data:image[^\"]+", "", written[0], flags=re.DOTALL
    )
    for text in (page, written[1]):
        found = re.findall(r"[^>\s(]*(?<![\d.,])[-+\u2212]?0\.0+(?![\d.])|\bnan\b|\bNone\b", text)
        assert found == []


def test_a_simulated_run_is_marked(written: tuple[str, str]) -> None:
    assert "Simulated data" in written[0]
    assert written[1].startswith("tfmoe: run fake (simulated genome and peaks)\n")


def test_real_data_has_no_truth(simulated_run: FakeRun, without: Without, tmp_path: Path) -> None:
    real = without(simulated_run, "recovery")
    config: dict[str, Any] = {**real.run.config, "simulation": None}
    page, summary = render(replace(real, run=replace(real.run, config=config)), tmp_path)
    assert "Recovery of the planted motifs" not in page
    assert "Simulated data" not in page
    assert "Planted truth" not in summary
    assert "In 3 of 4 searches" in summary and "0 are independent" in summary
    assert "R64-1-1 (genome.fa)" in page


def test_one_expert_no_ood_set_and_no_pattern_are_enough(
    smallest_run: FakeRun, tmp_path: Path
) -> None:
    page, summary = render(smallest_run, tmp_path)
    read(page)
    assert page.count("no pattern found in 20 sequences") == 2
    assert "OOD, all" not in page
    assert "0 of 2 searches found a motif" in summary


def test_the_quality_of_maps_is_shown_with_missing_localisation(
    written: tuple[str, str],
) -> None:
    page = written[0]
    assert "Other measures" in page
    for title in ("insertion", "deletion", "stability under shifts"):
        assert f">{title}</th>" in page
    assert "stability over seeds</th>" not in page, "it was not measured"
    assert "how well the maps find the planted instances" in page
    assert re.search(r"No localisation for \w+: no motif of its own\.", page)


def test_a_search_that_found_nothing_is_shown(written: tuple[str, str]) -> None:
    assert "mixture: no pattern found in 20 sequences (only 4 seqlets were found)" in written[0]


def test_each_set_names_its_factors_matrix(written: tuple[str, str]) -> None:
    page, _ = written
    assert "MA0000.1</td><td>ChIP-exo</td><td>yes</td><td>best of 2 on validation" in "".join(
        line.strip() for line in page.splitlines()
    )


def test_a_dependent_match_is_marked(written: tuple[str, str]) -> None:
    shown = (
        "ABF1 MA0000.1 (own matrix, ChIP-exo, not independent of the run&#39;s own kind of data)"
    )
    assert shown in written[0]


def test_the_statistics_are_rendered_and_their_html_is_not_trusted(
    written: tuple[str, str],
) -> None:
    page = written[0]
    assert "<summary>In short</summary>" in page
    assert "worse than &lt;b&gt;." in page
    assert "<td>1</td>" in page
    assert "<h2>Statistics</h2>" in page
    assert page.count("Statistics</h") == 1


def test_figures_follow_their_part_and_parts_for_reference_are_folded(
    written: tuple[str, str],
) -> None:
    page = written[0]
    places = [
        page.index(found)
        for found in (
            "<summary>In short</summary>",
            "Table: figures/critical_difference.tsv",
            "<summary>The analysis of variance as published</summary>",
            "Table: figures/null_simulation.tsv",
            f"<summary>{FOLDED[0]}</summary>",
            "All of them.",
        )
    ]
    assert places == sorted(places)
    assert f"<h3>{FOLDED[0]}</h3>" not in page


def test_provenance_names_versions_release_and_looks(written: tuple[str, str]) -> None:
    page = written[0]
    assert "torch 2.13.0" in page
    assert "numpy 2.4.3" in page
    assert "JASPAR2026, CORE" in page
    assert "1 different result on the test sets" in page


def test_provenance_names_code_processor_and_checksums(written: tuple[str, str]) -> None:
    page = written[0]
    assert "tfmoe 0.1.0, commit c0ffee with uncommitted changes" in page
    assert "Some &lt;CPU&gt;, avx2, ATEN_CPU_CAPABILITY=avx2" in page
    assert "peaks/&lt;b&gt;.bed" in page
    assert "f" * 64 in page
    assert "<td>simulation/genome.fa</td>" in page


def test_a_report_needs_the_record_of_the_run(simulated_run: FakeRun, tmp_path: Path) -> None:
    files = replace(simulated_run.files, record=tmp_path / "run.json")
    with pytest.raises(InputError, match=r"run\.json: the record of the run is missing or damaged"):
        write_report(files, simulated_run.run, tmp_path / "looks.tsv", "report.html")


def test_the_summary_is_a_few_lines_with_the_numbers_of_the_tables(
    written: tuple[str, str], simulated_run: FakeRun
) -> None:
    summary = written[1]
    lines = summary.splitlines()
    assert len(lines) < 35
    assert lines[-1] == "Report: results/fake/report.html"
    assert "3 of 4 searches found a motif" in summary
    assert "3 of 4 searches found the planted motif" in summary
    assert "80 % of the planted instances" in summary
    metrics = read_tsv(simulated_run.files.tables["metrics"])
    rows = metrics[
        (metrics["model"] == "moe")
        & (metrics["negatives"] == "genomic")
        & (metrics["subset"] == "all")
    ]
    by_set = rows.groupby(["role", "experiment"])["auroc"].mean().groupby("role").mean()
    mixture = next(line for line in lines if line.startswith("  mixture"))
    assert mixture.split()[1:] == [f"{by_set['in_distribution']:.3f}", f"{by_set['ood']:.3f}"]


def test_a_quick_run_is_the_first_caution(simulated_run: FakeRun, tmp_path: Path) -> None:
    config = simulated_run.run.config
    training = {**config["training"], "seeds": 1}
    run = replace(simulated_run.run, config={**config, "quick": True, "training": training})
    page, summary = render(replace(simulated_run, run=run), tmp_path)
    first = "This is a quick run (quick: true), a first look: 1 training seed instead of 3."
    lines = summary.splitlines()
    assert lines[lines.index(CAREFUL) + 1] == f"  {first}"
    assert first in page


@pytest.mark.parametrize("name", ["metrics", "audit", "motifs"])
def test_a_missing_required_table_is_named(
    simulated_run: FakeRun, without: Without, tmp_path: Path, name: str
) -> None:
    with pytest.raises(InputError, match=f"the report needs the table {name}"):
        render(without(simulated_run, name), tmp_path)


def test_a_table_without_a_column_is_named(simulated_run: FakeRun, tmp_path: Path) -> None:
    broken = tmp_path / "audit.tsv"
    table = read_tsv(simulated_run.files.tables["audit"])
    write_tsv(table.drop(columns="detector_auroc"), broken)
    tables = {**simulated_run.files.tables, "audit": broken}
    fake = replace(simulated_run, files=replace(simulated_run.files, tables=tables))
    with pytest.raises(InputError, match=r"audit\.tsv: column detector_auroc is missing"):
        render(fake, tmp_path)


def test_a_missing_figure_is_named(simulated_run: FakeRun, tmp_path: Path) -> None:
    fake = replace(simulated_run, files=replace(simulated_run.files, figures=tmp_path))
    with pytest.raises(InputError, match=r"motifs\.svg: the figure does not exist"):
        render(fake, tmp_path)


def test_a_large_svg_is_shown_as_png(
    simulated_run: FakeRun, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pictures, "LARGEST_SVG", 10)
    page, _ = render(simulated_run, tmp_path)
    assert all(source.startswith("data:image/png") for source in read(page).sources)


def test_models_without_a_score_on_some_sets_are_not_marked_best(
    simulated_run: FakeRun, tmp_path: Path
) -> None:
    metrics = read_tsv(simulated_run.files.tables["metrics"])
    matrix = metrics["model"] == "pwm"
    metrics.loc[matrix, "auroc"] = 0.99
    metrics.loc[matrix & (metrics["experiment"] == "Swi6"), "auroc"] = None
    path = tmp_path / "metrics.tsv"
    write_tsv(metrics, path)
    tables = {**simulated_run.files.tables, "metrics": path}
    fake = replace(simulated_run, files=replace(simulated_run.files, tables=tables))
    page, summary = render(fake, tmp_path)
    assert '<td class="number">0.990 (1)</td>' in page
    assert "0.990 (1 set)" in summary
    best = "Use the factor&#39;s own JASPAR matrix for known factors and unseen factors"
    assert f"{best} (mean AUROC 0.990 and 0.990)." in page
    assert re.search(r"Unseen factors: .* \(1 set, too few for an interval\)", page)
