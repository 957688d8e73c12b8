"""Reading of a model's card, from its folder or its zip file, without any numerical library."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tfmoe.application.model.folder import CARD_DATA
from tfmoe.application.model.zip_files import ZIP_FAULTS, find_member, open_zip
from tfmoe.core.errors import InputError
from tfmoe.core.files import Pathlike, read_json
from tfmoe.core.run_record import NAME

KIND = "tfmoe model card"
FORMAT = 1
"""Version of the layout of ``card.json``; a change that older programs cannot read increases it."""
FOLDER = "model"
"""Name of the folder of a model in the results of a run."""
_PARTS = ("name", "model", "training", "evaluation", "thresholds", "limits", "versions", "licences")


def read_card(model: Pathlike) -> dict[str, Any]:
    """Read the card of a model.

    Parameters
    ----------
    model
        Folder of the model, or its zip file.

    Raises
    ------
    InputError
        If there is no model, or its card is missing, damaged or newer than this program.
    """
    path = Path(model)
    if path.is_dir():
        card = path / CARD_DATA
        if not card.is_file():
            raise InputError(f"{path}: {_no_model(path)}")
        return check_card(read_json(card, "write the model again"), str(card))
    if not path.exists():
        raise InputError(f"{path}: the model does not exist, expected its folder or its zip file")
    where = f"{path}, {CARD_DATA}"
    try:
        with open_zip(path) as archive:
            member = find_member(archive, CARD_DATA)
            if member is None:
                raise InputError(f"{path}: found no {CARD_DATA} in the zip file, so it is no model")
            content = json.loads(archive.read(member))
    except (*ZIP_FAULTS, ValueError) as error:
        raise InputError(
            f"{path}: the file is no complete zip file of a model ({error}); copy it again"
        ) from None
    return check_card(content, where)


def check_card(content: Any, where: str) -> dict[str, Any]:
    """Return a card after checking that this program can read it.

    Raises
    ------
    InputError
        If it is no card, lacks a part, or has a newer format.
    """
    if not isinstance(content, dict) or content.get("kind") != KIND:
        raise InputError(f"{where}: found other content than the card of a model")
    version = content.get("format")
    if not isinstance(version, int) or version > FORMAT:
        raise InputError(
            f"{where}: found a card of format {version}, expected at most {FORMAT}; install a "
            "newer tfmoe"
        )
    missing = [part for part in _PARTS if part not in content]
    if missing:
        raise InputError(f"{where}: {', '.join(missing)} is missing; write the model again")
    return content


def _no_model(folder: Path) -> str:
    """Return why a folder is no model, with a hint for the results of a run."""
    reason = f"the folder has no {CARD_DATA}, so it is no model"
    if (folder / FOLDER / CARD_DATA).is_file():
        return f"{reason}; use {folder / FOLDER}"
    if (folder / NAME).is_file():
        return f"{reason}; it has a run that wrote no model: run its pipeline again"
    return f"{reason}; expected the folder `{FOLDER}` of a run, or its zip file"
