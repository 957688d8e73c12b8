from pathlib import Path

import pytest

from tfmoe.core.errors import ConfigError, InputError
from tfmoe.workflow.locations import Location, locate, locate_all, require_files

SHA = "0" * 64
MD5 = "1" * 32


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
    assert (place.url, place.checksum) == ("https://example.org/toy%20genome.fa.gz", SHA)
    assert place.path.endswith("/toy genome.fa.gz")


def test_a_url_without_a_checksum(pinned: Path):
    with pytest.raises(ConfigError, match=r"example\.org/x: a file that is downloaded needs"):
        locate("https://example.org/x", None, pinned)


def test_a_file_of_which_the_md5_is_known_lies_under_it(pinned: Path):
    place = locate("https://example.org/x.bed", MD5, pinned)
    assert place == Location(f"resources/downloads/{MD5}/x.bed", "https://example.org/x.bed", MD5)


def test_several_files_of_one_experiment(pinned: Path):
    places = locate_all("a.bed; toy ;https://example.org/b.bed", "-", f"{MD5};{MD5};{MD5}", pinned)
    assert [place.path for place in places] == [
        "a.bed",
        f"resources/downloads/{SHA}/toy genome.fa.gz",
        f"resources/downloads/{MD5}/b.bed",
    ]
    assert [place.checksum for place in places] == [MD5, SHA, MD5]


def test_one_file_with_both_checksums_is_known_by_its_sha256(pinned: Path):
    assert locate_all("a.bed", SHA, MD5, pinned) == [Location("a.bed", None, SHA)]


@pytest.mark.parametrize(
    ("places", "sha256", "md5", "message"),
    [
        ("a.bed;b.bed", SHA, "-", "a.bed;b.bed: found 2 files and 1 sha256; give one for each"),
        ("a.bed", "-", f"{MD5};{MD5}", "a.bed: found 1 file and 2 md5; give one for each"),
        ("a.bed;", "-", "-", "found nothing on one side of a `;`"),
        ("a.bed;a.bed", "-", "-", "a.bed: one experiment names this file twice"),
        ("a.bed;https://example.org/b", "-", "-", "example.org/b: a file that is downloaded needs"),
    ],
)
def test_several_files_that_cannot_be_used(
    pinned: Path, places: str, sha256: str, md5: str, message: str
):
    with pytest.raises(ConfigError, match=message):
        locate_all(places, sha256, md5, pinned)


def test_all_missing_files_are_named_at_once(tmp_path: Path):
    (tmp_path / "there.bed").touch()
    remote = Location("resources/downloads/x/c.bed", "https://example.org/c.bed", SHA)
    places = {
        "peaks of A": [Location(str(tmp_path / "there.bed"), None, None)],
        "peaks of B": [Location("absent.bed", None, None)],
        "genome": [Location("absent.fa", None, None)],
        "peaks of C": [remote],
        "peaks of D": [remote, Location("my", None, None), Location("peaks.bed", None, None)],
        "negatives of D": [],
        "peaks of E": [Location(str(tmp_path), None, None)],
        "peaks of F": [Location("~/f.bed", None, None)],
    }
    hint = "(`;` separates the 3 files named there; no path can contain it)"
    with pytest.raises(InputError) as error:
        require_files(places)
    assert str(error.value).splitlines()[:-1] == [
        "peaks of B: absent.bed does not exist",
        "genome: absent.fa does not exist",
        f"peaks of D: my does not exist {hint}",
        f"peaks of D: peaks.bed does not exist {hint}",
        f"peaks of E: {tmp_path} is a folder, expected a file",
        "peaks of F: ~/f.bed does not exist; `~` is not expanded here: write the full path",
    ]
