from pathlib import Path

import pytest

from tfmoe.workflow.scanned import ScanTime, scanned_chromosomes


def test_names_are_read_in_order_also_those_that_look_like_numbers(tmp_path: Path) -> None:
    (tmp_path / "chromosomes.tsv").write_text("name\tlength\tused\n2\t90\t1\n10\t80\t1\nX\t7\t1\n")
    assert scanned_chromosomes(str(tmp_path / "chromosomes.tsv")) == ["2", "10", "X"]


@pytest.fixture
def human(tmp_path: Path) -> str:
    table = tmp_path / "chromosomes.tsv"
    table.write_text("name\tlength\tused\nchr1\t250000000\t1\nchr21\t47000000\t1\nchrM\t17000\t1\n")
    return str(table)


def test_the_time_of_a_scan_grows_with_the_chromosome_and_the_networks(human: str) -> None:
    paper = ScanTime(["convnet"] * 6, stride=1, gpu=False)
    # 250 million windows, each million in 6 x 1 s and 65 s of motifs, twice on a busy core
    assert paper.minutes(human, "chr1") == 592
    assert paper.minutes(human, "chr21") == 112
    assert paper.minutes(human, "chrM") == 60, "an hour at least"
    mixed = ScanTime(["legnet", "my_own"], stride=1, gpu=False)
    assert mixed.minutes(human, "chr21") == 883, "an unknown backbone is as slow as legnet"


def test_a_stride_and_a_gpu_shorten_a_scan(human: str) -> None:
    assert ScanTime(["legnet"] * 6, stride=1, gpu=False).minutes(human, "chr1") == 12992
    assert ScanTime(["legnet"] * 6, stride=10, gpu=False).minutes(human, "chr1") == 2599
    assert ScanTime(["legnet"] * 6, stride=1, gpu=True).minutes(human, "chr1") == 542
