from pathlib import Path

import pytest

from tfmoe.core.errors import ConfigError
from tfmoe.core.locations import Location, locate

SHA = "0" * 64


@pytest.fixture
def pinned(tmp_path: Path) -> Path:
    path = tmp_path / "sources.tsv"
    path.write_text(f"name\turl\tsha256\ntoy\thttps://example.org/toy%20genome.fa.gz\t{SHA}\n")
    return path


def test_a_local_path_stays_what_it_is(pinned: Path):
    assert locate("a/genome.fa", "-", pinned) == Location("a/genome.fa", None, None)


def test_a_url_lies_under_its_checksum(pinned: Path):
    place = locate("https://example.org/x/peaks.bed.gz?y=1", SHA, pinned)
    assert place.path == f"resources/downloads/{SHA}/peaks.bed.gz"


def test_a_pinned_source_brings_its_url_and_checksum(pinned: Path):
    place = locate("toy", None, pinned)
    assert (place.url, place.sha256) == ("https://example.org/toy%20genome.fa.gz", SHA)
    assert place.path.endswith("/toy genome.fa.gz")


def test_a_url_without_a_checksum(pinned: Path):
    with pytest.raises(ConfigError, match=r"example\.org/x: a file that is downloaded needs"):
        locate("https://example.org/x", None, pinned)
