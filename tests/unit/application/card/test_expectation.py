"""Sentences on the AUROC to expect on a factor without peaks."""

import numpy as np
import pandas as pd

from tfmoe.application.card.expectation import expectation_sentences

ROW = {"factors": 8, "level": 0.9, "low": 0.553, "estimate": 0.81, "high": 0.937}
ROW |= {"covered": 12, "sets": 15, "coverage": 0.8, "coverage_low": 0.519, "coverage_high": 0.957}


def test_interval_coverage_and_reservations():
    table = pd.DataFrame([ROW | {"note": "training factors were chosen"}])
    assert expectation_sentences(table) == (
        "For a factor without peaks, expect an AUROC of 0.55 to 0.94 from the conditioned mixture "
        "(90 % prediction interval, centre 0.81, from 8 training factors left out one by one). Of "
        "15 unseen sets, 12 lie in this interval (80 %; 95 % interval 52 % to 96 %). Training "
        "factors were chosen."
    )


def test_without_unseen_sets_there_is_no_coverage():
    table = pd.DataFrame([ROW | {"sets": 0, "note": "chosen"}])
    assert "unseen" not in expectation_sentences(table)


def test_too_few_factors():
    table = pd.DataFrame([ROW | {"low": np.nan, "note": "only 3"}])
    assert expectation_sentences(table) == (
        "No AUROC is predicted for a factor without peaks: only 3."
    )
