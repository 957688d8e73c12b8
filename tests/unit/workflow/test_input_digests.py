import os
from hashlib import sha256
from pathlib import Path
from types import SimpleNamespace

import pytest
from snakemake.io import is_flagged

from tfmoe.workflow.input_digests import Sources, source_paths
from tfmoe.workflow.locations import Location


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.bed").write_text("a")
    (tmp_path / "b.bed").write_text("b")
    (tmp_path / "results").mkdir()
    (tmp_path / "results/c.bed").write_text("c")
    return tmp_path


def digest(**inputs: object) -> str:
    sources = Sources(made=["results"], cache=Path("checksums.json"))
    return sources.digest(None, input=SimpleNamespace(_allitems=inputs.items))


def test_order_names_and_content_count(folder: Path) -> None:
    first = digest(peaks=["a.bed", "b.bed"])
    assert first == digest(peaks=["a.bed", "b.bed"])
    assert first != digest(peaks=["b.bed", "a.bed"])
    assert first != digest(peaks="a.bed", negatives="b.bed")
    (folder / "a.bed").write_text("x")
    assert first != digest(peaks=["a.bed", "b.bed"])


def test_content_of_files_that_rules_make_does_not_count(folder: Path) -> None:
    first = digest(peaks="results/c.bed")
    (folder / "results/c.bed").write_text("x")
    assert first == digest(peaks="results/c.bed")


def test_a_copy_has_the_same_digest_and_an_older_file_another(folder: Path) -> None:
    first = digest(peaks="a.bed")
    (folder / "copy").write_text("a")
    (folder / "copy").replace(folder / "a.bed")
    assert digest(peaks="a.bed") == first
    (folder / "a.bed").write_text("x")
    os.utime(folder / "a.bed", (1, 1))
    assert digest(peaks="a.bed") != first


def test_files_exchanged_by_renaming_are_noticed(folder: Path) -> None:
    first = digest(peaks="a.bed")
    (folder / "a.bed").rename("t")
    (folder / "b.bed").rename("a.bed")
    (folder / "t").rename("b.bed")
    assert digest(peaks="a.bed") != first


def test_a_checksum_is_the_sha256_and_empty_for_a_missing_file(folder: Path) -> None:
    sources = Sources(made=["results"], cache=Path("checksums.json"))
    assert sources.checksum("a.bed") == sha256(b"a").hexdigest()
    assert sources.checksum("absent") == ""


def test_an_unchanged_file_is_not_read_again(folder: Path) -> None:
    digest(peaks="a.bed")
    text = Path("checksums.json").read_text()
    Path("checksums.json").write_text(text.replace(sha256(b"a").hexdigest(), "known"))
    sources = Sources(made=["results"], cache=Path("checksums.json"))
    assert sources.checksum("a.bed") == "known"


def test_modification_times_of_input_files_do_not_count() -> None:
    (path,) = source_paths([Location("a.bed", None, None)])
    assert path == "a.bed"
    assert path.flags["ancient"]


def test_modification_times_of_files_that_rules_make_count() -> None:
    (path,) = source_paths([Location("<results>/simulation/genome.fa", None, None)])
    assert not is_flagged(path, "ancient")
