from pathlib import Path

import h5py
import numpy as np
import pytest

from tfmoe.core.errors import InputError
from tfmoe.motifs.discovery import Discovery, discover, save, smallest_pattern

RNG = np.random.default_rng


def maps_of(number, length=101, value=None):
    rng = RNG(3)
    codes = rng.integers(0, 4, (number, length)).astype(np.uint8)
    maps = rng.normal(0, 1, (number, 4, length)).astype(np.float32)
    if value is not None:
        maps[:] = value
    return maps, codes, [f"s{row}" for row in range(number)]


@pytest.mark.parametrize(
    ("sequences", "expected"), [(0, 10), (60, 10), (120, 12), (200, 20), (5000, 20)]
)
def test_few_sequences_make_a_pattern_of_fewer_seqlets(settings_with, sequences, expected):
    settings = settings_with(min_seqlets=20, min_seqlet_share=0.1)
    assert smallest_pattern(sequences, settings) == expected


def test_too_few_sequences_are_a_result(settings_with):
    found = discover(*maps_of(9), settings_with(), RNG(0))
    assert found.positive == []
    assert found.note == "9 sequences, at least 10 are needed"


def test_sequences_shorter_than_the_window_are_a_result(settings_with):
    found = discover(*maps_of(30, 80), settings_with(window=100), RNG(0))
    assert found.positive == []
    assert found.note == "sequences of 80 bases, the window needs 100"


def test_sequences_shorter_than_a_seqlet_are_a_result(settings_with):
    found = discover(*maps_of(30, 18), settings_with(window=None), RNG(0))
    assert found.note == "sequences of 18 bases, the window needs 19"


def test_maps_of_zeros_are_a_result(settings_with):
    found = discover(*maps_of(30, value=0), settings_with(), RNG(0))
    assert found.note == "all attributions are zero"


@pytest.mark.parametrize("value", [1.0, -1.0])
def test_maps_of_one_value_are_a_result(settings_with, value):
    found = discover(*maps_of(30, value=value), settings_with(), RNG(0))
    assert found.positive == []
    assert "no spread" in found.note


def test_noise_in_few_sequences_has_too_few_seqlets(settings_with):
    settings = settings_with(seqlet_fdr=0.001, min_seqlets=300, min_seqlet_share=1)
    maps, codes, names = maps_of(300)
    maps -= maps.mean(axis=1, keepdims=True)
    found = discover(maps, codes, names, settings, RNG(0))
    assert found.positive == []
    assert 0 < found.n_seqlets < 300
    assert found.note == f"{found.n_seqlets} seqlets, at least 300 are needed"


def test_values_that_are_not_finite_are_refused(settings_with):
    maps, codes, names = maps_of(30)
    maps[4, 2, 7] = np.nan
    with pytest.raises(InputError, match="not finite"):
        discover(maps, codes, names, settings_with(), RNG(0))


def test_shapes_that_do_not_fit_are_refused(settings_with):
    maps, codes, names = maps_of(30)
    with pytest.raises(InputError, match=r"found shape \(30, 101, 4\)"):
        discover(np.swapaxes(maps, 1, 2), codes, names, settings_with(), RNG(0))
    with pytest.raises(InputError, match="29 names"):
        discover(maps, codes, names[1:], settings_with(), RNG(0))


def test_the_window_is_even_and_in_the_middle_and_the_order_is_drawn(settings_with):
    maps, codes, names = maps_of(40, value=0)
    longest = discover(maps, codes, names, settings_with(window=None), RNG(1))
    assert (longest.window, longest.crop) == (100, 0)
    middle = discover(maps, codes, names, settings_with(window=60), RNG(1))
    assert (middle.window, middle.crop) == (60, 20)
    assert middle.names == [names[index] for index in RNG(1).permutation(40)]


def test_sequences_are_capped(settings_with):
    found = discover(*maps_of(40, value=0), settings_with(max_sequences=15), RNG(1))
    assert len(found.names) == len(set(found.names)) == 15


def test_a_file_without_patterns_is_valid(tmp_path: Path):
    save(Discovery([], [], ["b", "a"], 3, 60, 0, 20, "nothing"), tmp_path / "modisco.h5")
    with h5py.File(tmp_path / "modisco.h5") as file:
        assert len(file["pos_patterns"]) == len(file["neg_patterns"]) == 0
        assert file["regions/name"].asstr()[:].tolist() == ["b", "a"]
        assert (file.attrs["window_size"], file.attrs["crop"]) == (60, 3)


def test_seqlets_that_share_too_few_bases_are_a_result(settings_with, planted):
    maps = planted.maps
    names = [str(name) for name in maps.name]
    settings = settings_with(trim_window=40, initial_flank=0, sliding_window=11)
    found = discover(maps.attributions, maps.sequences, names, settings, RNG(0))
    assert found.positive == []
    assert found.note.startswith(f"some of {found.n_seqlets} seqlets share fewer bases than")
    assert found.note.endswith("motifs.trim_window (40); lower it")
