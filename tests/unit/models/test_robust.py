import pytest
import torch
from torch import Tensor

from tfmoe.core.dna import encode
from tfmoe.models.encoding import one_hot
from tfmoe.models.robust import RobustSettings, perturb, substitute
from tolerance import close


def sequences(*texts: str) -> Tensor:
    return one_hot(torch.from_numpy(encode(list(texts))))


def gradient(rows: list[list[float]]) -> Tensor:
    """Gradient of one sequence, from one row of A, C, G, T per position."""
    return torch.tensor(rows).T.unsqueeze(0)


def test_the_best_substitutions_are_made() -> None:
    """The largest gains over each base are 2 (C), 0 (itself), 5 (T) and 3 (G)."""
    found = gradient([[1, 3, 0, 0], [0, 9, 1, 2], [0, 0, -1, 4], [-1, -2, 2, -1]])
    original = sequences("ACGT")
    for number, expected in {1: "ACTT", 2: "ACTG", 3: "CCTG", 4: "CCTG", 9: "CCTG"}.items():
        assert torch.equal(substitute(original, found, number), sequences(expected)), number


def test_an_unknown_base_stays_and_nothing_is_done_against_the_gradient() -> None:
    found = gradient([[0, 50, 0, 0], [9, 0, 0, 0], [1, 0, 0, 0]])
    assert torch.equal(substitute(sequences("NAA"), found, 3), sequences("NAA"))


def test_sequences_stay_one_hot_within_their_budget() -> None:
    generator = torch.Generator().manual_seed(0)
    codes = torch.randint(0, 4, (50, 30), dtype=torch.uint8, generator=generator)
    original = one_hot(codes)
    changed = substitute(original, torch.randn(50, 4, 30, generator=generator), 3)
    assert set(changed.unique().tolist()) == {0.0, 1.0}
    assert (changed.sum(1) == 1).all()
    assert (changed.argmax(1) != codes).sum(1).tolist() == [3] * 50


def test_the_loss_rises_as_the_gradient_predicts() -> None:
    """For a linear function, the first order is exact."""
    weights = torch.randn(4, 20, generator=torch.Generator().manual_seed(1))
    original = one_hot(torch.zeros((1, 20), dtype=torch.uint8)).requires_grad_(True)
    (original * weights).sum().backward()
    assert original.grad is not None
    changed = substitute(original.detach(), original.grad, 4)
    gains = (weights.max(0).values - weights[0]).sort(descending=True).values
    risen = ((changed - original.detach()) * weights).sum()
    close(risen, gains[:4].sum(), terms=4 * 20)


def test_a_share_of_a_batch_is_changed_and_from_the_original() -> None:
    original = sequences("AAAA", "AAAA", "AAAA", "AAAA")
    shown = sequences("CAAA", "ACAA", "AAAA", "AAAA").requires_grad_(True)
    (shown * gradient([[0, 1, 0, 0], [0, 2, 0, 0], [0, 0, 0, 3], [0, 0, 0, 0]])).sum().backward()
    found = perturb(shown, original, RobustSettings(substitutions=1, replays=2, share=0.5))
    assert torch.equal(found, sequences("AATA", "AATA", "AAAA", "AAAA"))
    assert not found.requires_grad


def test_without_a_gradient_there_is_nothing_to_follow() -> None:
    with pytest.raises(ValueError, match="no gradient"):
        perturb(sequences("A"), sequences("A"), RobustSettings(1, 2, 1.0))


def test_without_substitutions_a_batch_is_shown_once() -> None:
    assert RobustSettings(substitutions=0, replays=4, share=1.0).passes_per_batch == 1
    assert RobustSettings(substitutions=1, replays=4, share=1.0).passes_per_batch == 4
