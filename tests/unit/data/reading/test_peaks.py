from pathlib import Path

import pytest

from tfmoe.core.errors import InputError
from tfmoe.data.reading.blacklist import place_blacklist
from tfmoe.data.reading.genome import Chromosomes
from tfmoe.data.reading.peaks import place_all, read_peaks

GENOME = Chromosomes({"I": 1000, "II": 2000, "III": 3000, "Mito": 500}, ("I", "II", "III"))


def write(folder: Path, *lines: str) -> Path:
    path = folder / "peaks.bed"
    path.write_text("\n".join(lines) + "\n")
    return path


def test_narrow_peak(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        "I\t100\t200\t.\t1000\t.\t5.25\t-1\t0.3\t40",
        "I\t300\t401\tname\t7\t-\t6\t-1\t0.3\t-1",
        "I\t500\t602\t.\t7\t.\t6\t-1\t0.3\t102",  # as SPP writes it
    )
    peaks = read_peaks(path)
    assert peaks["summit"].tolist() == [140, 350, 601]
    assert peaks["signal"].tolist() == [5.25, 6.0, 6.0]
    assert peaks["score"].tolist() == [1000.0, 7.0, 7.0]
    assert peaks["strand"].tolist() == [".", "-", "."]


def test_bed_of_three_columns_and_of_one_base(tmp_path: Path) -> None:
    peaks = read_peaks(write(tmp_path, "I\t100\t201", "I\t5\t6", "I\t10\t12"))
    assert peaks["summit"].tolist() == [150, 5, 11]
    assert peaks["signal"].tolist() == [0.0, 0.0, 0.0]


def test_signal_is_the_score_where_there_is_no_signal_value(tmp_path: Path) -> None:
    bed6 = write(tmp_path, "I\t1\t2\tx\t310\t+")
    assert read_peaks(bed6)[["score", "signal", "strand"]].to_numpy().tolist() == [[310, 310, "+"]]
    broad = write(tmp_path, "I\t1\t9\tx\t310\t.\t4.5\t3.1\t2.2")
    assert read_peaks(broad)["signal"].tolist() == [4.5]
    bed9 = write(tmp_path, "I\t1\t9\tx\t310\t.\t1\t9\t255,0,0")
    assert read_peaks(bed9)["signal"].tolist() == [310]
    bed12 = write(tmp_path, "I\t1\t9\tx\t310\t.\t1\t9\t0\t1\t8,\t0,")
    assert read_peaks(bed12)[["summit", "signal"]].to_numpy().tolist() == [[5, 310]]
    text = write(tmp_path, "I\t1\t9\tx\tI:1-9")
    assert read_peaks(text)["signal"].tolist() == [0]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("I\t1\t9", "line 2: 3 fields, but the lines before have 10"),
        ("I\t-1\t9\t.\t0\t.\t1\t-1\t-1\t2", "line 2: start -1 is negative"),
        (
            "I\t1.5\t9\t.\t0\t.\t1\t-1\t-1\t2",
            "line 2: found start '1.5' and end '9', expected",
        ),
        ("I\t1\t9\t.\t0\t.\t1\t-1\t-1\t2.5", r"line 2: the summit \(column 10\) is 2.5; expected"),
        ("I\t10\t9\t.\t0\t.\t1\t-1\t-1\t2", "line 2: end 9 is not greater than start 10"),
        ("I\t1\t9\t.\t0\t.\t1\t-1\t-1\t9", r"line 2: the summit \(column 10\) is 9; expected an"),
        ("I\t1\t9\t.\t0\t.\t1\t-1\t-1\t-2", r"line 2: the summit \(column 10\) is -2; expected"),
        ("I\t1\t9\t.\t0\t.\tx\t-1\t-1\t2", r"line 2: the signalValue \(column 7\) is 'x', expec"),
        ("I\t1\t9\t.\t0\t.\tnan\t-1\t-1\t2", r"line 2: the signalValue \(column 7\) is 'nan'"),
        ("I\t1\t9\t.\tx\t.\t1\t-1\t-1\t2", r"line 2: the score \(column 5\) is 'x', expected"),
    ],
)
def test_malformed_lines(tmp_path: Path, line: str, message: str) -> None:
    path = write(tmp_path, "I\t1\t9\t.\t.\t.\t1\t-1\t-1\t2", line)
    with pytest.raises(InputError, match=f"peaks.bed, {message}"):
        read_peaks(path)


@pytest.mark.parametrize("content", [">a\nACGT", "FoldID\tEventID\tseq\tBound\nA\tx\tACGT\t1"])
def test_ready_sequences_are_no_peaks(tmp_path: Path, content: str) -> None:
    message = r"peaks.bed, line 1: found ready sequences .*expected peaks; .*genome: null"
    with pytest.raises(InputError, match=message):
        read_peaks(write(tmp_path, content))


def test_no_peaks(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"peaks.bed: the file has no peaks"):
        read_peaks(write(tmp_path, "# nothing"))


def test_peaks_on_the_genome(tmp_path: Path) -> None:
    path = write(tmp_path, "chr2\t50\t60", "chrM\t5\t9", "chr1\t10\t20", "chr7\t5\t6")
    placed = place_all([path], GENOME, {}, "x")
    assert placed.table["chrom"].tolist() == ["II", "I"]
    assert placed.table["start"].tolist() == [50, 10]
    assert placed.read == 4
    assert placed.naming.unmatched == ("chr7",)


def test_peaks_of_several_files(tmp_path: Path) -> None:
    one, two, far = (tmp_path / name for name in ("one.bed", "two.bed", "far.bed"))
    one.write_text("chr2\t50\t60\nchr7\t1\t2\n")
    two.write_text("II\t50\t60\nI\t10\t21\n")
    far.write_text("Mito\t10\t21\n")
    placed = place_all([one, two, far], GENOME, {}, "x")
    assert placed.table["chrom"].tolist() == ["II", "II", "I"]
    assert placed.table["summit"].tolist() == [55, 55, 15]
    assert placed.table.index.tolist() == [0, 1, 2]
    assert placed.read == 5
    assert placed.naming.names == {"chr2": "II", "II": "II", "I": "I", "Mito": "Mito"}
    with pytest.raises(InputError, match=r"far.bed, .*far.bed: none of the 2 peaks lies on"):
        place_all([far, far], GENOME, {}, "x")


def test_both_spellings_of_a_chromosome(tmp_path: Path, caplog) -> None:
    path = write(tmp_path, "chrI\t50\t60", "I\t150\t160", "chrII\t1\t2")
    assert place_all([path], GENOME, {}, "x").table["chrom"].tolist() == ["I", "I", "II"]
    warnings = [r.getMessage() for r in caplog.records if r.levelname == "WARNING"]
    assert len(warnings) == 1
    assert warnings[0].startswith(f"{path}: ")
    assert warnings[0].endswith(": chrI is I")


def test_unsorted_and_repeated_lines_all_count(tmp_path: Path) -> None:
    path = write(tmp_path, "II\t50\t60", "I\t9\t10", "II\t50\t60", "II\t5\t6")
    placed = place_all([path], GENOME, {}, "x")
    assert placed.table["start"].tolist() == [50, 9, 50, 5]
    assert placed.read == 4


def test_no_name_agrees(tmp_path: Path) -> None:
    path = write(tmp_path, "scaffold\t50\t60")
    with pytest.raises(InputError, match=r"the file has scaffold; the genome has I, II, III, Mito"):
        place_all([path], GENOME, {}, "x")


def test_no_peak_on_a_chromosome_in_use(tmp_path: Path) -> None:
    path = write(tmp_path, "Mito\t50\t60")
    with pytest.raises(
        InputError, match=r"none of the 1 peaks lies on a chromosome in use \(I, II"
    ):
        place_all([path], GENOME, {}, "x")


def test_another_assembly(tmp_path: Path) -> None:
    path = write(tmp_path, "I\t50\t60", "II\t2500\t2600")
    with pytest.raises(InputError) as error:
        place_all([path], GENOME, {}, "toy1")
    message = str(error.value)
    assert message.startswith(f"{path}: 1 of 2 peaks end beyond the end of their chromosome")
    assert "such as II:2500-2600 on a chromosome of 2000 bases" in message
    assert "another assembly than toy1" in message


def test_a_peak_that_was_widened_over_the_end_is_no_other_assembly(tmp_path: Path) -> None:
    lines = [f"II\t{start}\t{start + 5}" for start in range(100, 300)]
    over = ["I\t950\t1001"]
    assert len(place_all([write(tmp_path, *lines, *over * 2)], GENOME, {}, "x").table) == 202
    assert len(place_all([write(tmp_path, *lines[:3], *over)], GENOME, {}, "x").table) == 4
    with pytest.raises(InputError, match="3 of 6 peaks end beyond the end"):
        place_all([write(tmp_path, *lines[:3], *over * 3)], GENOME, {}, "x")


def test_blacklist(tmp_path: Path) -> None:
    regions = place_blacklist(write(tmp_path, "chr1\t5\t9", "chrM\t1\t2"), GENOME, {}, "x")
    assert regions.to_numpy().tolist() == [["I", 5, 9]]
    assert place_blacklist(None, GENOME, {}, "x").empty
    with pytest.raises(InputError, match="the blacklist has no regions; correct"):
        place_blacklist(write(tmp_path, "#"), GENOME, {}, "x")
    with pytest.raises(InputError, match="none of its chromosome names"):
        place_blacklist(write(tmp_path, "scaffold\t5\t9"), GENOME, {}, "x")
