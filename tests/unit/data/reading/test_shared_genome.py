import fcntl
import gzip
import json
import logging
import os
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from tfmoe.core.errors import ConfigError, ResourceError
from tfmoe.data.reading import shared_genome
from tfmoe.data.reading.genome import Genome
from tfmoe.data.reading.shared_genome import share_genome

FASTA = ">chr1\nACGTACGT\n>chr2\nttggg\n>chr1_KI270706v1_alt\nACGT\n"
FILES = ("genome.fa", "genome.fa.fai", "chromosomes.tsv")
Share = Callable[..., Path]


@pytest.fixture
def share(tmp_path: Path) -> Share:
    """Return a function that shares the genome of a new run and returns the run's folder."""
    (tmp_path / "source.fa").write_text(FASTA)

    def run(
        name: str,
        chromosomes: list[str] | None = None,
        code: str = "1" * 16,
        source: str = "source.fa",
    ) -> Path:
        folder = tmp_path / name
        share_genome(
            tmp_path / source,
            chromosomes,
            folder / "genome.fa",
            folder / "chromosomes.tsv",
            code,
            tmp_path / "shared",
        )
        return folder

    return run


@pytest.fixture
def prepared(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """Return a list that gets the path of each genome that is prepared, not linked."""
    calls: list[Path] = []
    prepare = shared_genome.prepare_genome

    def counted(source: Path, names: list[str], fasta: Path, table: Path) -> str:
        calls.append(fasta)
        return prepare(source, names, fasta, table)

    monkeypatch.setattr(shared_genome, "prepare_genome", counted)
    return calls


def entry(tmp_path: Path) -> Path:
    (record,) = (tmp_path / "shared").rglob("genome.json")
    return record.parent


def content(folder: Path) -> list[bytes]:
    return [(folder / name).read_bytes() for name in FILES]


def inode(path: Path) -> int:
    return path.stat().st_ino


def test_a_second_run_has_the_same_file(share: Share, prepared: list[Path]) -> None:
    first, second = share("first"), share("second")
    assert prepared == [first / "genome.fa"]
    assert inode(first / "genome.fa") == inode(second / "genome.fa")
    assert content(first) == content(second)
    assert content(first)[:2] == [
        b">chr1\nACGTACGT\n>chr2\nttggg\n",
        b"chr1\t8\t6\t8\t9\nchr2\t5\t21\t5\t6\n",
    ]
    with Genome(second / "genome.fa") as genome:
        assert genome.letters("chr2").tobytes() == b"ttggg"
    assert sorted(path.name for path in second.iterdir()) == sorted(FILES)


def test_the_small_files_of_a_run_are_its_own(share: Share, tmp_path: Path) -> None:
    # Snakemake compares their times, and sets those of the outputs of each job
    first, second = share("first"), share("second")
    for name in FILES[1:]:
        assert inode(first / name) != inode(second / name)
        os.utime(second / name, (1, 1))
        assert (first / name).stat().st_mtime > 1
        assert (entry(tmp_path) / name).stat().st_mtime > 1


def test_a_copy_of_the_source_is_the_same_genome(
    share: Share, tmp_path: Path, prepared: list[Path]
) -> None:
    share("first", ["chr1", "chr2"])
    (tmp_path / "copy.fa").write_text(FASTA)
    share("second", ["chr2", "chr1", "chr1"], source="copy.fa")
    assert len(prepared) == 1


def test_the_warning_about_sequences_left_out_is_repeated(
    share: Share, caplog: pytest.LogCaptureFixture
) -> None:
    share("first")
    (first,) = [row.message for row in caplog.records if row.levelno == logging.WARNING]
    caplog.clear()
    share("second")
    (second,) = [row.message for row in caplog.records if row.levelno == logging.WARNING]
    assert first == second
    assert "source.fa: 1 sequences repeat chromosomes" in second


@pytest.mark.parametrize(
    "other",
    [{"code": "2" * 16}, {"chromosomes": ["chr1"]}, {"source": "other.fa"}, {"source": "packed"}],
    ids=["code", "chromosomes", "content", "packed source"],
)
def test_other_genomes_are_prepared(
    share: Share, tmp_path: Path, prepared: list[Path], other: dict
) -> None:
    (tmp_path / "other.fa").write_text(FASTA.replace("AC", "AG"))
    (tmp_path / "packed").write_bytes(gzip.compress(FASTA.encode()))
    first = share("first")
    before = content(first)
    second = share("second", **other)
    assert len(prepared) == 2
    assert inode(first / "genome.fa") != inode(second / "genome.fa")
    assert content(first) == before


def test_other_code_replaces_the_entry(share: Share, tmp_path: Path, prepared: list[Path]) -> None:
    share("first")
    second = share("second", code="2" * 16)
    assert inode(entry(tmp_path) / "genome.fa") == inode(second / "genome.fa")
    share("third", code="2" * 16)
    assert len(prepared) == 2


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("damage", ["changed", "cut", "removed"])
def test_a_damaged_file_is_prepared_again(
    share: Share, tmp_path: Path, prepared: list[Path], caplog, name: str, damage: str
) -> None:
    before = content(share("first"))
    path = entry(tmp_path) / name
    if damage == "removed":
        path.unlink()
    else:
        times = path.stat()
        text = path.read_bytes()
        path.write_bytes(text[:-3] if damage == "cut" else text.replace(b"8", b"9") + b"A")
        os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))
    caplog.clear()
    assert content(share("second")) == before
    assert ("the file is damaged and is prepared again" in caplog.text) == (damage != "removed")
    assert content(share("third")) == before
    assert len(prepared) == 2


@pytest.mark.parametrize("record", ["", "{", "[]", "{}"])
def test_a_damaged_record_counts_as_none(
    share: Share, tmp_path: Path, prepared: list[Path], record: str
) -> None:
    share("first")
    (entry(tmp_path) / "genome.json").write_text(record)
    share("second")
    share("third")
    assert len(prepared) == 2


def test_a_record_of_another_genome_counts_as_none(
    share: Share, tmp_path: Path, prepared: list[Path]
) -> None:
    share("first")
    path = entry(tmp_path) / "genome.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"source": "0" * 64}))
    share("second")
    assert len(prepared) == 2


def test_runs_keep_their_genome_without_the_shared_folder(
    share: Share, tmp_path: Path, prepared: list[Path]
) -> None:
    first = share("first")
    before = content(first)
    for path in entry(tmp_path).iterdir():
        path.unlink()
    assert content(first) == before
    assert content(share("second")) == before
    assert len(prepared) == 2


def test_preparing_again_leaves_the_file_of_other_runs_alone(share: Share, tmp_path: Path) -> None:
    first, second = share("first"), share("second")
    (tmp_path / "source.fa").write_text(FASTA.replace("AC", "AG"))
    share("second")
    assert (first / "genome.fa").read_text().startswith(">chr1\nACGT")
    assert (second / "genome.fa").read_text().startswith(">chr1\nAGGT")


def test_a_failed_preparation_shares_nothing(share: Share, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="has no sequence chr9"):
        share("first", ["chr9"])
    assert not list((tmp_path / "shared").rglob("genome*"))


def test_without_hard_links_nothing_is_kept(
    share: Share, tmp_path: Path, prepared: list[Path], monkeypatch, caplog
) -> None:
    caplog.set_level(logging.INFO)
    monkeypatch.setattr(os, "link", refuse)
    assert content(share("first")) == content(share("second"))
    assert len(prepared) == 2
    assert "other runs cannot share this genome" in caplog.text
    assert not list((tmp_path / "shared").rglob("genome*"))


def test_on_another_file_system_the_genome_is_copied(
    share: Share, prepared: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    first = share("first")
    monkeypatch.setattr(os, "link", refuse)
    second = share("second")
    assert content(first) == content(second)
    assert inode(first / "genome.fa") != inode(second / "genome.fa")
    assert len(prepared) == 1


def refuse(source: Path, link: Path) -> None:
    raise OSError(18, "Invalid cross-device link")


def test_a_shared_folder_that_cannot_be_made_costs_time_only(
    share: Share, tmp_path: Path, prepared: list[Path]
) -> None:
    (tmp_path / "shared").write_text("a file")
    assert content(share("first")) == content(share("second"))
    assert len(prepared) == 2


def test_a_full_disk_while_the_record_is_written_costs_time_only(
    share: Share, prepared: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(content: object, path: Path) -> None:
        raise ResourceError(f"{path}: the disk is full")

    with monkeypatch.context() as patch:
        patch.setattr(shared_genome, "write_json", full)
        share("first")
    assert content(share("second")) == content(share("third"))
    assert len(prepared) == 2


@pytest.mark.parametrize("error", [OSError(37, "No locks available")])
def test_without_locks_a_run_goes_on(
    share: Share, prepared: list[Path], monkeypatch: pytest.MonkeyPatch, error: OSError
) -> None:
    def refused(*_: object) -> None:
        raise error

    monkeypatch.setattr(fcntl, "flock", refused)
    share("first")
    share("second")
    assert len(prepared) == 1


def test_of_two_runs_one_prepares_and_the_other_waits(
    share: Share, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    started, finish = threading.Event(), threading.Event()
    prepare, calls = shared_genome.prepare_genome, []

    def slow(*arguments: object) -> str:
        calls.append(arguments)
        started.set()
        assert finish.wait(10)
        return prepare(*arguments)

    monkeypatch.setattr(shared_genome, "prepare_genome", slow)
    runs = [threading.Thread(target=share, args=(name,)) for name in ("first", "second")]
    runs[0].start()
    assert started.wait(10)
    runs[1].start()
    runs[1].join(0.3)
    assert runs[1].is_alive()
    finish.set()
    for run in runs:
        run.join(10)
    assert len(calls) == 1
    assert "waiting for another run that prepares the same genome" in caplog.text
