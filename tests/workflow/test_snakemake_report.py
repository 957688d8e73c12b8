"""`snakemake --report` of the demo: its menu, its captions and the places of its pages."""

from __future__ import annotations

import csv
import json
import re
import shutil
import zipfile
from pathlib import Path

import pytest

from tfmoe.report.render import packed

RESULTS = "results/demo"
FACTORS = f"{RESULTS}/factors"


@pytest.fixture(scope="module")
def archive(
    snakemake, root: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[zipfile.ZipFile, str]:
    """Return the report of a run whose results are empty files, and what Snakemake printed."""
    folder = tmp_path_factory.mktemp("report")
    shutil.copytree(root / "config", folder / "config")
    with (folder / "config/experiments.tsv").open(encoding="utf-8") as lines:
        table = csv.DictReader((line for line in lines if line[0] != "#"), delimiter="\t")
        pages = [f"{FACTORS}/{row['factor']}.html" for row in table]
    rules = "\n".join(path.read_text() for path in (root / "workflow/rules").glob("*.smk"))
    marked = re.findall(r'report\(\s*"<results>/([^"]+)"', rules)
    for path in [*(f"{RESULTS}/{name}" for name in marked), *pages]:
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text("")
    # --forceall: these results have no record of a run
    ended = snakemake(folder, "--report", "report.zip", "--forceall")
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return zipfile.ZipFile(folder / "report.zip"), ended.stdout + ended.stderr


def results(report: zipfile.ZipFile) -> dict[str, dict]:
    """Read the results that the menu lists, by path."""
    page = report.read("report/report.html").decode()
    found = re.search(r"var results = (\{.*\});?$", page, re.MULTILINE)
    assert found is not None
    return json.loads(found[1])


def test_pages_lie_where_they_look_for_each_other(archive):
    names = set(archive[0].namelist())
    for path in (f"{RESULTS}/report.html", f"{FACTORS}/CTCF.html", f"{FACTORS}/GATA2.html"):
        assert f"report/data/raw/{packed(path).removeprefix('../')}" in names


def test_the_menu_shows_each_result_once(archive):
    found = results(archive[0])
    labels = [tuple(result["labels"].values()) for result in found.values()]
    assert len(set(labels)) == len(labels)
    pages = {path: result["labels"] for path, result in found.items() if path.startswith(FACTORS)}
    assert len(pages) == 9
    assert pages[f"{FACTORS}/CTCF.html"] == {"factor": "CTCF"}


def test_no_caption_names_a_target_twice(archive):
    assert "Duplicate" not in archive[1]
