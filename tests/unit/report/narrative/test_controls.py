"""Sentences on the controls of the conditioned mixture."""

import pandas as pd

from tfmoe.core.text import MINUS
from tfmoe.report.narrative.controls import control_sentences

COLUMNS = ["control", "subset", "factors", "auroc", "reference", "difference", "low", "high"]
ROWS = [
    ("without_networks", "all", 7, 0.80, 0.83, -0.03, -0.05, -0.01),
    ("without_matrix", "all", 7, 0.78, 0.83, -0.05, -0.14, 0.05),
    ("swapped_identity", "all", 7, 0.74, 0.83, -0.09, -0.18, -0.01),
    ("swapped_identity", "no_overlap", 5, 0.61, 0.80, -0.19, -0.4, 0.02),
    ("specificity", "all", 7, 0.66, 0.5, 0.16, 0.08, 0.25),
    ("specificity_of_moe", "all", 7, 0.52, 0.66, -0.14, -0.26, -0.03),
    ("without_bound_negatives", "all", 2, 0.84, 0.83, 0.01, None, None),
]


def sentences(*controls: str) -> str:
    table = pd.DataFrame(ROWS, columns=COLUMNS)
    return control_sentences(table[table["control"].isin(controls)]).replace(MINUS, "-")


def test_a_swapped_identity_on_all_sequences():
    assert sentences("swapped_identity") == (
        "Asked about a factor of another family, the conditioned mixture has a mean AUROC of 0.740 "
        "instead of 0.830 over 7 factors. The difference is -0.090 (-0.180 to -0.010)."
    )


def test_specificity_has_that_of_the_blind_mixture():
    assert sentences("specificity", "specificity_of_moe") == (
        "For peaks of a factor against peaks of the other unseen factors, its mean AUROC is 0.660. "
        "The mixture that does not know the factor has 0.520. Such a model cannot pass 0.5 on "
        "average over sets of equal size."
    )
    assert sentences("specificity") == ""


def test_parts_and_bound_negatives():
    found = sentences("without_networks", "without_matrix", "without_bound_negatives")
    assert found == (
        "The mean AUROC changes by -0.030 (-0.050 to -0.010) without networks and -0.050 (-0.140 "
        "to +0.050) without the matrix. Where an interval includes 0, no effect is shown. Without "
        "negatives that are peaks of other factors, it changes by +0.010."
    )


def test_without_controls_there_is_no_sentence():
    assert sentences() == ""
