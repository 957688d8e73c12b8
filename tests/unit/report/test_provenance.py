"""The number of looks at the test sets."""

from pathlib import Path

from tfmoe.report.provenance import count_looks


def test_equal_results_are_one_look(tmp_path: Path) -> None:
    metrics, ledger = tmp_path / "metrics.tsv", tmp_path / ".state/looks.tsv"
    metrics.write_text("auroc\n0.9\n")
    assert count_looks(metrics, ledger) == 1
    assert count_looks(metrics, ledger) == 1
    metrics.write_text("auroc\n0.8\n")
    assert count_looks(metrics, ledger) == 2
    metrics.write_text("auroc\n0.9\n")
    assert count_looks(metrics, ledger) == 2
    assert [line.split("\t")[0] for line in ledger.read_text().splitlines()] == ["look", "1", "2"]
