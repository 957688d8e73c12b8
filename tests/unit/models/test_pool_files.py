"""The table of the networks in a mixture's pool."""

from __future__ import annotations

from pathlib import Path

import pytest

from tfmoe.core.errors import InputError
from tfmoe.models.pool_files import read_pools, write_pool


def test_pools_are_read_one_after_the_other_in_the_order_of_their_networks(tmp_path: Path):
    first, second = tmp_path / "seed0.tsv", tmp_path / "seed1.tsv"
    write_pool(["NA", "Abf1"], ["experts/NA/seed0", "experts/Abf1/seed0"], first)
    write_pool(["NA", "Abf1"], [Path("experts/NA/seed1"), Path("experts/Abf1/seed1")], second)
    assert first.read_text() == "network\tweights\nNA\texperts/NA/seed0\nAbf1\texperts/Abf1/seed0\n"
    assert read_pools([second, first]) == [
        "experts/NA/seed1",
        "experts/Abf1/seed1",
        "experts/NA/seed0",
        "experts/Abf1/seed0",
    ]
    assert read_pools([]) == []


def test_another_table_is_refused(tmp_path: Path):
    other = tmp_path / "other.tsv"
    other.write_text("a\tb\n1\t2\n")
    with pytest.raises(InputError, match=r"other\.tsv"):
        read_pools([other])


def test_as_many_names_as_networks_are_needed(tmp_path: Path):
    with pytest.raises(ValueError, match="length"):
        write_pool(["Abf1"], [], tmp_path / "pool.tsv")
