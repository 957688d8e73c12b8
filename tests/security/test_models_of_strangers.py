"""Folders and zip files of models that were made to do harm."""

from __future__ import annotations

import io
import json
import os
import struct
import tracemalloc
import warnings
import zipfile
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
import torch

from tfmoe.application.model import folder as layout
from tfmoe.application.model import zip_files
from tfmoe.application.model.folder import MANIFEST, open_folder, write_archive
from tfmoe.application.model.model import load
from tfmoe.core.errors import InputError
from tfmoe.models.checkpoints import read_expert

EXPERT = "networks/Alpha/seed0"
Edit = Callable[[dict[str, Any]], object]


def edit(folder: Path, name: str, change: Edit) -> None:
    """Change a JSON file of a model, and its checksum in the manifest."""
    content = json.loads((folder / name).read_text())
    change(content)
    (folder / name).write_text(json.dumps(content))
    if name != MANIFEST:
        digest = sha256((folder / name).read_bytes()).hexdigest()
        edit(folder, MANIFEST, lambda manifest: manifest["files"].update({name: digest}))


def archive_of(folder: Path, path: Path, **entries: bytes) -> Path:
    """Pack a model with further entries."""
    write_archive(folder, path)
    with warnings.catch_warnings(), zipfile.ZipFile(path, "a") as packed:
        warnings.simplefilter("ignore")  # of names that are there already
        for name, content in entries.items():
            packed.writestr(name, content)
    return path


HUGE: dict[str, Edit] = {
    "filters": lambda one: one["hyperparameters"].update(filters=10**9),
    "kernel": lambda one: one["hyperparameters"].update(kernel_width=10**9),
    "embedding": lambda one: one.update(embedding=10**9),
    "beyond 64 bits": lambda one: one.update(embedding=10**30),
    "negative": lambda one: one.update(embedding=-1),
    "blocks": lambda one: one.update(
        backbone="legnet",
        hyperparameters={
            "filters": 4, "kernel_width": 3, "pool_width": 1, "blocks": 10**9,
            "block_kernel_width": 3, "expansion": 1, "squeeze_excitation": False, "dropout": 0.0,
        },
    ),
    "another module": lambda one: one.update(backbone="os"),
    "a path": lambda one: one.update(backbone="../../os"),
}  # fmt: skip


@pytest.mark.parametrize("name", HUGE)
def test_a_network_that_its_weights_cannot_fill_is_not_built(
    name: str, copied_folder: Path
) -> None:
    edit(copied_folder, f"{EXPERT}/config.json", HUGE[name])
    tracemalloc.start()
    with pytest.raises(InputError, match=r"config\.json"):
        read_expert(copied_folder / EXPERT)
    assert tracemalloc.get_traced_memory()[1] < 20_000_000
    tracemalloc.stop()


def test_a_mixture_that_its_weights_cannot_fill_is_not_built(copied_folder: Path) -> None:
    edit(copied_folder, "mixture/seed0/config.json", lambda one: one.update(embedding=10**9))
    with pytest.raises(InputError, match=r"it has more parameters than model\.safetensors"):
        _ = load(copied_folder, "cpu").networks


def test_a_network_is_built_without_drawing_random_numbers_twice(copied_folder: Path) -> None:
    torch.manual_seed(5)
    read_expert(copied_folder / EXPERT)
    found = torch.rand(1)
    torch.manual_seed(5)
    read_expert(copied_folder / EXPERT)
    assert torch.equal(torch.rand(1), found)


@pytest.mark.parametrize(
    "head",
    [
        {"a": {"dtype": "F32", "shape": [10**12], "data_offsets": [0, 4 * 10**12]}},
        {"a": {"dtype": "F32", "shape": [2**62, 4], "data_offsets": [0, 8]}},
        {"a": {"dtype": "F32", "shape": [-2], "data_offsets": [0, 8]}},
        {"a": {"dtype": "F32", "shape": [2], "data_offsets": [8, 0]}},
        {"a": {"dtype": "F32", "shape": [2], "data_offsets": [-8, 0]}},
        {"a": {"dtype": "object", "shape": [2], "data_offsets": [0, 8]}},
        {name: {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]} for name in "ab"},
        [],
    ],
)
def test_headers_of_weights_that_lie(head: object, copied_folder: Path) -> None:
    text = json.dumps(head).encode()
    for stated in (len(text), 2**63, 10**9):
        path = copied_folder / EXPERT / "model.safetensors"
        path.write_bytes(struct.pack("<Q", stated) + text + bytes(8))
        with pytest.raises(InputError, match=r"model\.safetensors"):
            read_expert(copied_folder / EXPERT)


@pytest.mark.parametrize(
    "name",
    ["../x", "a/../../x", "/etc/passwd", "a//b", "./a", "a/", "a\\b", "..\\x", "C:\\x", "a\0b",
     "a\nb", "\x1b[31m", "", ".", "..", MANIFEST],
)  # fmt: skip
@pytest.mark.parametrize("packed", [False, True])
def test_files_outside_of_the_folder(
    name: str, packed: bool, copied_folder: Path, tmp_path: Path
) -> None:
    edit(copied_folder, MANIFEST, lambda one: one["files"].update({name: "0" * 64}))
    path = archive_of(copied_folder, tmp_path / "model.zip") if packed else copied_folder
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(InputError, match=r"manifest\.json: found the file .*, expected one within"):
        open_folder(path)
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.parametrize(
    "entry", ["../evil", "/tmp/evil", "networks/../../evil", "evil", "a" * 300]
)
def test_further_files_of_a_zip_file_are_not_unpacked(
    entry: str, model_folder: Path, tmp_path: Path
) -> None:
    folder, manifest = open_folder(archive_of(model_folder, tmp_path / "m.zip", **{entry: b"x"}))
    found = {file.relative_to(folder).as_posix() for file in folder.rglob("*") if file.is_file()}
    assert found == {MANIFEST, *manifest.files}
    assert not (folder.parent / "evil").exists()


def test_a_link_in_a_zip_file_is_unpacked_as_text(model_folder: Path, tmp_path: Path) -> None:
    write_archive(model_folder, tmp_path / "m.zip")
    content = json.loads((model_folder / MANIFEST).read_text())
    content["files"]["link"] = sha256(b"/etc/passwd").hexdigest()
    with (
        zipfile.ZipFile(tmp_path / "m.zip") as old,
        zipfile.ZipFile(tmp_path / "n.zip", "w") as new,
    ):
        for name in old.namelist():
            new.writestr(name, json.dumps(content) if name == MANIFEST else old.read(name))
        link = zipfile.ZipInfo("link")
        link.create_system, link.external_attr = 3, 0o120777 << 16
        new.writestr(link, "/etc/passwd")
    # the folder is removed once nothing refers to the manifest
    folder, manifest = open_folder(tmp_path / "n.zip")
    assert "link" in manifest.files
    assert not (folder / "link").is_symlink()
    assert (folder / "link").read_bytes() == b"/etc/passwd"


@pytest.mark.parametrize("name", [MANIFEST, MANIFEST.upper(), "card.json", "Networks/alpha/x"])
def test_two_files_of_one_name(name: str, model_folder: Path, tmp_path: Path) -> None:
    entries = {name: b"{}"} | ({"networks/Alpha/X": b""} if "/" in name else {})
    path = archive_of(model_folder, tmp_path / "model.zip", **entries)
    if name == "card.json":  # the tiny model has none yet
        path = archive_of(model_folder, path, **{"card.json": b"{}", "CARD.json": b"{}"})
    with pytest.raises(InputError, match=r"model\.zip: found two files called .* in whatever case"):
        open_folder(path)


def test_bytes_that_many_entries_share(tmp_path: Path) -> None:
    """Overlapping entries: each names the same packed megabytes."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a" * 5, bytes(10**7))
    content = packed.getvalue()
    start, end = content.index(b"PK\x01\x02"), content.index(b"PK\x05\x06")
    entry, listed = content[start:end], b""
    for number in range(1000):
        listed += entry.replace(b"aaaaa", f"{number:05}".encode())
    tail = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 1000, 1000, len(listed), start, 0)
    (tmp_path / "bomb.zip").write_bytes(content[:start] + listed + tail)
    with pytest.raises(InputError, match=r"found 10,000,000,000 bytes in the files when unpacked"):
        open_folder(tmp_path / "bomb.zip")


def test_a_small_file_that_unpacks_to_much(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "b.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(MANIFEST, "{}")
        archive.writestr("weights", bytes(70_000_000))
    with pytest.raises(InputError, match=r"found 70,000,002 bytes .* expected at most 64,000,000"):
        open_folder(tmp_path / "b.zip")


def test_a_zip_file_with_too_many_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with zipfile.ZipFile(tmp_path / "m.zip", "w") as archive:
        for number in range(300):
            archive.writestr(f"{number}", "")
    monkeypatch.setattr(zip_files, "MOST_FILES", 299)
    with pytest.raises(InputError, match=r"m\.zip: found 300 files, expected at most 299"):
        open_folder(tmp_path / "m.zip")
    monkeypatch.setattr(zip_files, "MOST_FILES", 100)
    with pytest.raises(
        InputError, match=r"m\.zip: the list of the files in it has 14,\d\d\d bytes"
    ):
        open_folder(tmp_path / "m.zip")


@pytest.mark.parametrize("kind", ["fifo", "device", "loop", "folder"])
@pytest.mark.parametrize("name", [MANIFEST, f"{EXPERT}/config.json", f"{EXPERT}/model.safetensors"])
def test_files_that_are_no_files(kind: str, name: str, copied_folder: Path) -> None:
    path = copied_folder / name
    path.unlink()
    {
        "fifo": lambda: os.mkfifo(path),
        "device": lambda: path.symlink_to("/dev/zero"),
        "loop": lambda: path.symlink_to(path),
        "folder": path.mkdir,
    }[kind]()
    with pytest.raises(InputError, match=r"found no manifest|the file of the model is missing"):
        open_folder(copied_folder)


def test_a_link_to_another_file_is_no_way_to_read_it(copied_folder: Path, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("secret")
    path = copied_folder / EXPERT / "config.json"
    path.unlink()
    path.symlink_to(tmp_path / "secret")
    with pytest.raises(
        InputError, match=r"config\.json: the file is damaged or was edited"
    ) as error:
        open_folder(copied_folder)
    assert "secret" not in str(error.value).replace(str(tmp_path), "")


@pytest.mark.parametrize("text", ["[" * 100_000, '{"a":' * 100_000, "1" * 100_000, "{", "[1e999]"])
def test_json_that_no_parser_likes(text: str, copied_folder: Path) -> None:
    for name in (f"{EXPERT}/config.json", "gkm/config.json", "conditioned/config.json"):
        (copied_folder / name).write_text(text)
        digest = sha256(text.encode()).hexdigest()
        edit(copied_folder, MANIFEST, lambda one, n=name, d=digest: one["files"].update({n: d}))
    model = load(copied_folder, "cpu")
    for read in (lambda: model.networks, lambda: model.conditioned):
        with pytest.raises(InputError, match=r"config\.json"):
            read()
    (copied_folder / MANIFEST).write_text(text)
    with pytest.raises(InputError, match=r"manifest\.json"):
        load(copied_folder)


def test_json_that_is_too_large(copied_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    size = (copied_folder / MANIFEST).stat().st_size
    monkeypatch.setattr(layout, "MOST_JSON_BYTES", size - 1)
    with pytest.raises(
        InputError, match=rf"manifest\.json: found {size:,} bytes, expected at most"
    ):
        open_folder(copied_folder)


@pytest.mark.parametrize(
    ("window", "batch"), [(10**9, 1), (10_001, 1), (41, 10**9), (10_000, 10_001)]
)
def test_batches_that_fill_the_memory(window: int, batch: int, copied_folder: Path) -> None:
    edit(copied_folder, MANIFEST, lambda one: one.update(window=window, batch_size=batch))
    with pytest.raises(InputError, match=r"window, batch_size: found batches of"):
        open_folder(copied_folder)


@pytest.mark.parametrize(
    "change",
    [{"length": 10**9}, {"informative": 10**9}, {"length": 11}, {"length": "8"}, {"length": True},
     {"informative": 0}, {"experts": None}, {"experts": 10**9}],
)  # fmt: skip
def test_words_of_any_length(change: dict[str, object], copied_folder: Path) -> None:
    edit(copied_folder, "gkm/config.json", lambda one: one.update(change))
    with pytest.raises(InputError, match=r"gkm/config\.json: found other content than that of gap"):
        _ = load(copied_folder, "cpu").conditioned
