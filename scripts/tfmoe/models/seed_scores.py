"""Scores of windows by all networks and mixtures of one training seed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from torch import nn

from tfmoe.core.errors import InputError
from tfmoe.core.files import Pathlike
from tfmoe.core.sliding import Windows
from tfmoe.core.vocabulary import BACKGROUND, POOLED, POOLED_ENSEMBLE
from tfmoe.models.checkpoints import check_file_count, load_expert, load_mixture
from tfmoe.models.expert import StrandAveraged
from tfmoe.models.moe import Mixture
from tfmoe.models.prediction import Scores, predict, predict_mixture


@dataclass(frozen=True)
class RecipeModels:
    """Names of a recipe's models.

    Attributes
    ----------
    mixture
        The mixture.
    members
        The networks of its pool, named as the gate's columns.
    experts
        Model names by member, for the members that are experts and not pooled networks.
    mean_of_experts, mean_of_pool
        Means of the logits of its experts and of all members. The latter is `None` if all members
        are experts.
    """

    mixture: str
    members: list[str]
    experts: dict[str, str]
    mean_of_experts: str
    mean_of_pool: str | None


@dataclass(frozen=True)
class ScoredRecipe:
    """Checkpoints of a recipe for one training seed: folder by member, and the mixture's folder."""

    models: RecipeModels
    pool: dict[str, Path]
    mixture: Path


@dataclass(frozen=True)
class SeedCheckpoints:
    """Checkpoint folders of one training seed.

    Attributes
    ----------
    seed
        The training seed.
    recipes
        The recipes to score, the run's own first.
    pooled
        The pooled networks. The first is the model ``pooled``; if there are more, the mean of all
        their logits is ``pooled_ensemble``.
    background
        The network that never sees a peak, or `None`.
    """

    seed: int
    recipes: list[ScoredRecipe]
    pooled: list[Path]
    background: Path | None


@dataclass(frozen=True)
class SeedScores:
    """Scores of n windows by the models of one training seed.

    Attributes
    ----------
    seed
        The training seed.
    columns
        Logits, float32 (n,), by model.
    gate
        Gate weights of the first recipe's mixture, float32 (n, members).
    generalist
        Mean logit (n,) of the pooled networks in the first recipe's pool; without any, the logit of
        the model ``pooled`` or, without that, the mean logit of the experts.
    """

    seed: int
    columns: dict[str, Scores]
    gate: pd.DataFrame
    generalist: Scores

    @property
    def named_columns(self) -> dict[str, Scores]:
        """The columns, named ``<model>_seed<k>``."""
        return {f"{model}_seed{self.seed}": values for model, values in self.columns.items()}


def sort_checkpoints(
    seeds: Sequence[int],
    recipes: Sequence[RecipeModels],
    networks: Sequence[Pathlike],
    mixtures: Sequence[Pathlike],
    pooled: Sequence[Pathlike],
    background: Sequence[Pathlike],
) -> list[SeedCheckpoints]:
    """Group the weight files of a run by training seed.

    Parameters
    ----------
    seeds
        The training seeds.
    recipes
        The recipes, the run's own first.
    networks
        Weight files, ordered by recipe, seed and member.
    mixtures
        Weight files, ordered by recipe and seed.
    pooled
        Weight files, ordered by seed, the same number for each; may be empty.
    background
        Weight files, ordered by seed; may be empty.

    Raises
    ------
    ValueError
        If the number of files does not fit.
    """
    members = sum(len(models.members) for models in recipes)
    per_seed = len(pooled) // len(seeds)
    check_file_count("networks", networks, members * len(seeds))
    check_file_count("mixtures", mixtures, len(recipes) * len(seeds))
    check_file_count("pooled networks", pooled, per_seed * len(seeds))
    check_file_count("background networks", background, len(seeds) if background else 0)
    networks_left, mixtures_left = iter(networks), iter(mixtures)
    found: dict[int, list[ScoredRecipe]] = {seed: [] for seed in seeds}
    for models in recipes:
        for seed in seeds:
            pool = {member: Path(next(networks_left)).parent for member in models.members}
            found[seed].append(ScoredRecipe(models, pool, Path(next(mixtures_left)).parent))
    return [
        SeedCheckpoints(
            seed,
            found[seed],
            [Path(path).parent for path in pooled[per_seed * index : per_seed * (index + 1)]],
            Path(background[index]).parent if background else None,
        )
        for index, seed in enumerate(seeds)
    ]


@dataclass(frozen=True)
class SeedModels:
    """All networks and mixtures of a training seed, loaded for use.

    Attributes
    ----------
    seed
        The training seed.
    recipes
        The mixtures, with the names of their models and, if the mixture is fine-tuned, the
        networks of its pool by name.
    pooled, background
        As in `SeedCheckpoints`.
    """

    seed: int
    recipes: list[tuple[RecipeModels, Mixture, dict[str, nn.Module]]]
    pooled: list[nn.Module]
    background: nn.Module | None

    @property
    def mixture(self) -> Mixture:
        """The mixture of the first recipe."""
        return self.recipes[0][1]

    def experts(self) -> dict[str, nn.Module]:
        """Return the experts of the first recipe by name."""
        models = self.recipes[0][0]
        return {member: self._member(member) for member in models.experts}

    def generalists(self) -> list[nn.Module]:
        """Return the networks whose mean logit is `SeedScores.generalist`."""
        models, mixture, _ = self.recipes[0]
        pooled = [name for name in mixture.expert_names if name not in models.experts]
        if pooled:
            return [self._member(name) for name in pooled]
        return self.pooled[:1] or list(self.experts().values())

    def _member(self, name: str) -> nn.Module:
        """Return a network of the first recipe's pool, as it was before any fine-tuning."""
        _, mixture, pool = self.recipes[0]
        if pool:
            return pool[name]
        network = mixture.experts[mixture.expert_names.index(name)]
        return StrandAveraged(network) if mixture.averages_strands else network


def load_seed(checkpoints: SeedCheckpoints) -> SeedModels:
    """Load all networks and mixtures of a training seed, on the CPU.

    Raises
    ------
    InputError
        As for `tfmoe.models.checkpoints.load_mixture`.
    """
    recipes = []
    for recipe in checkpoints.recipes:
        mixture = load_mixture(recipe.mixture, recipe.pool)
        # the pool's own networks are scored, not their fine-tuned copies in the mixture
        names = mixture.expert_names if mixture.fine_tuned else ()
        pool = {name: load_expert(recipe.pool[name]) for name in names}
        recipes.append((recipe.models, mixture, pool))
    background = checkpoints.background
    return SeedModels(
        checkpoints.seed,
        recipes,
        [load_expert(folder) for folder in checkpoints.pooled],
        None if background is None else load_expert(background),
    )


def score_seed(
    models: SeedModels, codes: Windows, batch_size: int, device: torch.device
) -> SeedScores:
    """Score windows with all models of a training seed.

    Parameters
    ----------
    models
        The networks and mixtures of the seed.
    codes, batch_size, device
        As for `tfmoe.models.prediction.predict`.

    Raises
    ------
    InputError
        If a logit is not finite.
    """
    columns: dict[str, Scores] = {}
    gates, pools = [], []
    for recipe in models.recipes:
        scores, gate, pooled_members = _score_recipe(*recipe, codes, batch_size, device)
        columns |= scores
        gates.append(gate)
        pools.append(pooled_members)
    pooled = [predict(network, codes, batch_size, device) for network in models.pooled]
    if pooled:
        columns[POOLED] = pooled[0]
    if len(pooled) > 1:
        columns[POOLED_ENSEMBLE] = np.stack(pooled).mean(axis=0)
    if models.background is not None:
        columns[BACKGROUND] = predict(models.background, codes, batch_size, device)
    for model, values in columns.items():
        if not np.isfinite(values).all():
            raise InputError(
                f"{model}_seed{models.seed}: found logits that are not finite; remove the "
                "checkpoint and rerun"
            )
    mean = columns[models.recipes[0][0].mean_of_experts]
    generalist = pools[0] if pools[0] is not None else columns.get(POOLED, mean)
    return SeedScores(models.seed, columns, gates[0], generalist)


def _score_recipe(
    models: RecipeModels,
    mixture: Mixture,
    pool: Mapping[str, nn.Module],
    codes: Windows,
    batch_size: int,
    device: torch.device,
) -> tuple[dict[str, Scores], pd.DataFrame, Scores | None]:
    """Score with a recipe's mixture and pool, in one pass per network if they are frozen.

    Returns the columns, the gate, and the mean logit of the pooled networks, if there are any.
    """
    scored = predict_mixture(mixture, codes, batch_size, device)
    experts = scored.experts
    if pool:
        networks = [pool[name] for name in mixture.expert_names]
        experts = np.stack([predict(one, codes, batch_size, device) for one in networks], axis=1)
    logits = pd.DataFrame(experts, columns=list(mixture.expert_names))
    columns = {model: logits[member].to_numpy() for member, model in models.experts.items()}
    columns[models.mean_of_experts] = logits[list(models.experts)].to_numpy().mean(axis=1)
    if models.mean_of_pool is not None:
        columns[models.mean_of_pool] = experts.mean(axis=1)
    columns[models.mixture] = scored.mixture
    pooled = [member for member in mixture.expert_names if member not in models.experts]
    mean = logits[pooled].to_numpy().mean(axis=1) if pooled else None
    return columns, pd.DataFrame(scored.gate, columns=list(mixture.expert_names)), mean
