"""Check the licences of all locked packages that are installed: ``make audit``.

`pyproject.toml` lists the licences that any package may have, and the packages with another or
without a statement, each with the reason why it may be used.
"""

from __future__ import annotations

import re
import sys
import tomllib
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, metadata
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
_LOCKED = re.compile(r"^([A-Za-z0-9_.-]+)==", re.MULTILINE)
_SEPARATORS = re.compile(r" AND | OR |; ")


def licence_of(package: str) -> str | None:
    """Return the licences that a package states, or `None` if it is not installed."""
    try:
        found = metadata(package)
    except PackageNotFoundError:  # of another system
        return None
    if expression := found.get("License-Expression"):
        return str(expression)
    classifiers = [str(one) for one in found.get_all("Classifier") or ()]
    stated = [one.split(" :: ")[-1] for one in classifiers if one.startswith("License ::")]
    stated = [one for one in stated if one != "OSI Approved"]
    lines = str(found.get("License") or "").strip().splitlines()
    return "; ".join(stated) or (lines[0][:60] if lines else "not stated")


def faults(
    licences: Mapping[str, str], allowed: set[str], exceptions: Mapping[str, str]
) -> list[str]:
    """Return one line per package whose licence is neither allowed nor an exception."""
    found = [
        f"{package}: found the licence {licence}, expected one of tool.tfmoe.licences.allowed in "
        "pyproject.toml; replace the package, or add it to `exceptions` with a reason"
        for package, licence in licences.items()
        if package not in exceptions and not allowed.issuperset(_SEPARATORS.split(licence))
    ]
    return found + [
        f"{package}: listed in `exceptions` in pyproject.toml, and not in the lock; remove it"
        for package in exceptions
        if package not in licences
    ]


def main() -> int:
    """Print the exceptions and the faults; return the exit code."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    settings = project["tool"]["tfmoe"]["licences"]
    names = ["torch", *_LOCKED.findall((ROOT / "requirements.lock").read_text(encoding="utf-8"))]
    licences = {name: found for name in names if (found := licence_of(name)) is not None}
    for package, reason in settings["exceptions"].items():
        sys.stdout.write(f"{package}: {licences.get(package)} ({reason})\n")
    found = faults(licences, set(settings["allowed"]), settings["exceptions"])
    sys.stdout.write("".join(f"fault: {line}\n" for line in found))
    sys.stdout.write(f"{len(licences)} packages, {len(found)} faults\n")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
