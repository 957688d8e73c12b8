import re
from dataclasses import fields

import pandas as pd
import pytest

from tfmoe.core.files import write_tsv
from tfmoe.evaluation.statistics import Statistics, read_statistics
from tfmoe.report.narrative.statistics import statistics_report

NUMBER = re.compile(r"[-+]?\d+(?:\.\d+)?(?:e[-+]\d+)?")


def write_tables(statistics, folder):
    for field in fields(Statistics):
        write_tsv(getattr(statistics, field.name), folder / f"{field.name}.tsv")


@pytest.mark.parametrize("how", [{}, {"n_ood": 1}, {"n_ood": 0}, {"seeds": 1}])
def test_tables_and_text_survive_the_files(make_results, settings, tmp_path, how):
    result, statistics = make_results(**how)
    write_tables(statistics, tmp_path / "first")
    again = read_statistics(tmp_path / "first")
    write_tables(again, tmp_path / "second")
    for field in fields(Statistics):
        first, second = getattr(statistics, field.name), getattr(again, field.name)
        pd.testing.assert_frame_equal(first, second, check_dtype=False, rtol=1e-8)
        files = [tmp_path / name / f"{field.name}.tsv" for name in ("first", "second")]
        assert files[0].read_bytes() == files[1].read_bytes(), field.name
    reports = [
        statistics_report(tests, result.metrics, result.best_expert, settings)
        for tests in (statistics, again)
    ]
    # the file drops digits that decide how a final 5 is rounded
    words = [NUMBER.sub("#", report) for report in reports]
    numbers = [[float(number) for number in NUMBER.findall(report)] for report in reports]
    assert words[0] == words[1]
    assert numbers[0] == pytest.approx(numbers[1], rel=0.01, abs=0.0011)
