"""Categories of `snakemake --report`: each one is a link target in all captions."""

import re

from tfmoe.core.config import SCHEMAS

RULES = SCHEMAS.parent / "rules"
OWN_TARGETS = {"workflow", "statistics"}
"""Targets that Snakemake adds to each caption itself; names of targets ignore case."""


def test_no_category_is_a_target_of_snakemake_itself() -> None:
    source = "\n".join(path.read_text() for path in RULES.glob("*.smk"))
    categories = set(re.findall(r'category="([^"]+)"', source))
    assert "Evaluation" in categories
    lower = [name.lower() for name in categories]
    assert len(set(lower)) == len(lower)
    assert not OWN_TARGETS & set(lower)


def test_no_two_results_of_a_category_have_the_same_label() -> None:
    for path in RULES.glob("*.smk"):
        labels = re.findall(r'labels=\{"what": "([^"]+)"', path.read_text())
        assert len(set(labels)) == len(labels), path.name
