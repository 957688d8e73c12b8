"""The project around the package: Snakefile, schemas and tables, which no wheel contains."""

from __future__ import annotations

from pathlib import Path

from tfmoe.core.errors import InputError

FOLDER = Path(__file__).resolve().parents[3]
NEEDED = ("Snakefile", "workflow/schemas", "resources")


def find_project(folder: Path = FOLDER) -> Path:
    """Return the folder of the project.

    Raises
    ------
    InputError
        If the package was installed without the project.
    """
    missing = [name for name in NEEDED if not (folder / name).exists()]
    if missing:
        raise InputError(
            f"this command needs the pipeline, and {folder} has no {', '.join(missing)}: the "
            "package was installed without it. Clone the repository of tfmoe, and run "
            "`pip install --editable '.[workflow]'` in it"
        )
    return folder
