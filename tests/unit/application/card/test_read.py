"""Reading of cards from folders and zip files."""

import json
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest
from tests.fixtures.card import card_inputs

from tfmoe.application.card.read import read_card
from tfmoe.application.card.write import write_card
from tfmoe.core.errors import InputError

SCRIPTS = Path(__file__).resolve().parents[4] / "scripts"


@pytest.fixture
def model(tmp_path: Path) -> Path:
    files, run = card_inputs(tmp_path)
    write_card(files, run, tmp_path / "model")
    return tmp_path / "model"


def packed(model: Path, prefix: str = "") -> Path:
    """Return a zip file of a model."""
    path = model.with_suffix(".zip")
    with zipfile.ZipFile(path, "w") as archive:
        for file in model.iterdir():
            archive.write(file, prefix + file.name)
    return path


def change(model: Path, **parts: Any) -> None:
    """Replace parts of a card; `None` removes one."""
    card = json.loads((model / "card.json").read_text()) | parts
    card = {key: value for key, value in card.items() if value is not None}
    (model / "card.json").write_text(json.dumps(card))


def test_a_folder_and_its_zip_file_have_the_same_card(model: Path) -> None:
    card = read_card(model)
    assert card["name"] == "fake"
    assert read_card(packed(model)) == card
    assert read_card(packed(model, "model/")) == card


def test_a_missing_model_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="nowhere: the model does not exist"):
        read_card(tmp_path / "nowhere")


def test_the_folder_of_a_run_leads_to_its_model(model: Path) -> None:
    with pytest.raises(InputError, match=r"has no card\.json, so it is no model; use .*/model$"):
        read_card(model.parent)
    (model / "card.json").unlink()
    with pytest.raises(InputError, match="run that wrote no model: run its pipeline again"):
        read_card(model.parent)
    with pytest.raises(InputError, match="expected the folder `model` of a run"):
        read_card(model)


def test_a_newer_card_is_refused(model: Path) -> None:
    change(model, format=2)
    with pytest.raises(InputError, match="format 2, expected at most 1; install a newer tfmoe"):
        read_card(model)


@pytest.mark.parametrize(
    ("parts", "message"),
    [
        ({"kind": "other"}, "other content than the card of a model"),
        ({"format": "1"}, "format 1, expected"),
        ({"thresholds": None}, "thresholds is missing; write the model again"),
    ],
)
def test_other_content_is_refused(model: Path, parts: dict[str, Any], message: str) -> None:
    change(model, **parts)
    with pytest.raises(InputError, match=message):
        read_card(model)


def test_damaged_files_are_named(model: Path) -> None:
    archive = packed(model)
    content = archive.read_bytes()
    archive.write_bytes(content[: len(content) // 2])
    with pytest.raises(InputError, match=r"model\.zip: the file is no complete zip file"):
        read_card(archive)
    (model / "card.json").write_text('{"kind": ')
    with pytest.raises(InputError, match=r"card\.json: the file is not valid JSON"):
        read_card(model)


def test_a_zip_file_without_a_card_is_no_model(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "other.zip", "w") as archive:
        archive.writestr("a.txt", "a")
    with pytest.raises(InputError, match=r"found no card\.json in the zip file"):
        read_card(tmp_path / "other.zip")


def test_reading_and_showing_a_card_needs_no_numerical_library() -> None:
    code = (
        "import sys; import tfmoe.application.card.read, tfmoe.application.card.text; "
        "import tfmoe.cli.info; import tfmoe.cli.compare; "
        "print(sorted({'numpy', 'pandas', 'torch', 'matplotlib', 'scipy'} & set(sys.modules)))"
    )
    ended = subprocess.run(
        [sys.executable, "-c", code], cwd=SCRIPTS, capture_output=True, text=True, check=True
    )
    assert ended.stdout.strip() == "[]"
