from pathlib import Path

from tfmoe.workflow.scanned import scanned_chromosomes


def test_names_are_read_in_order_also_those_that_look_like_numbers(tmp_path: Path) -> None:
    (tmp_path / "chromosomes.tsv").write_text("name\tlength\tused\n2\t90\t1\n10\t80\t1\nX\t7\t1\n")
    assert scanned_chromosomes(str(tmp_path / "chromosomes.tsv")) == ["2", "10", "X"]
