"""The members of a trained mixture, loaded from its folder when they are needed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import torch

from tfmoe.application.adapt.files import (
    Adapted,
    adaptation_files,
    check_adapted,
    read_adaptation,
)
from tfmoe.application.model import folder as layout
from tfmoe.application.model.folder import Manifest
from tfmoe.application.model.query import FactorNames
from tfmoe.core.errors import InputError
from tfmoe.core.field_types import make_record
from tfmoe.jaspar.tables import MatrixFiles
from tfmoe.models.checkpoints import CONFIG, WEIGHTS
from tfmoe.models.conditioned.adapted_mixtures import AdaptedMixtures
from tfmoe.models.conditioned.columns import ConditionedFiles, ConditionedModels
from tfmoe.models.conditioned.model import BACKGROUND
from tfmoe.models.seed_scores import (
    RecipeModels,
    ScoredRecipe,
    SeedCheckpoints,
    SeedModels,
    load_seed,
)


@dataclass(frozen=True)
class ModelFiles:
    """A trained mixture, as its folder has it.

    Attributes
    ----------
    folder
        Its folder.
    manifest
        The contents of the folder.
    device
        Device to compute on.
    batch_size
        Windows per batch.
    """

    folder: Path
    manifest: Manifest
    device: torch.device
    batch_size: int

    @property
    def window(self) -> int:
        """Length of the windows, in bases."""
        return self.manifest.window

    @property
    def seeds(self) -> tuple[int, ...]:
        """The training seeds."""
        return tuple(self.manifest.seeds)

    @property
    def factors(self) -> tuple[str, ...]:
        """The factors that have an expert of their own."""
        return tuple(dict.fromkeys(self.manifest.experts.values()))

    @property
    def models(self) -> RecipeModels:
        """Names of its models.

        Raises
        ------
        InputError
            If the manifest has other names.
        """
        content = self.manifest.models
        where = f"{self.folder / layout.MANIFEST}: models"
        named = make_record(RecipeModels, content, where, layout.REMEDY)
        # JSON sorts names, and a mean of float32 numbers depends on their order
        experts = {name: named.experts[name] for name in named.members if name in named.experts}
        return replace(named, experts=experts)

    @property
    def conditioned_files(self) -> ConditionedFiles | None:
        """Files of the conditioned mixture, if there is one."""
        if not self.manifest.conditioned:
            return None
        kmers = self.folder / layout.KMERS if self.manifest.kmers else None
        pooled = self.folder / layout.POOLED_KMERS if self.manifest.kmers else None
        return ConditionedFiles(self.folder / layout.CONDITIONED, self.matrix_files, kmers, pooled)

    @property
    def matrix_files(self) -> MatrixFiles:
        """Files of matrices, factors and families."""
        return MatrixFiles(
            self.folder / layout.MATRICES,
            self.folder / layout.MATRIX_TABLE,
            self.folder / layout.FACTORS,
            self.folder / layout.FAMILIES,
            self.manifest.dependent_data_types,
        )

    def checkpoints(self, seed: int) -> SeedCheckpoints:
        """Return the folders of the networks of a training seed.

        Raises
        ------
        InputError
            If it is none of the model's seeds.
        """
        if seed not in self.seeds:
            known = ", ".join(map(str, self.seeds))
            raise InputError(f"{self.folder}: found no training seed {seed}, expected {known}")
        models = self.models
        pool = {
            member: self.folder / layout.network_folder(member, seed) for member in models.members
        }
        mixture = self.folder / layout.mixture_folder(seed)
        outside = [
            self.folder / layout.network_folder(name, seed) for name in self.manifest.outside_pool
        ]
        return SeedCheckpoints(seed, [ScoredRecipe(models, pool, mixture)], outside, None)

    def check_listed(self) -> None:
        """Check that the manifest lists all files that its other entries imply.

        Only listed files are compared with their SHA-256, and taken out of a zip file.

        Raises
        ------
        InputError
            If it lacks one.
        """
        paths = [path.relative_to(self.folder).as_posix() for path in self._implied()]
        missing = [path for path in paths if path not in self.manifest.files]
        if missing:
            more = f" and {len(missing) - 1} more" if len(missing) > 1 else ""
            raise InputError(
                f"{self.folder / layout.MANIFEST}: files: {missing[0]}{more} missing, expected all "
                f"files of the model's members; {layout.REMEDY}"
            )

    def _implied(self) -> Iterator[Path]:
        files = self.matrix_files
        yield from map(Path, (files.motifs, files.table, files.factors, files.families))
        folders = []
        for seed in self.seeds:
            checkpoints = self.checkpoints(seed)
            recipe = checkpoints.recipes[0]
            folders += [*recipe.pool.values(), *checkpoints.pooled, recipe.mixture]
        if (conditioned := self.conditioned_files) is not None:
            yield from (conditioned.folder / name for name in (CONFIG, BACKGROUND))
            kmers = conditioned.gapped_kmers, conditioned.pooled_kmers
            folders += [folder for folder in kmers if folder is not None]
        yield from (folder / name for folder in folders for name in (WEIGHTS, CONFIG))
        if self.adapted is not None:
            yield from adaptation_files(self.folder / layout.ADAPTATION, self.seeds)

    @cached_property
    def conditioned(self) -> ConditionedModels | None:
        """The conditioned mixture with all that it reads except networks, if there is one."""
        files = self.conditioned_files
        return None if files is None else ConditionedModels.load(files)

    @cached_property
    def adapted(self) -> Adapted | None:
        """The factor that the model was adapted to, with the expected AUROC, or `None`."""
        content = self.manifest.adapted
        return None if content is None else check_adapted(content, self.folder / layout.MANIFEST)

    @cached_property
    def adapted_mixtures(self) -> AdaptedMixtures | None:
        """The mixtures adapted to a factor, or `None`."""
        if self.adapted is None or self.conditioned is None:
            return None
        return read_adaptation(self.folder / layout.ADAPTATION, self.seeds, self.conditioned)

    @cached_property
    def networks(self) -> list[SeedModels]:
        """The networks and the mixture of each seed."""
        return [load_seed(self.checkpoints(seed)) for seed in self.seeds]

    @property
    def names(self) -> FactorNames:
        """Names of factors that the model knows."""
        assert self.conditioned is not None
        return FactorNames(self.manifest.experts, self.manifest.families, self.conditioned.tables)
