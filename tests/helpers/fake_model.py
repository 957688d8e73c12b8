"""A model without networks, for tests of what surrounds a model."""

from __future__ import annotations

from dataclasses import dataclass
from types import SimpleNamespace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tfmoe.core.errors import InputError
from tfmoe.core.sliding import Windows, window_rows
from tfmoe.models.conditioned.scores import Member


@dataclass(frozen=True)
class FakeScores:
    logits: NDArray[np.float32]
    columns: dict[str, NDArray[np.float32]]
    members: pd.DataFrame
    kinds: dict[int, dict[Member, NDArray[np.float64]]]
    gates: dict[int, pd.DataFrame]


class FakeModel:
    """The logit of a window is its number of A minus 4, and half more with each further seed."""

    def __init__(
        self, window: int = 12, seeds: tuple[int, ...] = (0, 1), batch_size: int = 4
    ) -> None:
        self.window, self.seeds, self.batch_size = window, seeds, batch_size
        self.thresholds = {0.9: 1.0, 0.5: -1.0}
        self.scored: list[int] = []
        self.manifest = SimpleNamespace(run="fake")

    def query(self, factor: str | None = None, matrix: object = None) -> SimpleNamespace:
        return SimpleNamespace(factor=factor, model="moe_conditioned" if factor else "moe")

    def threshold(self, query: SimpleNamespace, precision: float) -> float:
        if precision not in self.thresholds:
            raise InputError(f"no threshold at {precision:g}")
        return self.thresholds[precision]

    def logits(self, windows: Windows, query: SimpleNamespace) -> NDArray[np.float32]:
        return self.score(window_rows(windows), query).logits

    def score(self, codes: NDArray[np.uint8], query: SimpleNamespace) -> FakeScores:
        self.scored.append(len(codes))
        count = (codes == 0).sum(axis=1).astype(np.float32) - 4
        logits = np.stack([count + np.float32(seed / 2) for seed in self.seeds], axis=1)
        columns = {f"moe_seed{seed}": logits[:, at] for at, seed in enumerate(self.seeds)}
        columns |= {"gkm": count * 2}
        kinds = {
            seed: {Member.NETWORKS: count + seed / 2, Member.MATRIX: count + 1}
            for seed in self.seeds
        }
        gates = pd.DataFrame({"a": np.full(len(codes), 0.25), "b": np.full(len(codes), 0.75)})
        return FakeScores(
            logits,
            columns,
            pd.DataFrame({"pooled_gkm": count} if query.factor else {}, index=range(len(codes))),
            kinds if query.factor else {},
            dict.fromkeys(self.seeds, gates.astype(np.float32)),
        )
