import numpy as np
import pytest
import torch
from torch import Tensor, nn

from tfmoe.attribution.curves import SHARES, curve_areas
from tfmoe.attribution.maps import Maps
from tfmoe.core.dna import Codes, encode

CPU = torch.device("cpu")


class Counter(nn.Module):
    """The logit is the number of Gs at some places, times a factor."""

    def __init__(self, places: list[int], factor: float = 1.0) -> None:
        super().__init__()
        self.places, self.factor = places, factor

    def forward(self, inputs: Tensor) -> Tensor:
        return self.factor * inputs[:, 2, self.places].sum(1)


def example(rows: int) -> tuple[Codes, Maps, Maps]:
    """Windows of 100 bases with Gs in the middle, the right map and the wrong one."""
    windows = np.random.default_rng(1).choice([0, 1, 3], (rows, 100)).astype(np.uint8)
    windows[:, 40:50] = 2
    right = np.zeros((rows, 100), dtype=np.float32)
    right[:, 40:50] = 1
    return windows, right, -right


def areas(networks: list[nn.Module], windows: Codes, scores: dict[str, Maps], seed: int = 1):
    return curve_areas(networks, windows, scores, 64, CPU, np.random.default_rng(seed))


def test_a_right_map_takes_the_logit_away_at_once_and_a_wrong_one_at_the_end() -> None:
    windows, right, wrong = example(20)
    found = areas([Counter(list(range(40, 50)))], windows, {"right": right, "wrong": wrong})
    # the first tenth of the positions are all that counts: the deletion falls on a straight line to
    # 0 at a tenth, and the insertion rises so to 1; shuffles have Gs at these places by chance
    assert found["right"].deletion.mean() == pytest.approx(0.05, abs=0.02)
    assert found["right"].insertion.mean() == pytest.approx(0.95, abs=0.02)
    # they come last: the curve stays where it is up to .9, and its last point but one is at .65
    low = (1 - 0.65) / 2
    assert found["wrong"].deletion.mean() == pytest.approx(1 - low, abs=0.02)
    assert found["wrong"].insertion.mean() == pytest.approx(low, abs=0.02)


def test_the_unit_is_the_mean_difference_to_the_shuffles() -> None:
    windows, right, _ = example(10)
    places = list(range(40, 50))
    once = areas([Counter(places)], windows, {"right": right})["right"]
    thrice = areas([Counter(places, 3.0)], windows, {"right": right})["right"]
    both = areas([Counter(places), Counter(places, 3.0)], windows, {"right": right})["right"]
    np.testing.assert_allclose(thrice.deletion, once.deletion)
    np.testing.assert_allclose(both.insertion, once.insertion)


def test_positions_of_equal_score_go_in_an_order_that_all_methods_share() -> None:
    windows, right, _ = example(200)
    flat = {"zero": 0 * right, "one": 0 * right + 1}
    found = areas([Counter(list(range(40, 50)))], windows, flat)
    assert found["zero"] is found["one"]
    assert found["zero"].deletion.mean() == pytest.approx(0.5, abs=0.03)
    assert found["zero"].insertion.mean() == pytest.approx(0.5, abs=0.03)


def test_a_model_that_shuffles_do_not_change_has_no_area() -> None:
    windows, right, _ = example(5)
    found = areas([Counter([])], windows, {"right": right})["right"]
    assert np.isnan(found.deletion).all()
    assert np.isnan(found.insertion).all()


def test_short_windows_are_measured_too() -> None:
    windows = encode(["ACGTGCA", "TTGACGT"])
    scores = {"right": (windows == 2).astype(np.float32)}
    found = areas([Counter([1, 2, 3, 4])], windows, scores)["right"]
    assert found.deletion.shape == (2,)
    assert (SHARES[0], SHARES[-1]) == (0, 1)
