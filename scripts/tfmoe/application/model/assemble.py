"""Assembly of the model folder of a run, from the files of its networks and mixtures."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tfmoe.application.card.write import CardFiles, CardRun, write_card
from tfmoe.application.model import folder as layout
from tfmoe.application.model.model import load
from tfmoe.application.variants.background import write_background_variants
from tfmoe.core.files import Pathlike
from tfmoe.core.vocabulary import POOLED
from tfmoe.jaspar.tables import MatrixFiles
from tfmoe.models.checkpoints import CONFIG, WEIGHTS, read_expert
from tfmoe.models.conditioned.columns import ConditionedFiles
from tfmoe.models.conditioned.model import BACKGROUND
from tfmoe.models.device import Compute
from tfmoe.models.seed_scores import SeedCheckpoints


@dataclass(frozen=True)
class ModelParts:
    """Files that a model is made of.

    Attributes
    ----------
    checkpoints
        Networks and mixtures of the run's own recipe, by training seed. Pooled networks outside of
        the mixture's pool are taken only if the pool has none.
    matrices
        Matrices, factors and families.
    conditioned
        Files of the conditioned mixture, if the run fits one.
    """

    checkpoints: Sequence[SeedCheckpoints]
    matrices: MatrixFiles
    conditioned: ConditionedFiles | None

    @property
    def outside_pool(self) -> list[str]:
        """Networks outside of the pool that the conditioned mixture reads."""
        first = self.checkpoints[0]
        generalists = set(first.recipes[0].pool) - set(first.recipes[0].models.experts)
        return [POOLED] if first.pooled and not generalists else []

    def sources(self) -> dict[str, Path]:
        """Return the source of each file, by its path within the model folder."""
        found: dict[str, Path] = {}
        for seed in self.checkpoints:
            networks = dict(seed.recipes[0].pool)
            networks |= dict(zip(self.outside_pool, seed.pooled, strict=False))
            for member, path in networks.items():
                found |= _checkpoint(path, layout.network_folder(member, seed.seed))
            found |= _checkpoint(seed.recipes[0].mixture, layout.mixture_folder(seed.seed))
        files = self.matrices
        paths: Mapping[str, Pathlike] = {
            layout.MATRICES: files.motifs,
            layout.MATRIX_TABLE: files.table,
            layout.FACTORS: files.factors,
            layout.FAMILIES: files.families,
        }
        found |= {name: Path(path) for name, path in paths.items()}
        if self.conditioned is not None:
            for name in (CONFIG, BACKGROUND):
                found[f"{layout.CONDITIONED}/{name}"] = self.conditioned.folder / name
            kmers = {
                layout.KMERS: self.conditioned.gapped_kmers,
                layout.POOLED_KMERS: self.conditioned.pooled_kmers,
            }
            for name, folder in kmers.items():
                found |= _checkpoint(folder, name) if folder is not None else {}
        return found


def write_model(
    parts: ModelParts,
    described: Mapping[str, Any],
    files: CardFiles,
    run: CardRun,
    compute: Compute,
    folder: Path,
    archive: Pathlike,
) -> None:
    """Write the model folder of a run, and a zip file of it.

    Parameters
    ----------
    parts, described, folder
        As for `write_members`.
    files, run
        As for `tfmoe.application.card.write.write_card`.
    compute
        Device, threads and batch size to score the background variants with.
    archive
        The zip file.
    """
    write_members(parts, described, folder)
    model = load(folder, compute.device, compute.threads, compute.batch_size)
    write_background_variants(model, files.sequences)
    write_card(files, run, folder)
    layout.update_manifest(folder)
    layout.write_archive(folder, archive)


def write_members(parts: ModelParts, described: Mapping[str, Any], folder: Path) -> None:
    """Write a new model folder with all members, and its manifest.

    Parameters
    ----------
    parts
        The files.
    described
        ``run``, ``seed``, ``experts``, ``families`` and ``batch_size`` of the manifest.
    folder
        The model folder; an existing one is replaced.
    """
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    layout.copy_files(parts.sources(), folder)
    models = parts.checkpoints[0].recipes[0].models
    first = next(iter(parts.checkpoints[0].recipes[0].pool.values()))
    content = {
        **described,
        "window": read_expert(first)[1].window,
        "seeds": [seed.seed for seed in parts.checkpoints],
        "models": {
            "mixture": models.mixture,
            "members": models.members,
            "experts": models.experts,
            "mean_of_experts": models.mean_of_experts,
            "mean_of_pool": models.mean_of_pool,
        },
        "outside_pool": parts.outside_pool,
        "dependent_data_types": list(parts.matrices.dependent_data_types),
        "kmers": parts.conditioned is not None and parts.conditioned.gapped_kmers is not None,
        "conditioned": parts.conditioned is not None,
    }
    layout.write_manifest(content, folder)


def _checkpoint(source: Path, target: str) -> dict[str, Path]:
    return {f"{target}/{name}": source / name for name in (WEIGHTS, CONFIG)}
