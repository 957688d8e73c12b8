"""CITATION.cff names the software and the paper."""

from __future__ import annotations

from pathlib import Path

import yaml

from tfmoe import __version__

REQUIRED = {"cff-version", "message", "title", "authors", "version", "license"}


def test_the_citation_names_this_version_and_the_paper(root: Path):
    citation = yaml.safe_load((root / "CITATION.cff").read_text())
    assert citation.keys() >= REQUIRED
    assert citation["version"] == __version__
    (paper,) = citation["references"]
    assert paper["authors"][0]["family-names"] == "Tripathi"
    assert paper["url"] in (root / "README.md").read_text()
