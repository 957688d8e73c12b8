import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from tfmoe.application.card.read import read_card
from tfmoe.application.model import zip_files
from tfmoe.application.model.folder import CARD_DATA, MANIFEST, open_folder
from tfmoe.application.model.zip_files import extract, open_zip
from tfmoe.core.errors import InputError

READERS = pytest.mark.parametrize(
    ("name", "read"), [(MANIFEST, open_folder), (CARD_DATA, read_card)]
)


def packed(path: Path, **sizes: int) -> Path:
    """Write a zip file whose files compress a thousandfold."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, size in sizes.items():
            archive.writestr(name, b" " * size)
    return path


@READERS
def test_files_that_are_too_large_together_are_not_unpacked(
    name: str, read: Callable[[Path], object], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(zip_files, "MOST_BYTES", 99_999)
    path = packed(tmp_path / "model.zip", **{name: 50_000, "a": 25_000, "b": 25_000})
    assert path.stat().st_size < 1000
    with pytest.raises(
        InputError, match=r"model\.zip: found 100,000 bytes in the files when unp.* most 99,999; if"
    ):
        read(path)


@READERS
def test_a_text_that_is_too_large_is_not_read(
    name: str, read: Callable[[Path], object], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(zip_files, "MOST_JSON_BYTES", 999)
    path = packed(tmp_path / "model.zip", **{f"mine/{name}": 1000, "a": 25_000})
    with pytest.raises(InputError, match=rf"found 1,000 bytes in mine/{name} when unpacked"):
        read(path)


def test_sizes_up_to_the_limits_are_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(zip_files, "MOST_JSON_BYTES", 1000)
    monkeypatch.setattr(zip_files, "MOST_BYTES", 26_000)
    with open_zip(packed(tmp_path / "model.zip", **{"x.json": 1000, "a": 25_000})) as archive:
        extract(archive, "a", tmp_path / "folder" / "a")
    assert (tmp_path / "folder" / "a").read_bytes() == b" " * 25_000


@READERS
def test_a_file_is_no_larger_than_its_entry_states(
    name: str, read: Callable[[Path], object], tmp_path: Path
) -> None:
    path = packed(tmp_path / "model.zip", **{name: 50_000})
    content = bytearray(path.read_bytes())
    central = content.index(b"PK\x01\x02")
    content[central + 24 : central + 28] = (100).to_bytes(4, "little")
    path.write_bytes(content)
    with pytest.raises(InputError, match=r"complete zip file of a model .*Bad CRC"):
        read(path)
