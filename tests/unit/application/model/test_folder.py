import gc
import json
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from tfmoe.application.card.read import read_card
from tfmoe.application.model.folder import (
    CARD_DATA,
    FORMAT,
    MANIFEST,
    open_folder,
    read_manifest,
    update_manifest,
    write_archive,
)
from tfmoe.application.model.model import load
from tfmoe.core.errors import InputError

WEIGHTS = "networks/Alpha/seed0/model.safetensors"


def edit(folder: Path, **changes: object) -> None:
    path = folder / MANIFEST
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


def test_the_manifest_lists_every_other_file(model_folder: Path) -> None:
    folder, manifest = open_folder(model_folder)
    assert folder == model_folder
    files = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    assert set(manifest.files) == files - {MANIFEST}
    assert {
        WEIGHTS, "mixture/seed0/config.json", "conditioned/background.parquet",
        "gkm/model.safetensors", "gkm/pooled/config.json", "jaspar/matrices.meme",
        # the pool has no pooled network, so that the conditioned mixture reads this one
        "networks/pooled/seed0/model.safetensors",
    } < set(manifest.files)  # fmt: skip
    assert (manifest.run, manifest.window, manifest.seeds) == ("tiny", 41, [0])


def test_files_that_were_added_are_listed(copied_folder: Path) -> None:
    before = open_folder(copied_folder)[1]
    (copied_folder / "card.md").write_text("card")
    update_manifest(copied_folder)
    after = open_folder(copied_folder)[1]
    assert set(after.files) == {*before.files, "card.md"}
    (copied_folder / "card.md").write_text("edited")
    with pytest.raises(InputError, match=r"card\.md: the file is damaged or was edited"):
        open_folder(copied_folder)


def test_a_zip_file_has_the_same_files(model_folder: Path, tmp_path: Path) -> None:
    write_archive(model_folder, tmp_path / "model.zip")
    folder, manifest = open_folder(tmp_path / "model.zip")
    assert manifest == open_folder(model_folder)[1]
    assert (folder / WEIGHTS).read_bytes() == (model_folder / WEIGHTS).read_bytes()
    write_archive(model_folder, tmp_path / "again.zip")
    assert (tmp_path / "again.zip").read_bytes() == (tmp_path / "model.zip").read_bytes()


def test_an_unpacked_zip_file_ends_with_its_manifest(model_folder: Path, tmp_path: Path) -> None:
    write_archive(model_folder, tmp_path / "model.zip")
    folder, manifest = open_folder(tmp_path / "model.zip")
    assert (folder / MANIFEST).is_file()
    del manifest
    gc.collect()
    assert not folder.exists()
    assert model_folder.exists()


def test_a_faulty_zip_file_leaves_nothing(
    model_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    path = tmp_path / "model.zip"
    with zipfile.ZipFile(path, "w") as packed:
        packed.write(model_folder / MANIFEST, MANIFEST)
    with pytest.raises(InputError):
        open_folder(path)
    assert list(tmp_path.iterdir()) == [path]


def test_a_zip_file_may_have_a_folder_around_all_files(model_folder: Path, tmp_path: Path) -> None:
    path = tmp_path / "mine.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
        for file in model_folder.rglob("*"):
            packed.write(file, Path("mine") / file.relative_to(model_folder))
    assert open_folder(path)[1] == open_folder(model_folder)[1]


@pytest.mark.parametrize(("name", "read"), [(MANIFEST, open_folder), (CARD_DATA, read_card)])
def test_zip_files_that_cannot_be_unpacked_are_refused(
    name: str, read: Callable[[Path], object], tmp_path: Path
) -> None:
    path = tmp_path / "model.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr(name, "{" + " " * 1000 + "}")
    content = path.read_bytes()
    start, central = content.index(name.encode()) + len(name), content.index(b"PK\x01\x02")
    damaged, encrypted, unknown = (bytearray(content) for _ in range(3))
    damaged[start : start + 2] = b"\xff\xff"
    for at in (6, central + 8):
        encrypted[at] |= 1
    for at in (8, central + 10):
        unknown[at] = 99
    for found in (damaged, encrypted, unknown):
        path.write_bytes(found)
        with pytest.raises(InputError, match=r"model\.zip: .* complete zip file of a model"):
            read(path)


def test_a_damaged_file_is_refused(copied_folder: Path) -> None:
    content = (copied_folder / WEIGHTS).read_bytes()
    (copied_folder / WEIGHTS).write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    with pytest.raises(InputError, match=rf"{WEIGHTS}: the file is damaged or was edited"):
        open_folder(copied_folder)


def test_a_missing_file_is_named(copied_folder: Path) -> None:
    (copied_folder / WEIGHTS).unlink()
    with pytest.raises(InputError, match=rf"{WEIGHTS}: the file of the model is missing; copy"):
        open_folder(copied_folder)


def test_a_newer_model_is_refused(copied_folder: Path) -> None:
    # also if it has other keys than this version knows
    edit(copied_folder, format=FORMAT + 1, version="9.9", shape="round")
    with pytest.raises(InputError, match=r"format 2, written by tfmoe 9\.9, expected at most"):
        open_folder(copied_folder)


def test_a_newer_model_in_a_zip_file_is_refused_by_its_name(
    copied_folder: Path, tmp_path: Path
) -> None:
    edit(copied_folder, format=FORMAT + 1)
    archive = tmp_path / "new.zip"
    with zipfile.ZipFile(archive, "w") as packed:
        packed.write(copied_folder / "manifest.json", "manifest.json")
    with pytest.raises(InputError) as error:
        open_folder(archive)
    assert str(error.value).startswith(f"{archive}, manifest.json: found a model of format 2, ")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"window": "long"}, "window: found 'long', expected int"),
        ({"window": 0}, r"manifest\.json: window: found 0, expected at least 1; copy the model"),
        ({"batch_size": -1}, "batch_size: found -1, expected at least 1; copy the model again"),
        ({"files": {"../outside": "0" * 64}}, r"found the file \.\./outside, expected one within"),
        ({"files": {"/etc/passwd": "0" * 64}}, "found the file /etc/passwd, expected one within"),
        ({"unknown": 1}, r"manifest\.json: found the keys .*unknown.*, expected "),
        ({"seeds": []}, r"manifest\.json: seeds: found none, expected at least one; copy"),
    ],
)
def test_a_manifest_that_was_edited_is_refused(
    copied_folder: Path, changes: dict[str, object], message: str
) -> None:
    edit(copied_folder, **changes)
    with pytest.raises(InputError, match=message):
        open_folder(copied_folder)


@pytest.mark.parametrize(
    ("models", "message"),
    [
        ({}, r"models: found the keys \(none\), expected experts, mean_of"),
        ({"members": "Alpha"}, "models: members: found 'Alpha', expected list"),
        ({"members": ["../Alpha"]}, r"found the network '\.\./Alpha', expected a name"),
    ],
)
def test_names_of_networks_are_checked(
    copied_folder: Path, models: dict[str, object], message: str
) -> None:
    known = read_manifest(copied_folder).models
    edit(copied_folder, models=known | models if models else {})
    with pytest.raises(InputError, match=message):
        load(copied_folder).checkpoints(0)


@pytest.mark.parametrize(
    "name",
    [WEIGHTS, "networks/Beta/seed0/config.json", "networks/pooled/seed0/model.safetensors",
     "mixture/seed0/model.safetensors", "conditioned/background.parquet", "conditioned/config.json",
     "gkm/model.safetensors", "gkm/pooled/config.json", "jaspar/matrices.meme",
     "jaspar/matrices.tsv", "jaspar/factors.tsv", "jaspar/families.tsv"],
)  # fmt: skip
def test_files_of_all_members_have_to_be_listed(copied_folder: Path, name: str) -> None:
    files = read_manifest(copied_folder).files
    # the file is there, but nothing tells whether it was edited
    edit(copied_folder, files={key: value for key, value in files.items() if key != name})
    with pytest.raises(InputError, match=rf"manifest\.json: files: {name} missing, expected all"):
        load(copied_folder)


def test_files_of_every_seed_have_to_be_listed(copied_folder: Path) -> None:
    edit(copied_folder, seeds=[0, 1])
    with pytest.raises(
        InputError, match=r"networks/Alpha/seed1/model\.safetensors and 9 more miss"
    ):
        load(copied_folder)


def test_other_folders_are_no_models(model_folder: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"nowhere: there is no such folder or file, expected the"):
        open_folder(tmp_path / "nowhere")
    with pytest.raises(InputError, match=r"found no manifest\.json, expected the folder of a mod"):
        open_folder(tmp_path)
    run = model_folder.parent
    with pytest.raises(InputError, match=rf"{run}: .*; the model is in {model_folder}"):
        open_folder(run)


def test_other_files_are_no_models(model_folder: Path, tmp_path: Path) -> None:
    path = tmp_path / "model.zip"
    path.write_text("text")
    with pytest.raises(InputError, match=r"model\.zip: not a complete zip file of a model"):
        open_folder(path)
    with zipfile.ZipFile(path, "w") as packed:
        packed.writestr("other.txt", "")
    with pytest.raises(InputError, match=r"model\.zip: found no manifest\.json in the zip file"):
        open_folder(path)
    write_archive(model_folder, path)
    path.write_bytes(path.read_bytes()[:5000])
    with pytest.raises(InputError, match=r"model\.zip: not a complete zip file of a model"):
        open_folder(path)
