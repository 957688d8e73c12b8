"""Networks and mixtures of a run: the files of each, and the data that each is trained on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from tfmoe.core.experiments import Experiment
from tfmoe.core.recipes import Network, Recipe
from tfmoe.core.vocabulary import BACKGROUND, POOLED, Kind
from tfmoe.workflow.plan import Plan

EXPERT_FOLDER = "<results>/experts/{expert}/{recipe}/{backbone}/seed{seed}"
MIXTURE_FOLDER = "<results>/moe/{mixture}/seed{seed}"
WEIGHTS = "model.safetensors"
TRAINING_SEQUENCES = "<results>/sequences/training/{experiment}.parquet"
BACKGROUND_SEQUENCES = "<results>/sequences/background.parquet"


@dataclass(frozen=True)
class Networks:
    """Files and training data of the networks and mixtures of a run.

    Attributes
    ----------
    plan
        The plan of the run.
    experiments
        The experiment table.
    ready
        Whether the run is on ready sequences, which have no coordinates.
    """

    plan: Plan
    experiments: Mapping[str, Experiment]
    ready: bool

    @cached_property
    def recipes(self) -> dict[str, Recipe]:
        """All recipes, ablations included, by name."""
        return self.plan.recipes | self.plan.ablations

    @cached_property
    def mixtures(self) -> dict[str, Recipe]:
        """The recipe of each mixture, by the mixture's name."""
        return {recipe.mixture["name"]: recipe for recipe in self.recipes.values()}

    @cached_property
    def models(self) -> dict[str, tuple[Recipe, str | None]]:
        """Recipe and pool member of each attributed model; the member is `None` for a mixture."""
        found: dict[str, tuple[Recipe, str | None]] = {
            recipe.expert_model(member): (recipe, member)
            for recipe in self.plan.recipes.values()
            for member in recipe.experts
        }
        return found | {
            recipe.mixture_model: (recipe, None) for recipe in self.plan.recipes.values()
        }

    @cached_property
    def pooled_without(self) -> dict[str, str]:
        """The factor that each pooled network leaves out, by the network's name."""
        return {entry.pooled: factor for factor, entry in self.plan.left_out.items()}

    @property
    def names(self) -> list[str]:
        """Names of all networks that can be trained."""
        return [*self.plan.experts, POOLED, *self.pooled_without, BACKGROUND]

    @property
    def training_peaks(self) -> str:
        """File of the experts' positives: peaks, or their 31-mers in a run on ready sequences."""
        return f"<results>/regions/training_{'kmers.npz' if self.ready else 'peaks.bed.gz'}"

    @property
    def training_peaks_without(self) -> str:
        """The same file without one factor, which the development proxy leaves out."""
        return self.training_peaks.replace("training_", "without_{left_out}/training_")

    def pooled_experts(self, network: str) -> list[str]:
        """Return the experts whose examples train a pooled network; none for other networks."""
        experts = self.plan.experts
        if network == POOLED:
            return list(experts)
        if network not in self.pooled_without:
            return []
        left_out = self.plan.left_out[self.pooled_without[network]]
        return [expert for expert in experts if expert not in left_out.experts]

    def members(self, network: str) -> list[dict[str, Any]]:
        """Return the experts whose examples train a network, for `training_data.Member`.

        An expert has its own examples; a pooled network those of all experts, or of all but one
        factor. The network that never sees a peak has the genomic negatives of all experts as one
        set, or windows of a genome that is named for it.
        """
        if network == BACKGROUND:
            other_genome = self.ready and self.plan.background
            experiments = ["background"] if other_genome else self.plan.training
            factors = self._factors(self.plan.training)
            return [{"name": BACKGROUND, "factors": factors, "experiments": experiments}]
        return [
            {
                "name": name,
                "factors": self._factors(self.plan.experts[name]),
                "experiments": self.plan.experts[name],
            }
            for name in self.pooled_experts(network) or [network]
        ]

    def all_members(self) -> list[dict[str, Any]]:
        """Return every expert with its examples."""
        return [member for expert in self.plan.experts for member in self.members(expert)]

    def pooled_kmer_members(self) -> list[dict[str, Any]]:
        """Return the sets of examples of the pooled gapped k-mer models, named as the networks.

        The first is of all training factors. Each of the others leaves out one, as a network of the
        same name does.
        """
        names = [POOLED, *(network.name for network in self.left_out_networks())]
        return [
            {
                "name": name,
                "factors": self._factors(experiments),
                "experiments": experiments,
            }
            for name in names
            for experiments in [
                self.trained_without(self.pooled_without[name])
                if name in self.pooled_without
                else self.plan.training
            ]
        ]

    def scan_backbones(self, *, conditioned: bool) -> list[str]:
        """Return the backbone of each network that scores a window in a scan, of all seeds.

        Parameters
        ----------
        conditioned
            Whether factors are scanned for: that needs the experts of one factor and the
            generalists. Otherwise, the mixture needs its whole pool.
        """
        own = self.plan.own
        generalists = own.generalists or self.plan.pooled[:1]
        used = [network.backbone for network in (generalists if conditioned else own.pool.values())]
        return [*(own.backbones if conditioned else []), *used] * len(self.plan.seeds)

    def left_out_networks(self) -> list[Network]:
        """Return the pooled network without each training factor, if there are several factors."""
        left_out = self.plan.left_out.values() if len(self.plan.left_out) > 1 else []
        return [Network(entry.pooled, self.plan.own.backbones[0], 0) for entry in left_out]

    def left_out_weights(self) -> list[str]:
        """Return the weights of `left_out_networks`, for the first training seed."""
        return [weights_of(self.plan.own, network, 0) for network in self.left_out_networks()]

    def conditioned_factors(self) -> list[dict[str, Any]]:
        """Return what the fit of the conditioned mixture needs to know of each training factor."""
        main = {
            network.name: network
            for member, network in self.plan.own.experts.items()
            if member == network.name
        }
        factor_of = {name: self.experiments[self.plan.experts[name][0]].factor for name in main}
        found = []
        for entry in self.plan.left_out.values():
            own = next((name for name in entry.experts if name in main), None)
            if own is not None:
                others = {name: f for name, f in factor_of.items() if name not in entry.experts}
                found.append(
                    {
                        "factor": entry.factor,
                        "family": self.experiments[entry.experiments[0]].family,
                        "experiments": entry.experiments,
                        "expert": own,
                        "experts": others,
                        "pooled": entry.pooled,
                    }
                )
        return found

    def training_sequences(self, wildcards: Any) -> list[str]:
        """Return the training sequences of a network; other factors never retrain an expert."""
        names = [
            name for member in self.members(wildcards.expert) for name in member["experiments"]
        ]
        return training_files(names)

    def peaks_of_training(self, wildcards: Any) -> str | list[str]:
        """Return the file that marks negatives bound by a training factor, for pooled labels."""
        if wildcards.expert in self.pooled_without:
            left_out = self.pooled_without[wildcards.expert]
            return self.training_peaks_without.format(left_out=left_out)
        return self.training_peaks if wildcards.expert in (POOLED, BACKGROUND) else []

    def trained_without(self, factor: str) -> list[str]:
        """Return the training experiments of all factors but one."""
        left_out = self.plan.left_out[factor].experiments
        return [name for name in self.plan.training if name not in left_out]

    def training_settings(self, wildcards: Any) -> dict[str, Any]:
        """Return a recipe's training settings for one backbone; other backbones retrain nothing."""
        return training_settings(self.recipes[wildcards.recipe], wildcards.backbone)

    def pool_weights(self, recipes: Iterable[Recipe], seeds: Sequence[int]) -> list[str]:
        """Return the weights of the recipes' pools, by recipe, seed and position in the pool."""
        return [
            weights_of(recipe, network, seed)
            for recipe in recipes
            for seed in seeds
            for network in recipe.pool.values()
        ]

    def trained_on(self, recipe: Recipe) -> dict[str, list[str]]:
        """Return the training experiments of each network of a recipe's pool."""
        return {
            member: self.plan.training
            if network.name == POOLED
            else self.plan.experts[network.name]
            for member, network in recipe.pool.items()
        }

    def mixture_of(self, model: str) -> list[Recipe]:
        """Return the recipe whose mixture a model is, or nothing for a single network."""
        recipe, member = self.models[model]
        return [recipe] if member is None else []

    def model_weights(self, model: str) -> list[str]:
        """Return the weights of one model, by seed."""
        recipe, member = self.models[model]
        if member is None:
            return mixture_files([recipe], self.plan.seeds, WEIGHTS)
        return [weights_of(recipe, recipe.pool[member], seed) for seed in self.plan.seeds]

    def background_weights(self) -> list[str]:
        """Return the weights of the networks that never see a peak, by seed, if there are any."""
        network = Network(BACKGROUND, self.plan.own.backbones[0], 0)
        seeds = self.plan.seeds if self.plan.background else []
        return [weights_of(self.plan.own, network, seed) for seed in seeds]

    def trained(self) -> list[tuple[tuple[str, int], str]]:
        """Return model, seed and weights of all that is trained or fitted, in report order."""
        own, seeds = self.plan.own, self.plan.seeds
        experts = [
            ((own.expert_model(member), seed), weights_of(own, network, seed))
            for member, network in own.experts.items()
            for seed in seeds
        ]
        pooled = [
            ((_pooled_name(own, network), seed + network.offset), weights_of(own, network, seed))
            for network in self.plan.pooled
            for seed in seeds
        ]
        mixtures = [
            ((own.mixture_model, seed), path)
            for seed, path in zip(seeds, mixture_files([own], seeds, WEIGHTS), strict=True)
        ]
        background = [
            ((BACKGROUND, seed), path)
            for seed, path in zip(seeds, self.background_weights(), strict=False)
        ]
        return [*experts, *pooled, *mixtures, *background]

    def _factors(self, experiments: Iterable[str]) -> list[str]:
        return sorted({self.experiments[name].factor for name in experiments})


def training_files(experiments: Iterable[str]) -> list[str]:
    """Return the files of training sequences of experiments, in their order."""
    return [
        BACKGROUND_SEQUENCES if name == "background" else TRAINING_SEQUENCES.format(experiment=name)
        for name in experiments
    ]


def training_settings(recipe: Recipe, backbone: str) -> dict[str, Any]:
    """Return a recipe's training settings for one backbone."""
    settings = recipe.training
    own = {backbone: settings["backbones"].get(backbone, {})}
    return settings | {"backbone": backbone, "backbones": own}


def mixture_settings(recipe: Recipe) -> dict[str, Any]:
    """Return the fit settings of a recipe's mixture; the members of its pool are inputs."""
    members = ("experts", "backbones", "generalists")
    return {key: value for key, value in recipe.mixture.items() if key not in members}


def pooled_kmer_negatives(negatives: Mapping[str, float]) -> dict[str, float]:
    """Return the negatives of the pooled gapped k-mer models: shuffles only if nothing else is.

    Genomic negatives are those of the primary results, which these models have to predict.
    """
    natural = {kind: n for kind, n in negatives.items() if kind != Kind.DINUCLEOTIDE and n > 0}
    return natural or dict(negatives)


def weights_of(recipe: Recipe, network: Network, seed: int | str) -> str:
    """Return the weights of a network of a recipe's pool for one training seed."""
    return f"{EXPERT_FOLDER}/{WEIGHTS}".format(
        expert=network.name,
        recipe=recipe.networks,
        backbone=network.backbone,
        seed=int(seed) + network.offset,
    )


def mixture_files(recipes: Iterable[Recipe], seeds: Sequence[int | str], name: str) -> list[str]:
    """Return one file of each of the recipes' mixtures, by recipe and seed."""
    return [
        f"{MIXTURE_FOLDER}/{name}".format(mixture=recipe.mixture["name"], seed=seed)
        for recipe in recipes
        for seed in seeds
    ]


def mixture_weights(recipes: Iterable[Recipe], seeds: Sequence[int | str]) -> list[str]:
    """Return the weights of the recipes' mixtures, by recipe and seed."""
    return mixture_files(recipes, seeds, WEIGHTS)


def pool_tables(recipes: Iterable[Recipe], seeds: Sequence[int | str]) -> list[str]:
    """Return the tables of networks of the recipes' mixtures, by recipe and seed."""
    return mixture_files(recipes, seeds, "networks.tsv")


def _pooled_name(recipe: Recipe, network: Network) -> str:
    first = network.backbone == recipe.backbones[0]
    return POOLED if first else f"{POOLED}_{network.backbone}"
