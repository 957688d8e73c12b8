"""A small `conda` based on rattler: it solves and installs for the commands that Snakemake calls.

Channels are looked up under ``CONDA_CHANNEL_ALIAS``. Pins in ``unverified.tsv`` lose their
version, so that their substitutes are installed. A pip section is installed without dependencies
and then checked, because it has to list all of them.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import yaml
from build_channel import read_unverified
from rattler import Channel, ChannelPriority, VirtualPackage, install, solve

ROOT = Path(os.environ["CONDA_ROOT"])
ALIAS = os.environ["CONDA_CHANNEL_ALIAS"].rstrip("/")
VERSION = "25.1.0"  # Snakemake asks for 24.7.1 or later


def option(arguments: list[str], *names: str) -> str:
    """Return the value of an option, given as the next argument or after `=`."""
    for index, argument in enumerate(arguments):
        for name in names:
            if argument == name:
                return arguments[index + 1]
            if argument.startswith(f"{name}="):
                return argument.removeprefix(f"{name}=")
    sys.exit(f"conda: {names[0]} is missing in: {' '.join(arguments)}")


def create(path: str, prefix: str) -> None:
    """Solve an environment file and install the solution."""
    shutil.rmtree(prefix, ignore_errors=True)
    content = yaml.safe_load(Path(path).read_text())
    unverified = read_unverified()
    pins = [pin for pin in content["dependencies"] if isinstance(pin, str)]
    of_pip = [
        pin for part in content["dependencies"] if isinstance(part, dict) for pin in part["pip"]
    ]
    specs = [re.split(r" =", pin)[0] if pin in unverified else pin for pin in pins]
    channels = [Channel(f"{ALIAS}/{name}") for name in content["channels"] if name != "nodefaults"]
    records = asyncio.run(
        solve(
            sources=channels,
            specs=specs,
            platforms=["linux-64", "noarch"],
            virtual_packages=VirtualPackage.detect(),
            channel_priority=ChannelPriority.Strict,
        )
    )
    asyncio.run(
        install(
            records=records, target_prefix=prefix, show_progress=False, execute_link_scripts=False
        )
    )
    (Path(prefix) / "conda-meta/history").touch()
    if of_pip:
        pip = [f"{prefix}/bin/python", "-m", "pip"]
        subprocess.run([*pip, "install", "--quiet", "--no-deps", *of_pip], check=True)
        subprocess.run([*pip, "check"], check=True)


def installed(prefix: str) -> list[dict[str, str]]:
    """Return the records of the packages in an environment."""
    return [json.loads(path.read_text()) for path in sorted(Path(prefix).glob("conda-meta/*.json"))]


def main(arguments: list[str]) -> None:
    """Run the command if Snakemake uses it; any other is an error."""
    match arguments:
        case ["--version"]:
            print(f"conda {VERSION}")
        case ["info", *_]:
            answer = {"conda_prefix": str(ROOT), "root_prefix": str(ROOT), "platform": "linux-64"}
            print(json.dumps(answer | {"conda_version": VERSION, "envs_dirs": []}))
        case ["config", "--get", *_]:
            print(json.dumps({"get": {"channel_priority": "strict"}}))
        case ["env", "create", *_]:
            create(option(arguments, "--file", "-f"), option(arguments, "--prefix", "-p"))
        case ["list", "--explicit", *_]:
            print(
                "@EXPLICIT",
                *(record["url"] for record in installed(option(arguments, "--prefix", "-p"))),
                sep="\n",
            )
        case ["env", "export", *_]:
            for record in installed(option(arguments, "--prefix", "-p")):
                print("  - {name}={version}={build}".format(**record))
        case ["clean" | "config", *_]:
            pass
        case _:
            sys.exit(f"conda: this substitute does not support: {' '.join(arguments)}")


main(sys.argv[1:])
