"""The folder of a trained mixture, which is used without the run that made it.

The folder has the weights of all members, the gates of all seeds, the gapped k-mer models, the
matrices, the calibration and a card. ``manifest.json`` lists the SHA-256 of every file, so that a
damaged copy is refused. Nothing is ever unpickled, and no path leads out of the folder.
"""

from __future__ import annotations

import os
import shutil
import tempfile
import weakref
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path, PurePosixPath
from typing import Any

from tfmoe import __version__
from tfmoe.application.model.zip_files import (
    MOST_JSON_BYTES,
    ZIP_FAULTS,
    extract,
    find_member,
    open_zip,
)
from tfmoe.core.errors import InputError
from tfmoe.core.field_types import make_record
from tfmoe.core.files import Pathlike, atomic_path, read_json, write_json
from tfmoe.core.messages import odd_character, shorten

FORMAT = 1
"""Version of the layout of the folder; a folder with a higher one is refused."""
MANIFEST = "manifest.json"
NETWORKS, MIXTURE, CONDITIONED = "networks", "mixture", "conditioned"
KMERS, POOLED_KMERS = "gkm", "gkm/pooled"
MATRICES, MATRIX_TABLE = "jaspar/matrices.meme", "jaspar/matrices.tsv"
FACTORS, FAMILIES = "jaspar/factors.tsv", "jaspar/families.tsv"
CARD, CARD_DATA = "card.md", "card.json"
THRESHOLDS = "thresholds.tsv"
BACKGROUND_VARIANTS = "background_variants.parquet"
ADAPTATION = "adaptation"
MOST_WINDOW, MOST_BASES = 10_000, 10**8
"""Largest window, and largest batch in bases: a batch of one-hot bases then has 1.6 GB."""
REMEDY = "copy the model again from the run that made it"
# so that equal models yield equal bytes
_ZIP_TIME = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True)
class Manifest:
    """Contents of ``manifest.json``.

    Attributes
    ----------
    format
        `FORMAT` of the version that wrote the folder.
    version
        Version of tfmoe that wrote it.
    run, seed
        Name of the run, and its seed for random numbers.
    window
        Length of the windows, in bases.
    seeds
        The training seeds.
    models
        Names of the models, as in `tfmoe.models.seed_scores.RecipeModels`.
    outside_pool
        Networks outside of the mixture's pool that its conditioned mixture reads: the pooled
        network of a pool without one.
    experts
        Factor of each expert.
    families
        Family of DNA-binding domains of the run's factors, as the experiment table gives it.
    dependent_data_types
        Data types of matrices that were probably built from the run's own data.
    kmers, conditioned
        Whether the folder has gapped k-mer models, and a conditioned mixture.
    batch_size
        Windows per batch, in use as in the run.
    files
        SHA-256 of each other file, by path within the folder.
    adaptation
        Settings of the run that an adaptation to a factor uses, the fields of
        `tfmoe.application.adapt.run.AdaptationSettings`; `None` if the model cannot be adapted.
    adapted
        The factor that the model was adapted to, the fields of
        `tfmoe.application.adapt.files.Adapted`; `None` for the model of a run.
    """

    format: int
    version: str
    run: str
    seed: int
    window: int
    seeds: list[int]
    models: dict[str, Any]
    outside_pool: list[str]
    experts: dict[str, str]
    families: dict[str, str]
    dependent_data_types: list[str]
    kmers: bool
    conditioned: bool
    batch_size: int
    files: dict[str, str]
    adaptation: dict[str, Any] | None = None
    adapted: dict[str, Any] | None = None


def network_folder(member: str, seed: int) -> str:
    """Return the folder of a network's weights, within the model folder.

    Raises
    ------
    InputError
        If the name of the network leads to another folder.
    """
    if member in ("", ".", "..") or not {"/", os.sep}.isdisjoint(member):
        raise InputError(f"{MANIFEST}: found the network {member!r}, expected a name; {REMEDY}")
    return f"{NETWORKS}/{member}/seed{seed}"


def mixture_folder(seed: int) -> str:
    """Return the folder of the mixture of a seed, within the model folder."""
    return f"{MIXTURE}/seed{seed}"


def copy_files(sources: Mapping[str, Pathlike], folder: Path) -> None:
    """Copy files into a model folder.

    Parameters
    ----------
    sources
        Source of each file, by its path within the folder.
    folder
        The model folder.
    """
    for name, source in sources.items():
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            shutil.copyfile(source, target)
        except FileNotFoundError:
            raise InputError(f"{source}: the file does not exist") from None


def write_manifest(content: Mapping[str, Any], folder: Path) -> None:
    """Write the manifest of a complete folder.

    Parameters
    ----------
    content
        The fields of `Manifest` other than ``format``, ``version`` and ``files``.
    folder
        The model folder.
    """
    (folder / MANIFEST).unlink(missing_ok=True)
    files = {name: _digest(folder / name) for name in _files_of(folder)}
    manifest = Manifest(format=FORMAT, version=__version__, files=files, **content)
    write_json(asdict(manifest), folder / MANIFEST)


def update_manifest(folder: Path) -> None:
    """List the files of a folder again, after files were added to a complete one.

    Raises
    ------
    InputError
        As for `read_manifest`.
    """
    content = asdict(read_manifest(folder))
    for key in ("format", "version", "files"):
        del content[key]
    write_manifest(content, folder)


def check_new_folder(output: Path, force: bool) -> None:
    """Check that a model may be written into a folder.

    Raises
    ------
    InputError
        If the folder exists, has files and `force` is false, if it is not that of a model or has
        other files too, or if its parent does not exist.
    """
    if not output.absolute().parent.is_dir():
        raise InputError(f"{output.parent}: the folder does not exist; create it first")
    if output.is_file():
        raise InputError(f"{output}: found a file, expected the name of an output folder")
    if not output.exists() or not any(output.iterdir()):
        return
    if not force:
        raise InputError(f"{output}: the folder exists; choose another name, or add --force")
    # other files are never removed
    if not (output / MANIFEST).is_file():
        raise InputError(f"{output}: found other files than those of a model; choose another name")
    others = set(_files_of(output)) - {MANIFEST, *read_manifest(output).files}
    if others:
        raise InputError(
            f"{output / min(others)}: the file is not part of the model to replace; "
            "move it, or choose another name"
        )


def write_archive(folder: Path, archive: Pathlike) -> None:
    """Write a zip file of a model folder, uncompressed: weights hardly shrink."""
    with atomic_path(archive) as temporary, zipfile.ZipFile(temporary, "w") as packed:
        for name in (MANIFEST, *(name for name in _files_of(folder) if name != MANIFEST)):
            packed.writestr(zipfile.ZipInfo(name, _ZIP_TIME), (folder / name).read_bytes())


def open_folder(path: Pathlike) -> tuple[Path, Manifest]:
    """Check a model folder, or unpack a zip file into a temporary one.

    Returns
    -------
    folder
        The model folder. A temporary one is removed with the manifest: when nothing refers to that
        any more, or when the process ends.
    manifest
        Its manifest.

    Raises
    ------
    InputError
        If there is no model, if it was written by a newer version, or if a file is missing or
        differs from the one that was written.
    """
    folder = Path(path)
    if folder.is_file():
        folder, manifest = _unpack(folder)
    elif not folder.exists():
        raise InputError(f"{path}: there is no such folder or file, expected the model of a run")
    elif not (folder / MANIFEST).is_file():
        inner = folder / "model"
        hint = f"; the model is in {inner}" if (inner / MANIFEST).is_file() else ""
        raise InputError(f"{path}: found no {MANIFEST}, expected the folder of a model{hint}")
    else:
        manifest = read_manifest(folder)
    for name, expected in manifest.files.items():
        file = folder / name
        if not file.is_file():
            raise InputError(f"{file}: the file of the model is missing; {REMEDY}")
        _check_json_size(file)
        if _digest(file) != expected:
            raise InputError(
                f"{file}: the file is damaged or was edited (its SHA-256 differs from the one in "
                f"{MANIFEST}); {REMEDY}"
            )
    return folder, manifest


def read_manifest(folder: Path, archive: Path | None = None) -> Manifest:
    """Read the manifest of a model folder.

    Parameters
    ----------
    folder
        The folder.
    archive
        The zip file from which it was unpacked, for messages.

    Raises
    ------
    InputError
        If it is damaged, was written by a newer version, lists files outside of the folder, or has
        no positive window or batch size.
    """
    _check_json_size(folder / MANIFEST)
    content = read_json(folder / MANIFEST, REMEDY)
    path = folder / MANIFEST if archive is None else f"{archive}, {MANIFEST}"
    found = content.get("format") if isinstance(content, dict) else None
    if type(found) is int and found > FORMAT:
        version = content.get("version", "a newer version")
        raise InputError(
            f"{path}: found a model of format {found}, written by tfmoe {version}, expected at "
            f"most format {FORMAT}, which tfmoe {__version__} reads; install a newer tfmoe"
        )
    manifest = make_record(Manifest, content, str(path), REMEDY)
    if not manifest.seeds:
        raise InputError(f"{path}: seeds: found none, expected at least one; {REMEDY}")
    for key, size in (("window", manifest.window), ("batch_size", manifest.batch_size)):
        if size < 1:
            raise InputError(f"{path}: {key}: found {size}, expected at least 1; {REMEDY}")
    if manifest.window > MOST_WINDOW or manifest.window * manifest.batch_size > MOST_BASES:
        raise InputError(
            f"{path}: window, batch_size: found batches of {manifest.batch_size:,} windows of "
            f"{manifest.window:,} bases, expected windows of at most {MOST_WINDOW:,} bases and "
            f"batches of at most {MOST_BASES:,} bases; {REMEDY}"
        )
    for name in manifest.files:
        _check_inside(name, path)
    return manifest


def remove_with(manifest: Manifest, folder: Path) -> None:
    """Remove a temporary folder when nothing refers to the manifest of its model any more.

    A process that opens many models, such as a notebook, would otherwise fill the disk.
    """
    weakref.finalize(manifest, shutil.rmtree, folder, ignore_errors=True)


def _unpack(archive: Path) -> tuple[Path, Manifest]:
    """Unpack the files that the manifest of a zip file lists."""
    target = Path(tempfile.mkdtemp(prefix="tfmoe-model-"))
    try:
        manifest = _unpack_into(target, archive)
    except BaseException:
        shutil.rmtree(target, ignore_errors=True)
        raise
    remove_with(manifest, target)
    return target, manifest


def _unpack_into(target: Path, archive: Path) -> Manifest:
    try:
        with open_zip(archive) as packed:
            found = find_member(packed, MANIFEST)
            if found is None:
                raise InputError(
                    f"{archive}: found no {MANIFEST} in the zip file, so it is no model"
                )
            around = found.removesuffix(MANIFEST)
            extract(packed, found, target / MANIFEST)
            manifest = read_manifest(target, archive)
            for name in manifest.files:
                extract(packed, around + name, target / name)
    except KeyError as error:
        raise InputError(f"{archive}: {error.args[0]}; {REMEDY}") from None
    except ZIP_FAULTS as error:
        raise InputError(
            f"{archive}: not a complete zip file of a model ({error}); {REMEDY}"
        ) from None
    return manifest


def _check_inside(name: str, manifest: Pathlike) -> None:
    path = PurePosixPath(name)
    odd = odd_character(name) or "\\" in name or path.as_posix() != name or name in (".", MANIFEST)
    if path.is_absolute() or ".." in path.parts or odd:
        raise InputError(
            f"{manifest}: found the file {shorten(name)[1:-1]}, expected one within the folder; "
            f"{REMEDY}"
        )


def _check_json_size(path: Path) -> None:
    """Raise if a JSON file, which is read as a whole, is larger than that of any model."""
    if path.suffix == ".json" and path.is_file() and path.stat().st_size > MOST_JSON_BYTES:
        raise InputError(
            f"{path}: found {path.stat().st_size:,} bytes, expected at most {MOST_JSON_BYTES:,}; "
            f"{REMEDY}"
        )


def _files_of(folder: Path) -> Sequence[str]:
    """Return the paths of all files in a folder, relative to it, sorted."""
    return sorted(
        path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()
    )


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        digest = sha256()
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()
