from pathlib import Path

import numpy as np
import pytest

from tfmoe.attribution.maps import (
    AttributionMaps,
    at_observed_base,
    centre,
    read_maps,
    write_maps,
)
from tfmoe.core.errors import InputError

MAP = np.array([[[1, 2], [3, 4], [5, 6], [7, -8]]], dtype=np.float32)


def example() -> AttributionMaps:
    sequences = np.array([[3, 4]], dtype=np.uint8)
    return AttributionMaps(MAP, sequences, np.array(["Reb1:peak:I:5"]))


def test_centring_takes_the_mean_over_bases() -> None:
    expected = [[[-3, 1], [-1, 3], [1, 5], [3, -9]]]
    np.testing.assert_allclose(centre(MAP), expected)
    assert centre(MAP).dtype == np.float32


def test_the_observed_base_is_read_and_an_unknown_one_is_the_mean() -> None:
    np.testing.assert_allclose(at_observed_base(MAP, np.array([[3, 4]], dtype=np.uint8)), [[7, 1]])
    np.testing.assert_allclose(example().observed, [[7, 1]])


def test_maps_survive_the_file(tmp_path: Path) -> None:
    write_maps(example(), tmp_path / "a.npz")
    found = read_maps(tmp_path / "a.npz")
    assert found.attributions.dtype == np.float32
    assert found.sequences.dtype == np.uint8
    assert found.name.dtype.kind == "U"
    np.testing.assert_array_equal(found.attributions, MAP)
    np.testing.assert_array_equal(found.sequences, [[3, 4]])
    assert found.name.tolist() == ["Reb1:peak:I:5"]
    assert [path.name for path in tmp_path.iterdir()] == ["a.npz"]


def test_equal_maps_are_equal_bytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_maps(example(), tmp_path / "a.npz")
    monkeypatch.setattr("time.time", lambda: 2e9)
    monkeypatch.setattr("time.localtime", lambda *_: (2033, 5, 18, 3, 33, 20, 2, 138, 0))
    write_maps(example(), tmp_path / "b.npz")
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()


def test_a_missing_damaged_or_other_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"a\.npz: the file does not exist"):
        read_maps(tmp_path / "a.npz")
    write_maps(example(), tmp_path / "a.npz")
    whole = (tmp_path / "a.npz").read_bytes()
    for content in (b"", whole[:100], b"text"):
        (tmp_path / "b.npz").write_bytes(content)
        with pytest.raises(InputError, match=r"b\.npz: not a valid file of attribution maps"):
            read_maps(tmp_path / "b.npz")
    np.savez(tmp_path / "c.npz", attributions=MAP)
    with pytest.raises(InputError, match=r"c\.npz: not a valid file"):
        read_maps(tmp_path / "c.npz")


def test_parts_have_to_fit_each_other() -> None:
    sequences, names = np.zeros((1, 2), dtype=np.uint8), np.array(["a"])
    with pytest.raises(ValueError, match="do not fit sequences"):
        AttributionMaps(MAP, np.zeros((1, 3), dtype=np.uint8), names)
    with pytest.raises(ValueError, match="do not fit sequences"):
        AttributionMaps(MAP[:, :3], sequences, names)
    with pytest.raises(ValueError, match="names for 1 sequences"):
        AttributionMaps(MAP, sequences, np.array(["a", "b"]))
