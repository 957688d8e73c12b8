import gzip
from pathlib import Path

import numpy as np
import pyarrow as pa
import pysam
import pytest

from tfmoe.core.errors import InputError
from tfmoe.core.packed_files import check_bgzip_end
from tfmoe.data.reading.text_columns import numbers, read_lines, whole_numbers


def write(folder: Path, content: bytes, name: str = "x.bed") -> Path:
    (folder / name).write_bytes(content)
    return folder / name


def test_lines_that_hold_data(tmp_path: Path) -> None:
    text = b"track name=x\nbrowser position\n# comment\n\nI\t1\t2\r\n   \ntrack1\t3\t4"
    lines = read_lines(write(tmp_path, text))
    assert lines.lines == ["I\t1\t2", "track1\t3\t4"]
    assert lines.numbers.tolist() == [5, 7]
    assert lines.where(1) == f"{tmp_path}/x.bed, line 7"
    assert lines.fields(1) == ["track1", "3", "4"]


@pytest.mark.parametrize(
    "content",
    [
        b"I\t1\t2\nII\t3\t4\n",
        b"I\t1\t2\r\nII\t3\t4\r\n",
        b"I\t1\t2\rII\t3\t4\r",
        b"\xef\xbb\xbfI\t1\t2\nII\t3\t4",
        b"I 1  2\nII\t3 4\n"[:6] + b"\nII 3 4\n",
        b'"I","1","2"\n"II","3","4"\n',
        b"I, 1, 2\nII, 3, 4\n",
        b"# caf\xe9, in another encoding\nI\t1\t2\nII\t3\t4\n",
    ],
)
def test_line_ends_separators_and_marks(tmp_path: Path, content: bytes) -> None:
    columns = read_lines(write(tmp_path, content)).columns(range(3))
    rows = [columns[column].to_pylist() for column in range(3)]
    assert rows == [["I", "II"], ["1", "3"], ["2", "4"]]


def test_gzip_and_bgzip(tmp_path: Path) -> None:
    plain = write(tmp_path, b"I\t1\t2\n")
    zipped = write(tmp_path, gzip.compress(plain.read_bytes()), "x.gz")
    pysam.tabix_compress(str(plain), str(tmp_path / "x.bgz"))
    assert read_lines(zipped).lines == read_lines(tmp_path / "x.bgz").lines == ["I\t1\t2"]


def test_bgzip_that_was_cut_between_two_blocks(tmp_path: Path) -> None:
    plain = write(tmp_path, b"".join(b"I\t%d\t%d\n" % (at, at + 9) for at in range(20_000)))
    path = tmp_path / "x.bed.gz"
    pysam.tabix_compress(str(plain), str(path))
    whole = path.read_bytes()
    size = int.from_bytes(whole[16:18], "little") + 1  # of the first block
    path.write_bytes(whole[:size])
    assert gzip.decompress(path.read_bytes()), "to gzip it is a whole file"
    for check in (read_lines, check_bgzip_end):
        with pytest.raises(InputError, match=r"x.bed.gz: the bgzip file is truncated"):
            check(path)
    path.write_bytes(whole[: size + 100])
    with pytest.raises(InputError, match=r"x.bed.gz: the bgzip file is truncated"):
        read_lines(path)


def test_bad_files(tmp_path: Path) -> None:
    whole = gzip.compress(b"I\t1\t2\n" * 1000)
    cut = write(tmp_path, whole[: len(whole) // 2], "cut.bed.gz")
    with pytest.raises(InputError, match=r"cut.bed.gz: the gzip file is truncated or damaged"):
        read_lines(cut)
    broken = write(tmp_path, whole[:20] + b"zzzz" + whole[24:], "broken.bed.gz")
    with pytest.raises(InputError, match=r"broken.bed.gz: the gzip file is truncated or damaged"):
        read_lines(broken)
    with pytest.raises(InputError, match=r"the file is not text.*save a spreadsheet as"):
        read_lines(write(tmp_path, b"\x00\xff\xfe\x80"))
    with pytest.raises(InputError, match=r"missing.bed: the file does not exist"):
        read_lines(tmp_path / "missing.bed")
    with pytest.raises(InputError, match=r"the file is a folder, expected a file"):
        read_lines(tmp_path)


def test_header(tmp_path: Path) -> None:
    lines = read_lines(write(tmp_path, b"# x\nchrom\tstart\tend\nI\t1\t2\n"))
    assert lines.names() == ["chrom", "start", "end"]
    assert lines.after_header().lines == ["I\t1\t2"]
    assert lines.after_header().where(0) == f"{tmp_path}/x.bed, line 3"
    for content in (b"I\t1\t2\n", b"I\t.\t2\n", b"I\tx\n", b""):
        lines = read_lines(write(tmp_path, content))
        assert lines.names() is None
        assert lines.after_header() is lines


def test_lines_of_other_width(tmp_path: Path) -> None:
    lines = read_lines(write(tmp_path, b"I\t1\t2\n#\nI\t1\t2\t3\n"))
    with pytest.raises(InputError, match=r"line 3: 4 fields, but the lines before have 3"):
        lines.columns([0])
    assert lines.shortened(3).columns([2])[2].to_pylist() == ["2", "2"]
    with pytest.raises(InputError, match=r"line 1: 3 fields, expected at least chromosome, start"):
        lines.shortened(4)


def test_quotation_marks_are_no_quotes_between_tabs(tmp_path: Path) -> None:
    lines = read_lines(write(tmp_path, b'I\t1\t2\t5" left\nI\t3\t4\tb\n'))
    assert lines.columns([3])[3].to_pylist() == ['5" left', "b"]


def test_numbers() -> None:
    found, wrong = whole_numbers(pa.array(["5", "-7", "007"]))
    assert (found.tolist(), wrong.tolist()) == ([5, -7, 7], [False] * 3)
    found, wrong = whole_numbers(pa.array(["5", "1.0", "x", "", "9" * 30]))
    assert (found.tolist(), wrong.tolist()) == ([5, 0, 0, 0, 0], [False, True, True, True, True])
    np.testing.assert_array_equal(numbers(pa.array(["5", "-1.5e2"])), [5, -150])
    np.testing.assert_array_equal(numbers(pa.array(["5", "x", ""])), [5, np.nan, np.nan])
