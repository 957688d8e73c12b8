"""Letters of a logo: places, heights and directions."""

import numpy as np
import pytest
from matplotlib.path import Path

from tfmoe.figures.letters import WIDTH, stack_letters


def box(path: Path) -> list[float]:
    """Return left, right, lowest and highest point."""
    extents = path.get_extents()
    return [extents.xmin, extents.xmax, extents.ymin, extents.ymax]


def test_the_largest_letter_is_on_top_and_negative_ones_hang_below() -> None:
    heights = np.array([[1.0], [3.0], [-0.5], [-2.0]])
    letters, limits = stack_letters(heights, 7)
    edges = [7 - WIDTH / 2, 7 + WIDTH / 2]
    assert limits == (-2.5, 4)
    places = {"A": (0, 1), "C": (1, 4), "G": (-0.5, 0), "T": (-2.5, -0.5)}
    assert list(letters) == list(places)
    for base, (low, high) in places.items():
        assert box(letters[base]) == pytest.approx([*edges, low, high])


def test_a_base_is_one_path_without_letters_of_height_0() -> None:
    heights = np.array([[1.0, 0, 2.0], [0, 0, 0], [0, 0, 0], [0, 1.0, 0]])
    letters, limits = stack_letters(heights, -1)
    assert list(letters) == ["A", "T"] and limits == (0, 2)
    assert box(letters["A"]) == pytest.approx([-1 - WIDTH / 2, 1 + WIDTH / 2, 0, 2])
    assert box(letters["T"]) == pytest.approx([-WIDTH / 2, WIDTH / 2, 0, 1])


def test_letters_below_0_are_upside_down() -> None:
    """The bar of a T is at its top, where it is widest."""
    for height, top in ((2.0, 2.0), (-2.0, -2.0)):
        path = stack_letters(np.array([[0.0], [0], [0], [height]]), 0)[0]["T"]
        drawn = np.asarray(path.codes) != Path.CLOSEPOLY
        x, y = np.asarray(path.vertices)[drawn].T
        assert np.ptp(x[np.isclose(y, top)]) == pytest.approx(WIDTH)
        assert np.ptp(x[np.isclose(y, 0)]) < WIDTH / 2
