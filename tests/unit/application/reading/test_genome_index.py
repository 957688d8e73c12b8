from pathlib import Path

import pytest

from tfmoe.application.reading.genome_index import check_index
from tfmoe.core.errors import InputError

FASTA = ">chr1 a b\nACGT\nAC\n\n>chr2\nGG\n"
INDEX = "chr1\t6\t10\t4\t5\nchr2\t2\t25\t2\t3\n"


def write(folder: Path, fasta: str, index: str) -> tuple[Path, Path]:
    path, own = folder / "g.fa", folder / "g.fa.fai"
    path.write_text(fasta)
    own.write_text(index)
    return path, own


def test_an_index_that_fits(tmp_path: Path) -> None:
    check_index(*write(tmp_path, FASTA, INDEX))
    # sorted by name or length it is still valid
    check_index(*write(tmp_path, FASTA, "chr2\t2\t25\t2\t3\nchr1\t6\t10\t4\t5\n"))


def test_an_index_that_cannot_be_read(tmp_path: Path) -> None:
    path, own = write(tmp_path, FASTA, INDEX)
    own.unlink()
    own.mkdir()
    with pytest.raises(InputError) as error:
        check_index(path, own)
    assert str(error.value) == (
        f"{own}: the index of the genome cannot be read (Is a directory); remove it and run again"
    )


DAMAGED = "{index}: the index of the genome is empty or damaged; remove it and run again"


@pytest.mark.parametrize(
    ("fasta", "index", "message"),
    [
        (FASTA, "", DAMAGED),
        (FASTA, "garbage\n", DAMAGED),
        (FASTA, "chr1\t-6\t10\t4\t5\n", DAMAGED),
        (FASTA, "chr1\t6\t10\t4\t4\n", DAMAGED),
        # the index of a FASTA that was replaced by another one with an older time
        (
            ">other\nACGTACGTACGTACGTACGTACGTA\n",
            INDEX,
            "{index}: the index has chr1 at byte 10, where {path} has no header; remove the "
            "index and run again",
        ),
        (
            ">chr3 a b\nACGT\nAC\n\n>chr2\nGG\n",
            INDEX,
            "{index}: the index has chr1 at byte 10, where {path} has another sequence; remove "
            "the index and run again",
        ),
        (
            ">chr1 a b\nACGT\nAC\n",
            INDEX,
            "{path}: found 18 bytes, but its index {index} ends at byte 27; the genome is cut "
            "off, or the index belongs to another one: fetch the genome again, or remove the "
            "index and run again",
        ),
        (
            FASTA + ">chr3\nA\n",
            INDEX,
            "{index}: the index lacks sequences at the end of {path}; remove the index and run "
            "again",
        ),
        (
            FASTA + ">chr2\nA\n",
            INDEX,
            "{path}: two sequences are called chr2; remove or rename one of them",
        ),
    ],
)
def test_an_index_that_does_not_fit(tmp_path: Path, fasta: str, index: str, message: str) -> None:
    path, own = write(tmp_path, fasta, index)
    with pytest.raises(InputError) as error:
        check_index(path, own)
    assert str(error.value) == message.format(path=path, index=own)
