import os
from pathlib import Path

import numpy as np
import pysam
import pytest

from tfmoe.core.errors import ConfigError, InputError
from tfmoe.data.reading.genome import Genome, cut_windows, prepare_genome, read_chromosomes

FASTA = ">I first sequence\nACGTACGTAC\nGTN\n\n>II\r\nttttgggg\r\n>Mito\nCCC\n"


def prepare(folder: Path, names: list[str] | None = None, text: str = FASTA) -> Path:
    source = folder / "source.fa"
    source.write_text(text)
    prepare_genome(source, names, folder / "genome.fa", folder / "chromosomes.tsv")
    return folder / "genome.fa"


def test_prepared_genome(tmp_path: Path) -> None:
    path = prepare(tmp_path, ["II", "I"])
    assert path.read_text() == ">I\nACGTACGTACGTN\n>II\nttttgggg\n"
    assert (tmp_path / "genome.fa.fai").read_text().splitlines()[1] == "II\t8\t21\t8\t9"
    chromosomes = read_chromosomes(tmp_path / "chromosomes.tsv")
    assert chromosomes.lengths == {"I": 13, "II": 8, "Mito": 3}
    assert chromosomes.used == ("I", "II")
    assert chromosomes.used_lengths == {"I": 13, "II": 8}


def test_all_sequences_and_long_lines(tmp_path: Path) -> None:
    path = prepare(tmp_path, None, ">1\n" + "ACGT" * 50 + "\n")
    assert [len(line) for line in path.read_text().splitlines()] == [2, 80, 80, 40]
    chromosomes = read_chromosomes(tmp_path / "chromosomes.tsv")
    assert chromosomes.used == ("1",)  # a name that looks like a number stays a name
    with Genome(path) as genome:
        assert genome.letters("1").tobytes() == b"ACGT" * 50


def test_letters_keep_the_repeats(tmp_path: Path) -> None:
    with Genome(prepare(tmp_path, None, ">1\nACgtNRn\n")) as genome:
        letters = genome.letters("1")
        assert letters.dtype == np.uint8
        assert letters.tobytes() == b"ACgtNRn"
        assert (letters >= ord("a")).tolist() == [False, False, True, True, False, False, True]


def test_index_is_what_samtools_writes(tmp_path: Path) -> None:
    text = ">1 first\n" + "ACGT" * 50 + "\n>2\nACGT\n>3\n" + "a" * 160 + "\n"
    path = prepare(tmp_path, ["1", "3"], text)
    written = (tmp_path / "genome.fa.fai").read_text()
    assert written == "1\t200\t3\t80\t81\n3\t160\t209\t80\t81\n"
    pysam.faidx(str(path))
    assert (tmp_path / "genome.fa.fai").read_text() == written


def test_source_without_index_in_a_read_only_folder(tmp_path: Path) -> None:
    folder = tmp_path / "given"
    folder.mkdir()
    (folder / "source.fa").write_text(FASTA)
    folder.chmod(0o555)
    try:
        prepare_genome(
            folder / "source.fa", None, tmp_path / "genome.fa", tmp_path / "chromosomes.tsv"
        )
        assert [path.name for path in folder.iterdir()] == ["source.fa"]
    finally:
        folder.chmod(0o755)
    with Genome(tmp_path / "genome.fa") as genome:
        assert genome.lengths == {"I": 13, "II": 8, "Mito": 3}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (">a\nACGJ\n", "sequence a contains 'J'"),
        (">a\nACG\n>a\nACG\n", "two sequences are called a"),
    ],
)
def test_bad_source_leaves_nothing_behind(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        prepare(tmp_path, None, text)
    assert not (tmp_path / "genome.fa").exists()


def test_missing_chromosome_and_missing_genome(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"genome.chromosomes: .*has no sequence III; it has I, "):
        prepare(tmp_path, ["I", "III"])
    with pytest.raises(InputError, match="the genome cannot be opened"):
        Genome(tmp_path / "none.fa")


@pytest.mark.parametrize("size", [3, 100, 205])
def test_genome_that_was_cut_off(tmp_path: Path, size: int) -> None:
    path = prepare(tmp_path, None, ">1\n" + "ACGT" * 50 + "\n>2\nAC\n")
    assert path.stat().st_size == 3 + 203 + 3 + 3
    path.write_bytes(path.read_bytes()[:size])
    with Genome(path) as genome:
        if size == 205:
            assert len(genome.letters("1")) == 200
        with pytest.raises(InputError, match=r"genome.fa: 2 has 0 of 3 bytes"):
            genome.letters("2")
        if size < 205:
            with pytest.raises(InputError, match=r"1 has \d+ of 202 bytes"):
                genome.letters("1")
        with pytest.raises(InputError, match=r"genome.fa: 2 has [01] of 2 bytes"):
            genome.windows("2", np.array([0]), 4)


@pytest.mark.parametrize("length", [1, 79, 80, 81, 160, 161])
def test_all_lengths_of_the_last_line(tmp_path: Path, length: int) -> None:
    text = "".join(np.random.default_rng(length).choice(list("ACGTacgtN"), length))
    with Genome(prepare(tmp_path, None, f">x\nAAA\n>y\n{text}\n>z\nCCC\n")) as genome:
        assert genome.letters("y").tobytes().decode() == text
        assert genome.letters("z").tobytes() == b"CCC"


def test_windows_are_those_of_the_whole_chromosome(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    text = "".join(rng.choice(list("ACGTacgtN"), 333))
    starts = np.concatenate([np.arange(-30, 340), rng.integers(-300, 600, 200)])
    with Genome(prepare(tmp_path, None, f">x\nAAA\n>y\n{text}\n>z\nCCC\n")) as genome:
        for width in (1, 17, 80, 81, 400):
            found = genome.windows("y", starts, width)
            np.testing.assert_array_equal(found, cut_windows(genome.letters("y"), starts, width))
        assert genome.windows("y", starts[:0], 5).shape == (0, 5)


def test_an_index_that_is_older_than_its_genome_is_read_without_a_change(tmp_path: Path) -> None:
    path = prepare(tmp_path)
    index = Path(f"{path}.fai")
    content = index.read_bytes()
    os.utime(index, (1, 1))
    folder_time = tmp_path.stat().st_mtime_ns
    with Genome(path) as genome:
        assert genome.letters("Mito").tobytes() == b"CCC"
    assert index.read_bytes() == content
    assert (index.stat().st_mtime, tmp_path.stat().st_mtime_ns) == (1, folder_time)


def test_a_genome_without_an_index(tmp_path: Path) -> None:
    path = prepare(tmp_path)
    Path(f"{path}.fai").unlink()
    with pytest.raises(InputError, match=r"genome.fa: the genome cannot be opened .*genome.fa.fai"):
        Genome(path)
    assert not Path(f"{path}.fai").exists()
