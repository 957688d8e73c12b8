from pathlib import Path

import pytest

from tfmoe.core.errors import ConfigError, InputError
from tfmoe.core.locations import Location, locate, require_files

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


def test_all_missing_files_are_named_at_once(tmp_path: Path):
    (tmp_path / "there.bed").touch()
    places = {
        "peaks of A": Location(str(tmp_path / "there.bed"), None, None),
        "peaks of B": Location("absent.bed", None, None),
        "genome": Location("absent.fa", None, None),
        "peaks of C": Location("resources/downloads/x/c.bed", "https://example.org/c.bed", SHA),
    }
    with pytest.raises(InputError) as error:
        require_files(places)
    assert str(error.value).splitlines()[:-1] == [
        "peaks of B: absent.bed does not exist",
        "genome: absent.fa does not exist",
    ]
