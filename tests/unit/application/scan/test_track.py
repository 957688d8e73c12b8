from pathlib import Path

import numpy as np
import pyBigWig
import pytest

from tfmoe.application.scan.track import Stretch, Track, join_tracks, write_track

LENGTHS = {"b": 50, "a": 30, "unused": 10}


def stretch(chrom: str, start: int, end: int, stride: int, values: list[float]) -> Stretch:
    return Stretch(chrom, start, end, stride, np.array(values, dtype=np.float32))


def test_values_of_bases(tmp_path: Path) -> None:
    path = tmp_path / "x.bw"
    with write_track(path, LENGTHS) as track:
        track.add(stretch("b", 3, 8, 1, [np.nan, 0.5, np.nan, -2, 4]))
        track.add(stretch("b", 8, 10, 1, [7, np.nan]))
        track.add(stretch("a", 0, 8, 3, [1, 2, 3]))
        assert not path.exists()
    with pyBigWig.open(str(path)) as file:
        assert file.chroms() == LENGTHS
        assert file.intervals("b") == ((4, 5, 0.5), (6, 7, -2), (7, 8, 4), (8, 9, 7))
        # the last value stands for the two bases that are left
        assert file.intervals("a") == ((0, 3, 1), (3, 6, 2), (6, 8, 3))
        assert file.intervals("unused") is None
    assert list(tmp_path.iterdir()) == [path]


def test_a_track_is_closed_and_removed_after_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed = []
    close = Track.close

    def note(track: Track) -> None:
        close(track)
        closed.append(track)

    monkeypatch.setattr(Track, "close", note)
    with (
        pytest.raises(ValueError, match="out of order"),
        write_track(tmp_path / "x.bw", LENGTHS) as track,
    ):
        track.add(stretch("b", 3, 5, 1, [1, 2]))
        raise ValueError("out of order")
    assert closed == [track]
    assert list(tmp_path.iterdir()) == []


def test_positions_of_values() -> None:
    assert stretch("a", 4, 12, 3, [1, 2, 3]).positions.tolist() == [4, 7, 10]


def test_one_value_for_less_than_a_stride(tmp_path: Path) -> None:
    with write_track(tmp_path / "x.bw", LENGTHS) as track:
        track.add(stretch("a", 5, 7, 10, [1]))
    with pyBigWig.open(str(tmp_path / "x.bw")) as file:
        assert file.intervals("a") == ((5, 7, 1),)


def test_a_file_without_values(tmp_path: Path) -> None:
    with write_track(tmp_path / "x.bw", LENGTHS) as track:
        track.add(stretch("a", 0, 2, 1, [np.nan, np.nan]))
    with pyBigWig.open(str(tmp_path / "x.bw")) as file:
        assert file.chroms() == LENGTHS
        assert file.intervals("a") is None


@pytest.mark.parametrize("size", [1 << 20, 9])
@pytest.mark.parametrize("stride", [1, 3])
def test_files_of_chromosomes_are_joined(
    tmp_path: Path, stride: int, size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tfmoe.application.scan.track._BASES", size)
    given = {chrom: list(range(-(-length // stride))) for chrom, length in LENGTHS.items()}
    given["a"][2] = given["b"][5] = np.nan
    given["unused"] = [np.nan] * len(given["unused"])
    for chrom, values in given.items():
        with write_track(tmp_path / f"{chrom}.bw", LENGTHS) as track:
            track.add(stretch(chrom, 0, LENGTHS[chrom], stride, values))
    paths = {chrom: tmp_path / f"{chrom}.bw" for chrom in LENGTHS}
    join_tracks(paths, stride, tmp_path / "x.bw")
    with pyBigWig.open(str(tmp_path / "x.bw")) as file:
        assert file.chroms() == LENGTHS
        for chrom, values in given.items():
            expected = np.repeat(values, stride)[: LENGTHS[chrom]]
            np.testing.assert_array_equal(file.values(chrom, 0, LENGTHS[chrom]), expected)
        assert len(file.intervals("a")) == len(given["a"]) - 1
